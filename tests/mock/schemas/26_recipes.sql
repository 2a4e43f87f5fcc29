-- loads into: sqlite, postgres
CREATE TABLE recipe (id INTEGER PRIMARY KEY, title VARCHAR(80) NOT NULL, minutes SMALLINT NOT NULL CHECK (minutes % 5 = 0 AND minutes BETWEEN 5 AND 240), difficulty SMALLINT CHECK (difficulty IN (1, 2, 3)));
CREATE TABLE ingredient (id INTEGER PRIMARY KEY, name VARCHAR(40) NOT NULL UNIQUE, is_vegan BOOLEAN NOT NULL);
CREATE TABLE recipe_ingredient (
  recipe_id INTEGER NOT NULL REFERENCES recipe (id), ingredient_id INTEGER NOT NULL REFERENCES ingredient (id),
  amount NUMERIC(7,2), unit VARCHAR(8) CHECK (unit IN ('g', 'ml', 'piece')), PRIMARY KEY (recipe_id, ingredient_id),
  CHECK ((amount IS NULL AND unit IS NULL) OR (amount > 0 AND unit IS NOT NULL))
);
