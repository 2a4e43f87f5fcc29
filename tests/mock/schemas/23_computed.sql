-- loads into: postgres
CREATE TABLE box (
  id INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY, label VARCHAR(20) NOT NULL UNIQUE,
  width_cm INTEGER NOT NULL CHECK (width_cm > 0 AND width_cm < 500), height_cm INTEGER NOT NULL CHECK (height_cm > 0 AND height_cm < 500),
  area INTEGER GENERATED ALWAYS AS (width_cm * height_cm) STORED,
  CHECK (width_cm * height_cm <= 100000)
);
