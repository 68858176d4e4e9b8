-- Answers to changes that named an Idempotency-Key, for a day: a repeat gets the first answer. Nothing secret is kept: changes
-- whose answers hold secrets do not take part.
CREATE TABLE repeats (
    person   TEXT   NOT NULL,
    key      TEXT   NOT NULL,
    -- Digest of what was asked: a key names one change.
    asked    TEXT   NOT NULL,
    at       BIGINT NOT NULL,
    -- None while the first is still being answered.
    status   BIGINT,
    location TEXT,
    body     TEXT,
    PRIMARY KEY (person, key)
);

CREATE INDEX repeats_by_time ON repeats (at);
