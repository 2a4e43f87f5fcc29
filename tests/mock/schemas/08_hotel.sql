-- loads into: sqlite, postgres
CREATE TABLE room (number SMALLINT PRIMARY KEY, floor SMALLINT NOT NULL, beds SMALLINT NOT NULL CHECK (beds IN (1, 2, 3)), rate DECIMAL(6,2) NOT NULL CHECK (rate >= 40));
CREATE TABLE guest (id INTEGER PRIMARY KEY, name VARCHAR(80) NOT NULL, passport_no VARCHAR(12) UNIQUE, country VARCHAR(40));
CREATE TABLE stay (
  room SMALLINT NOT NULL REFERENCES room (number),
  check_in DATE NOT NULL,
  check_out DATE NOT NULL,
  guest_id INTEGER NOT NULL REFERENCES guest (id),
  adults SMALLINT NOT NULL CHECK (adults >= 1 AND adults <= 4),
  children SMALLINT NOT NULL DEFAULT 0 CHECK (children >= 0),
  PRIMARY KEY (room, check_in),
  CHECK (check_out > check_in),
  CHECK (adults + children <= 5)
);
