-- What happened to requests and has not been made out for anybody yet: written in the transaction of the change itself, and taken
-- away in the one that writes the deliveries, so that a crash between any two of them loses nothing.
CREATE TABLE outbox (
    id           TEXT   NOT NULL PRIMARY KEY,
    at           BIGINT NOT NULL,
    request      TEXT   NOT NULL REFERENCES requests (id),
    -- None when it was written down. The same as the state where another wish is asked for in it.
    state_before TEXT,
    state        TEXT   NOT NULL,
    message      TEXT
);

-- Messages to webhooks, each with what became of it. The body is kept as it was first made out: a repeat says the same.
CREATE TABLE webhook_deliveries (
    id              TEXT   NOT NULL PRIMARY KEY,
    -- Grows with every change; whoever changes a row says which one they saw.
    version         BIGINT NOT NULL,
    webhook         TEXT   NOT NULL,
    event           TEXT   NOT NULL,
    -- None for a test.
    request         TEXT,
    body            TEXT   NOT NULL,
    state           TEXT   NOT NULL,
    attempts        BIGINT NOT NULL,
    -- While it is pending: not before. Whoever tries it moves this first, and nobody else tries it until then.
    next_attempt_at BIGINT NOT NULL,
    -- Of the last attempt: what it was answered, or in a few words why there was no answer.
    status          BIGINT,
    error           TEXT,
    attempted_at    BIGINT,
    created_at      BIGINT NOT NULL,
    changed_at      BIGINT NOT NULL
);

CREATE INDEX webhook_deliveries_due ON webhook_deliveries (webhook, state, next_attempt_at);
CREATE INDEX webhook_deliveries_by_state ON webhook_deliveries (state, id);
CREATE INDEX webhook_deliveries_by_request ON webhook_deliveries (request, id);
CREATE INDEX webhook_deliveries_by_age ON webhook_deliveries (changed_at);
