-- loads into: sqlite, postgres
CREATE TABLE author (id INTEGER PRIMARY KEY, name VARCHAR(80) NOT NULL, birth_year INTEGER CHECK (birth_year BETWEEN 1500 AND 2010));
CREATE TABLE book (
  isbn CHAR(13) PRIMARY KEY CHECK (isbn LIKE '978%' AND length(isbn) = 13),
  title VARCHAR(120) NOT NULL,
  published INTEGER CHECK (published >= 1900 AND published <= 2024),
  language CHAR(2) NOT NULL
);
CREATE TABLE book_author (
  isbn CHAR(13) REFERENCES book (isbn),
  author_id INTEGER REFERENCES author (id),
  role VARCHAR(20) NOT NULL DEFAULT 'author' CHECK (role IN ('author', 'editor', 'translator')),
  PRIMARY KEY (isbn, author_id)
);
CREATE TABLE member (card_no INTEGER PRIMARY KEY, name VARCHAR(80) NOT NULL, address VARCHAR(200), joined DATE NOT NULL);
CREATE TABLE loan (
  id INTEGER PRIMARY KEY,
  isbn CHAR(13) NOT NULL REFERENCES book (isbn),
  card_no INTEGER NOT NULL REFERENCES member (card_no),
  loan_date DATE NOT NULL,
  due_date DATE NOT NULL,
  return_date DATE,
  CHECK (due_date > loan_date),
  CHECK (return_date IS NULL OR return_date >= loan_date)
);
