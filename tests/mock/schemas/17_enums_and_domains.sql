-- loads into: postgres
CREATE TYPE mood AS ENUM ('happy', 'calm', 'sad');
CREATE DOMAIN positive AS INTEGER CHECK (VALUE > 0);
CREATE DOMAIN email_address AS VARCHAR(120) NOT NULL CHECK (VALUE LIKE '%@%');
CREATE TABLE visitor (
  id UUID PRIMARY KEY,
  feeling mood NOT NULL,
  visits positive NOT NULL,
  contact email_address,
  ip INET,
  settings JSONB NOT NULL DEFAULT '{}',
  seen_at TIMESTAMPTZ NOT NULL
);
