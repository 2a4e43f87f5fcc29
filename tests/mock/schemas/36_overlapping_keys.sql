-- refused: overlap with another unique set or foreign key
CREATE TABLE person (tenant_id INTEGER NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (tenant_id, id));
CREATE TABLE project (tenant_id INTEGER NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (tenant_id, id));
CREATE TABLE project_member (
  tenant_id INTEGER NOT NULL, person_id INTEGER NOT NULL, project_id INTEGER NOT NULL, PRIMARY KEY (tenant_id, person_id, project_id),
  FOREIGN KEY (tenant_id, person_id) REFERENCES person (tenant_id, id), FOREIGN KEY (tenant_id, project_id) REFERENCES project (tenant_id, id)
);
