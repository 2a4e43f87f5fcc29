-- loads into: postgres
-- a circle without gaps, checked at the end of the transaction
CREATE TABLE team (id INTEGER PRIMARY KEY, name VARCHAR(40) NOT NULL, captain_id INTEGER NOT NULL);
CREATE TABLE player (id INTEGER PRIMARY KEY, name VARCHAR(60) NOT NULL, team_id INTEGER NOT NULL REFERENCES team (id));
ALTER TABLE team ADD CONSTRAINT captain FOREIGN KEY (captain_id) REFERENCES player (id) DEFERRABLE INITIALLY DEFERRED;
