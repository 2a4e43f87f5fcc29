-- loads into: sqlite, postgres
-- tasks depend on other tasks, never on themselves
CREATE TABLE project (id INTEGER PRIMARY KEY, code VARCHAR(6) NOT NULL UNIQUE, start_date DATE NOT NULL, end_date DATE, budget NUMERIC(12,2), CHECK (end_date >= start_date));
CREATE TABLE task (id INTEGER PRIMARY KEY, project_id INTEGER NOT NULL REFERENCES project (id), title VARCHAR(80) NOT NULL, hours NUMERIC(5,1) CHECK (hours > 0 AND hours <= 400), done BOOLEAN NOT NULL DEFAULT false);
CREATE TABLE task_dependency (
  task_id INTEGER NOT NULL REFERENCES task (id), needs_id INTEGER NOT NULL REFERENCES task (id), kind VARCHAR(12) NOT NULL CHECK (kind IN ('blocks', 'relates')),
  PRIMARY KEY (task_id, needs_id), CHECK (task_id <> needs_id)
);
CREATE TABLE friendship (
  low_id INTEGER NOT NULL REFERENCES task (id), high_id INTEGER NOT NULL REFERENCES task (id), PRIMARY KEY (low_id, high_id), CHECK (low_id < high_id)
);
