-- loads into: sqlite, postgres
CREATE TABLE warehouse (id INTEGER PRIMARY KEY, name VARCHAR(40) NOT NULL, capacity INTEGER NOT NULL CHECK (capacity > 0));
CREATE TABLE item (id INTEGER PRIMARY KEY, ean VARCHAR(13) NOT NULL UNIQUE, weight_kg REAL CHECK (weight_kg > 0));
CREATE TABLE stock (
  warehouse_id INTEGER NOT NULL REFERENCES warehouse (id),
  item_id INTEGER NOT NULL REFERENCES item (id),
  on_hand INTEGER NOT NULL CHECK (on_hand >= 0),
  reserved INTEGER NOT NULL CHECK (reserved >= 0),
  PRIMARY KEY (warehouse_id, item_id),
  CHECK (reserved <= on_hand)
);
CREATE TABLE movement (
  id INTEGER PRIMARY KEY,
  warehouse_id INTEGER NOT NULL,
  item_id INTEGER NOT NULL,
  delta INTEGER NOT NULL CHECK (delta <> 0),
  at TIMESTAMP NOT NULL,
  FOREIGN KEY (warehouse_id, item_id) REFERENCES stock (warehouse_id, item_id)
);
