-- loads into: sqlite, postgres
CREATE TABLE agent (id INTEGER PRIMARY KEY, name VARCHAR(60) NOT NULL, phone VARCHAR(24) NOT NULL, licence VARCHAR(10) NOT NULL UNIQUE);
CREATE TABLE listing (
  id INTEGER PRIMARY KEY, agent_id INTEGER NOT NULL REFERENCES agent (id), street VARCHAR(80) NOT NULL, postcode VARCHAR(10) NOT NULL, city VARCHAR(40) NOT NULL,
  kind VARCHAR(10) NOT NULL CHECK (kind IN ('flat', 'house', 'plot')), rooms SMALLINT CHECK (rooms >= 0 AND rooms <= 12), area NUMERIC(7,1) NOT NULL CHECK (area > 10),
  price INTEGER NOT NULL CHECK (price >= 10000), listed DATE NOT NULL, sold DATE CHECK (sold IS NULL OR sold > listed),
  CHECK (kind <> 'plot' OR rooms = 0)
);
