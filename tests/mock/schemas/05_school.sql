-- loads into: sqlite, postgres
CREATE TABLE student (id INTEGER PRIMARY KEY, full_name VARCHAR(90) NOT NULL, birth_date DATE NOT NULL, email VARCHAR(100) UNIQUE);
CREATE TABLE course (code VARCHAR(8) PRIMARY KEY, title VARCHAR(80) NOT NULL, credits SMALLINT NOT NULL CHECK (credits IN (3, 6, 9)));
CREATE TABLE term (id SMALLINT PRIMARY KEY, starts DATE NOT NULL, ends DATE NOT NULL, CHECK (ends > starts));
CREATE TABLE enrollment (
  student_id INTEGER NOT NULL REFERENCES student (id),
  course_code VARCHAR(8) NOT NULL REFERENCES course (code),
  term_id SMALLINT NOT NULL REFERENCES term (id),
  grade NUMERIC(2,1) CHECK (grade BETWEEN 1.0 AND 5.0),
  PRIMARY KEY (student_id, course_code, term_id)
);
