-- loads into: sqlite, postgres
CREATE TABLE shipper (id INTEGER PRIMARY KEY, company_name VARCHAR(40) NOT NULL, phone VARCHAR(24));
CREATE TABLE supplier (id INTEGER PRIMARY KEY, company_name VARCHAR(40) NOT NULL, contact_name VARCHAR(40), country VARCHAR(20), fax VARCHAR(24));
CREATE TABLE territory (code CHAR(5) PRIMARY KEY, description VARCHAR(50) NOT NULL);
CREATE TABLE employee (id INTEGER PRIMARY KEY, last_name VARCHAR(20) NOT NULL, first_name VARCHAR(20) NOT NULL, reports_to INTEGER REFERENCES employee (id), birth_date DATE, hire_date DATE, CHECK (birth_date < hire_date));
CREATE TABLE employee_territory (employee_id INTEGER NOT NULL REFERENCES employee (id), territory_code CHAR(5) NOT NULL REFERENCES territory (code), PRIMARY KEY (employee_id, territory_code));
CREATE TABLE shipment (id INTEGER PRIMARY KEY, shipper_id INTEGER REFERENCES shipper (id), employee_id INTEGER REFERENCES employee (id), order_date DATE NOT NULL, required_date DATE, shipped_date DATE, freight NUMERIC(8,2) DEFAULT 0 CHECK (freight >= 0), ship_country VARCHAR(20), CHECK (required_date >= order_date), CHECK (shipped_date >= order_date));
