-- loads into: sqlite, postgres
CREATE TABLE artist (id INTEGER PRIMARY KEY, name VARCHAR(120) NOT NULL);
CREATE TABLE album (id INTEGER PRIMARY KEY, title VARCHAR(160) NOT NULL, artist_id INTEGER NOT NULL REFERENCES artist (id), released DATE);
CREATE TABLE genre (id SMALLINT PRIMARY KEY, name VARCHAR(30) NOT NULL UNIQUE);
CREATE TABLE track (
  id INTEGER PRIMARY KEY, name VARCHAR(200) NOT NULL, album_id INTEGER REFERENCES album (id), genre_id SMALLINT REFERENCES genre (id),
  milliseconds INTEGER NOT NULL CHECK (milliseconds > 0), price NUMERIC(4,2) NOT NULL CHECK (price IN (0.99, 1.99))
);
CREATE TABLE playlist (id INTEGER PRIMARY KEY, name VARCHAR(120));
CREATE TABLE playlist_track (playlist_id INTEGER NOT NULL REFERENCES playlist (id), position SMALLINT NOT NULL CHECK (position > 0), track_id INTEGER NOT NULL REFERENCES track (id), PRIMARY KEY (playlist_id, position));
