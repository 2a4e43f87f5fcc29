-- loads into: sqlite, postgres
CREATE TABLE branch (code CHAR(4) PRIMARY KEY, city VARCHAR(60) NOT NULL, opened DATE NOT NULL);
CREATE TABLE account (
  iban VARCHAR(34) PRIMARY KEY,
  branch_code CHAR(4) NOT NULL REFERENCES branch (code),
  owner_name VARCHAR(80) NOT NULL,
  currency CHAR(3) NOT NULL CHECK (currency IN ('EUR', 'USD', 'GBP')),
  balance NUMERIC(14,2) NOT NULL,
  overdraft NUMERIC(10,2) NOT NULL DEFAULT 0 CHECK (overdraft >= 0),
  opened DATE NOT NULL,
  closed DATE,
  CHECK (closed IS NULL OR closed >= opened)
);
CREATE TABLE booking (
  id BIGINT PRIMARY KEY,
  from_iban VARCHAR(34) NOT NULL REFERENCES account (iban),
  to_iban VARCHAR(34) NOT NULL REFERENCES account (iban),
  amount NUMERIC(12,2) NOT NULL CHECK (amount > 0),
  booked_at TIMESTAMP NOT NULL,
  reference VARCHAR(140),
  CHECK (from_iban <> to_iban)
);
