-- loads into: sqlite
-- a circle over three tables, one link of which may be missing
CREATE TABLE country (id INTEGER PRIMARY KEY, name VARCHAR(50) NOT NULL, capital_id INTEGER REFERENCES city (id));
CREATE TABLE region (id INTEGER PRIMARY KEY, name VARCHAR(50) NOT NULL, country_id INTEGER NOT NULL REFERENCES country (id));
CREATE TABLE city (id INTEGER PRIMARY KEY, name VARCHAR(50) NOT NULL, region_id INTEGER NOT NULL REFERENCES region (id), population INTEGER CHECK (population > 0));
