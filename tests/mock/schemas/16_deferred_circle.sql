-- loads into: sqlite
-- a circle without gaps, checked at the end of the transaction
CREATE TABLE team (id INTEGER PRIMARY KEY, name VARCHAR(40) NOT NULL, captain_id INTEGER NOT NULL, FOREIGN KEY (captain_id) REFERENCES player (id) DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE player (id INTEGER PRIMARY KEY, name VARCHAR(60) NOT NULL, team_id INTEGER NOT NULL REFERENCES team (id), shirt SMALLINT NOT NULL CHECK (shirt BETWEEN 1 AND 99));
