-- loads into: sqlite, postgres
CREATE TABLE login (id INTEGER PRIMARY KEY, username VARCHAR(40) NOT NULL UNIQUE, password_hash CHAR(60) NOT NULL, active BOOLEAN NOT NULL);
CREATE TABLE profile (login_id INTEGER PRIMARY KEY REFERENCES login (id), full_name VARCHAR(80) NOT NULL, bio TEXT, website VARCHAR(100));
CREATE TABLE avatar (id INTEGER PRIMARY KEY, login_id INTEGER NOT NULL UNIQUE REFERENCES login (id), width SMALLINT NOT NULL CHECK (width IN (64, 128, 256)));
