-- API tokens belong to a person or to a team, and end with whichever it is. SQLite cannot take NOT NULL from a column, so
-- the table is made anew.
CREATE TABLE api_tokens_of_both (
    id           TEXT   NOT NULL PRIMARY KEY,
    digest       TEXT   NOT NULL UNIQUE,
    person       TEXT   REFERENCES people (name) ON DELETE CASCADE,
    team         TEXT   REFERENCES teams (name) ON DELETE CASCADE,
    -- Who made a team's: whoever has seen it may not decide what it asks for.
    made_by      TEXT,
    label        TEXT   NOT NULL,
    scopes       TEXT   NOT NULL,
    created_at   BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    last_used_at BIGINT,
    revoked_at   BIGINT,
    CHECK ((person IS NULL) <> (team IS NULL))
);

INSERT INTO api_tokens_of_both (id, digest, person, label, scopes, created_at, expires_at, last_used_at, revoked_at)
    SELECT id, digest, person, label, scopes, created_at, expires_at, last_used_at, revoked_at FROM api_tokens;
DROP TABLE api_tokens;
ALTER TABLE api_tokens_of_both RENAME TO api_tokens;

CREATE INDEX api_tokens_by_person ON api_tokens (person);
CREATE INDEX api_tokens_by_team ON api_tokens (team);
