-- loads into: sqlite, postgres
CREATE TABLE writer (handle VARCHAR(20) PRIMARY KEY CHECK (length(handle) >= 4), display_name VARCHAR(60) NOT NULL, mail VARCHAR(100) NOT NULL UNIQUE CHECK (mail LIKE '%@%'));
CREATE TABLE entry (
  slug VARCHAR(60) PRIMARY KEY, handle VARCHAR(20) NOT NULL REFERENCES writer (handle), title VARCHAR(120) NOT NULL, content TEXT NOT NULL,
  state VARCHAR(10) NOT NULL CHECK (state IN ('draft', 'live', 'gone')), published_at TIMESTAMP, views INTEGER NOT NULL DEFAULT 0 CHECK (views >= 0),
  CHECK (state <> 'live' OR published_at IS NOT NULL)
);
CREATE TABLE tag (name VARCHAR(20) PRIMARY KEY);
CREATE TABLE entry_tag (slug VARCHAR(60) REFERENCES entry (slug) ON UPDATE CASCADE, tag VARCHAR(20) REFERENCES tag (name), PRIMARY KEY (slug, tag));
