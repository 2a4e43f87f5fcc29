-- loads into: sqlite, postgres
-- every key carries the tenant, and all keys of a row must agree in it
CREATE TABLE tenant (id INTEGER PRIMARY KEY, name VARCHAR(40) NOT NULL);
CREATE TABLE person (tenant_id INTEGER NOT NULL REFERENCES tenant (id), id INTEGER NOT NULL, name VARCHAR(60) NOT NULL, PRIMARY KEY (tenant_id, id));
CREATE TABLE place (tenant_id INTEGER NOT NULL REFERENCES tenant (id), id INTEGER NOT NULL, city VARCHAR(40), PRIMARY KEY (tenant_id, id));
CREATE TABLE visit (
  id INTEGER PRIMARY KEY, tenant_id INTEGER NOT NULL REFERENCES tenant (id), person_id INTEGER NOT NULL, place_id INTEGER NOT NULL, second_place_id INTEGER,
  FOREIGN KEY (tenant_id, person_id) REFERENCES person (tenant_id, id),
  FOREIGN KEY (tenant_id, place_id) REFERENCES place (tenant_id, id),
  FOREIGN KEY (tenant_id, second_place_id) REFERENCES place (tenant_id, id)
);
