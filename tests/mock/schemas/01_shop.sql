-- loads into: sqlite, postgres
CREATE TABLE customer (
  id INTEGER PRIMARY KEY,
  first_name VARCHAR(40) NOT NULL,
  last_name VARCHAR(40) NOT NULL,
  email VARCHAR(120) NOT NULL UNIQUE,
  phone VARCHAR(30),
  birth_date DATE CHECK (birth_date < '2010-01-01'),
  created_at TIMESTAMP NOT NULL
);
CREATE TABLE product (
  sku CHAR(8) PRIMARY KEY CHECK (length(sku) = 8),
  title VARCHAR(80) NOT NULL,
  price NUMERIC(8,2) NOT NULL CHECK (price > 0 AND price < 10000),
  stock INTEGER NOT NULL DEFAULT 0 CHECK (stock >= 0)
);
CREATE TABLE orders (
  id INTEGER PRIMARY KEY,
  customer_id INTEGER NOT NULL REFERENCES customer (id),
  status VARCHAR(12) NOT NULL CHECK (status IN ('new', 'paid', 'shipped', 'returned')),
  ordered_at TIMESTAMP NOT NULL,
  shipped_at TIMESTAMP,
  CHECK (shipped_at IS NULL OR shipped_at >= ordered_at)
);
CREATE TABLE order_line (
  order_id INTEGER NOT NULL REFERENCES orders (id) ON DELETE CASCADE,
  line_no INTEGER NOT NULL CHECK (line_no >= 1),
  sku CHAR(8) NOT NULL REFERENCES product (sku),
  quantity INTEGER NOT NULL CHECK (quantity BETWEEN 1 AND 99),
  discount NUMERIC(4,2) NOT NULL CHECK (discount >= 0 AND discount <= 0.50),
  PRIMARY KEY (order_id, line_no)
);
CREATE INDEX order_by_customer ON orders (customer_id);
