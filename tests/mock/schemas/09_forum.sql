-- loads into: sqlite, postgres
-- threads refer to themselves
CREATE TABLE account (id INTEGER PRIMARY KEY, username VARCHAR(30) NOT NULL UNIQUE, email VARCHAR(120) NOT NULL UNIQUE, karma INTEGER NOT NULL DEFAULT 0, is_admin BOOLEAN NOT NULL);
CREATE TABLE post (
  id INTEGER PRIMARY KEY, author_id INTEGER NOT NULL REFERENCES account (id), parent_id INTEGER REFERENCES post (id),
  title VARCHAR(100), body TEXT NOT NULL, created_at TIMESTAMP NOT NULL, edited_at TIMESTAMP CHECK (edited_at >= created_at)
);
CREATE TABLE vote (
  account_id INTEGER REFERENCES account (id), post_id INTEGER REFERENCES post (id), value SMALLINT NOT NULL CHECK (value = 1 OR value = -1),
  PRIMARY KEY (account_id, post_id)
);
CREATE TABLE follows (
  follower INTEGER REFERENCES account (id), followed INTEGER REFERENCES account (id), since DATE NOT NULL,
  PRIMARY KEY (follower, followed), CHECK (follower <> followed)
);
