-- loads into: sqlite, postgres
CREATE TABLE patient (
  mrn VARCHAR(10) PRIMARY KEY,
  first_name VARCHAR(40) NOT NULL, last_name VARCHAR(40) NOT NULL,
  sex CHAR(1) NOT NULL CHECK (sex IN ('F', 'M', 'X')),
  date_of_birth DATE NOT NULL CHECK (date_of_birth >= '1920-01-01'),
  ssn VARCHAR(11) UNIQUE,
  blood_type VARCHAR(3) CHECK (blood_type IN ('A+', 'A-', 'B+', 'B-', 'AB+', 'AB-', 'O+', 'O-'))
);
CREATE TABLE doctor (id INTEGER PRIMARY KEY, name VARCHAR(80) NOT NULL, specialty VARCHAR(30) NOT NULL);
CREATE TABLE appointment (
  id INTEGER PRIMARY KEY,
  doctor_id INTEGER NOT NULL REFERENCES doctor (id),
  mrn VARCHAR(10) NOT NULL REFERENCES patient (mrn),
  starts_at TIMESTAMP NOT NULL,
  ends_at TIMESTAMP NOT NULL,
  UNIQUE (doctor_id, starts_at),
  CHECK (ends_at > starts_at)
);
CREATE TABLE vital_sign (
  mrn VARCHAR(10) NOT NULL REFERENCES patient (mrn),
  measured_at TIMESTAMP NOT NULL,
  systolic SMALLINT CHECK (systolic BETWEEN 60 AND 260),
  diastolic SMALLINT CHECK (diastolic BETWEEN 30 AND 160),
  temperature NUMERIC(3,1) CHECK (temperature > 30 AND temperature < 44),
  PRIMARY KEY (mrn, measured_at),
  CHECK (diastolic < systolic)
);
