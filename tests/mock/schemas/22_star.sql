-- loads into: sqlite, postgres
-- a fact table with a key of four dimensions
CREATE TABLE dim_date (day DATE PRIMARY KEY, is_holiday BOOLEAN NOT NULL);
CREATE TABLE dim_store (store_key INTEGER PRIMARY KEY, city VARCHAR(40) NOT NULL, region VARCHAR(40));
CREATE TABLE dim_product (product_key INTEGER PRIMARY KEY, category VARCHAR(20) NOT NULL, list_price NUMERIC(8,2) NOT NULL CHECK (list_price > 0));
CREATE TABLE dim_channel (channel VARCHAR(10) PRIMARY KEY CHECK (channel IN ('web', 'store', 'phone')));
CREATE TABLE fact_sales (
  day DATE NOT NULL REFERENCES dim_date (day), store_key INTEGER NOT NULL REFERENCES dim_store (store_key),
  product_key INTEGER NOT NULL REFERENCES dim_product (product_key), channel VARCHAR(10) NOT NULL REFERENCES dim_channel (channel),
  units INTEGER NOT NULL CHECK (units > 0), revenue NUMERIC(12,2) NOT NULL CHECK (revenue >= 0),
  PRIMARY KEY (day, store_key, product_key, channel)
);
