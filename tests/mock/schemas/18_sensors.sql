-- loads into: sqlite, postgres
CREATE TABLE device (serial VARCHAR(12) PRIMARY KEY, model VARCHAR(20) NOT NULL, installed DATE NOT NULL, retired DATE CHECK (retired >= installed));
CREATE TABLE reading (
  serial VARCHAR(12) NOT NULL REFERENCES device (serial), at TIMESTAMP NOT NULL,
  temperature REAL CHECK (temperature BETWEEN -40 AND 85), humidity REAL CHECK (humidity >= 0 AND humidity <= 100), ok BOOLEAN NOT NULL,
  PRIMARY KEY (serial, at)
);
