-- loads into: sqlite
-- a circle: departments have managers, managers have departments
CREATE TABLE department (
  id INTEGER PRIMARY KEY,
  name VARCHAR(60) NOT NULL UNIQUE,
  manager_id INTEGER,
  FOREIGN KEY (manager_id) REFERENCES employee (id)
);
CREATE TABLE employee (
  id INTEGER PRIMARY KEY,
  name VARCHAR(80) NOT NULL,
  email VARCHAR(120) UNIQUE,
  department_id INTEGER NOT NULL REFERENCES department (id),
  boss_id INTEGER REFERENCES employee (id),
  hire_date DATE NOT NULL,
  termination_date DATE CHECK (termination_date > hire_date),
  salary NUMERIC(10,2) NOT NULL CHECK (salary >= 20000)
);
