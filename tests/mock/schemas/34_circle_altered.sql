-- loads into: postgres
-- the circle of departments and managers, as PostgreSQL has to be told of it
CREATE TABLE department (id INTEGER PRIMARY KEY, name VARCHAR(60) NOT NULL UNIQUE, manager_id INTEGER);
CREATE TABLE employee (
  id INTEGER PRIMARY KEY, name VARCHAR(80) NOT NULL, department_id INTEGER NOT NULL REFERENCES department (id),
  boss_id INTEGER REFERENCES employee (id), hire_date DATE NOT NULL, CHECK (boss_id IS NULL OR boss_id <> id)
);
ALTER TABLE department ADD FOREIGN KEY (manager_id) REFERENCES employee (id);
