-- loads into: sqlite, postgres
CREATE TABLE airport (
  code CHAR(3) PRIMARY KEY CHECK (code = upper(code) AND length(code) = 3),
  city VARCHAR(60) NOT NULL,
  latitude NUMERIC(8,5) CHECK (latitude BETWEEN -90 AND 90),
  longitude NUMERIC(8,5) CHECK (longitude BETWEEN -180 AND 180)
);
CREATE TABLE aircraft (tail_number VARCHAR(7) PRIMARY KEY, seats SMALLINT NOT NULL CHECK (seats > 0 AND seats <= 600));
CREATE TABLE flight (
  id INTEGER PRIMARY KEY,
  origin CHAR(3) NOT NULL REFERENCES airport (code),
  destination CHAR(3) NOT NULL REFERENCES airport (code),
  tail_number VARCHAR(7) REFERENCES aircraft (tail_number),
  departs TIMESTAMP NOT NULL,
  arrives TIMESTAMP NOT NULL,
  CHECK (origin <> destination),
  CHECK (arrives > departs)
);
CREATE TABLE ticket (
  flight_id INTEGER NOT NULL REFERENCES flight (id),
  seat CHAR(3) NOT NULL,
  passenger_name VARCHAR(80) NOT NULL,
  fare NUMERIC(8,2) NOT NULL CHECK (fare >= 0),
  PRIMARY KEY (flight_id, seat)
);
