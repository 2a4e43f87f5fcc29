-- loads into: postgres
CREATE TABLE invoice (id SERIAL, number VARCHAR(12) NOT NULL, customer INTEGER NOT NULL, net NUMERIC(10,2) NOT NULL, vat NUMERIC(10,2) NOT NULL, issued DATE NOT NULL, paid DATE);
CREATE TABLE customer (id SERIAL PRIMARY KEY, company VARCHAR(80) NOT NULL, vat_id VARCHAR(14));
ALTER TABLE invoice ADD CONSTRAINT invoice_key PRIMARY KEY (id);
ALTER TABLE invoice ADD CONSTRAINT invoice_customer FOREIGN KEY (customer) REFERENCES customer (id);
ALTER TABLE invoice ADD CONSTRAINT vat_share CHECK (vat >= 0 AND vat <= net * 0.25);
ALTER TABLE invoice ADD CONSTRAINT paid_after CHECK (paid IS NULL OR paid >= issued);
CREATE UNIQUE INDEX invoice_number ON invoice (number);
COMMENT ON TABLE invoice IS 'what customers owe';
