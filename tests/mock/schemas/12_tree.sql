-- loads into: sqlite, postgres
-- a root that points to itself
CREATE TABLE category (
  id INTEGER PRIMARY KEY, parent_id INTEGER NOT NULL REFERENCES category (id), name VARCHAR(50) NOT NULL, depth SMALLINT NOT NULL CHECK (depth >= 0)
);
CREATE TABLE article (id INTEGER PRIMARY KEY, category_id INTEGER NOT NULL REFERENCES category (id), headline VARCHAR(100) NOT NULL, published BOOLEAN NOT NULL);
