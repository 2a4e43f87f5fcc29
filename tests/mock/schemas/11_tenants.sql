-- loads into: sqlite, postgres
-- composite keys from tenant to member
CREATE TABLE tenant (id INTEGER PRIMARY KEY, slug VARCHAR(30) NOT NULL UNIQUE, plan VARCHAR(10) NOT NULL CHECK (plan IN ('free', 'team', 'enterprise')));
CREATE TABLE member (
  tenant_id INTEGER NOT NULL REFERENCES tenant (id), member_no INTEGER NOT NULL, email VARCHAR(120) NOT NULL, role VARCHAR(10) NOT NULL,
  PRIMARY KEY (tenant_id, member_no), UNIQUE (tenant_id, email)
);
CREATE TABLE api_token (
  token CHAR(32) PRIMARY KEY, tenant_id INTEGER NOT NULL, member_no INTEGER NOT NULL, issued_at TIMESTAMP NOT NULL, expires_at TIMESTAMP NOT NULL,
  FOREIGN KEY (tenant_id, member_no) REFERENCES member (tenant_id, member_no), CHECK (expires_at > issued_at)
);
