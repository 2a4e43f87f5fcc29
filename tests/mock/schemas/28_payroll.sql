-- loads into: postgres
CREATE TABLE payslip (id INTEGER PRIMARY KEY, gross NUMERIC(9,2) NOT NULL CHECK (gross > 0), deductions NUMERIC(9,2) NOT NULL CHECK (deductions >= 0), net NUMERIC(9,2) NOT NULL, CHECK (net = gross - deductions));
