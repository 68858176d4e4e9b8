-- API tokens. The token itself is random and shown once; only its SHA-256 is kept.
CREATE TABLE api_tokens (
    id           TEXT   NOT NULL PRIMARY KEY,
    digest       TEXT   NOT NULL UNIQUE,
    person       TEXT   NOT NULL REFERENCES people (name) ON DELETE CASCADE,
    label        TEXT   NOT NULL,
    scopes       TEXT   NOT NULL,
    created_at   BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    last_used_at BIGINT,
    revoked_at   BIGINT
);

CREATE INDEX api_tokens_by_person ON api_tokens (person);
