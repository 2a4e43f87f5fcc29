-- refused: TSRANGE
CREATE TABLE reservation (room INTEGER NOT NULL, during TSRANGE NOT NULL, EXCLUDE USING gist (room WITH =, during WITH &&));
