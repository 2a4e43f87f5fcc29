-- refused: made of each other
CREATE TABLE document (id INTEGER PRIMARY KEY, title VARCHAR(80) NOT NULL, current_no INTEGER, FOREIGN KEY (id, current_no) REFERENCES version (document_id, no));
CREATE TABLE version (document_id INTEGER NOT NULL REFERENCES document (id), no INTEGER NOT NULL, body TEXT, PRIMARY KEY (document_id, no));
