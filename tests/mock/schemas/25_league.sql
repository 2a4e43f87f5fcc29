-- loads into: sqlite, postgres
CREATE TABLE club (id INTEGER PRIMARY KEY, name VARCHAR(50) NOT NULL, founded INTEGER CHECK (founded > 1850 AND founded < 2025));
CREATE TABLE fixture (
  season INTEGER NOT NULL CHECK (season BETWEEN 2000 AND 2024), home_id INTEGER NOT NULL REFERENCES club (id), away_id INTEGER NOT NULL REFERENCES club (id),
  kickoff TIMESTAMP NOT NULL, home_goals SMALLINT CHECK (home_goals >= 0 AND home_goals < 15), away_goals SMALLINT CHECK (away_goals >= 0 AND away_goals < 15),
  PRIMARY KEY (season, home_id, away_id), CHECK (home_id <> away_id)
);
