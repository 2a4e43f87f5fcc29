-- loads into: postgres
CREATE TABLE policy (
  policy_no VARCHAR(9) PRIMARY KEY CHECK (policy_no ~ '^[A-Z]{2}-[0-9]{6}$'),
  holder_name VARCHAR(80) NOT NULL,
  premium NUMERIC(9,2) NOT NULL CHECK (premium > 0),
  starts DATE NOT NULL, ends DATE NOT NULL,
  CONSTRAINT one_year_at_most CHECK (ends > starts AND ends <= starts + INTERVAL '366 days')
);
CREATE TABLE claim (
  id BIGSERIAL PRIMARY KEY, policy_no VARCHAR(9) NOT NULL REFERENCES policy, reported DATE NOT NULL, amount NUMERIC(10,2) NOT NULL CHECK (amount >= 0),
  state TEXT NOT NULL CHECK (state = ANY (ARRAY['open', 'settled', 'rejected']))
);
