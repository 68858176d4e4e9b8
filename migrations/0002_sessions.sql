-- Browser sessions. Only the SHA-256 of the cookie's value is kept, so that a copy of the database signs nobody in.
CREATE TABLE sessions (
    id_digest  TEXT   NOT NULL PRIMARY KEY,
    person     TEXT   NOT NULL REFERENCES people (name) ON DELETE CASCADE,
    data       TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    seen_at    BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE INDEX sessions_by_person ON sessions (person);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);
