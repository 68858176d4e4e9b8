-- Requests: what somebody wants, with exactly what would be done. Desired state is never here: it is what the applier writes
-- into Kubernetes. People are kept by name, not by reference: who asked and who agreed is told even when they are gone.
CREATE TABLE requests (
    id                TEXT   NOT NULL PRIMARY KEY,
    -- Grows with every change; whoever changes a row says which one they saw.
    version           BIGINT NOT NULL,
    kind              TEXT   NOT NULL,
    state             TEXT   NOT NULL,
    cluster_namespace TEXT   NOT NULL,
    cluster_name      TEXT   NOT NULL,
    team              TEXT   NOT NULL,
    owner             TEXT   NOT NULL,
    requester         TEXT   NOT NULL,
    subject           TEXT   NOT NULL,
    object_kind       TEXT   NOT NULL,
    object_namespace  TEXT   NOT NULL,
    object_name       TEXT   NOT NULL,
    reason            TEXT,
    spec              TEXT   NOT NULL,
    manifest          TEXT   NOT NULL,
    base              TEXT,
    hash              TEXT   NOT NULL,
    findings          TEXT   NOT NULL,
    effect            TEXT   NOT NULL,
    asks              TEXT   NOT NULL,
    -- The asks again, as words between bars, so that lists can be filtered by them: |operators|team:payments|
    deciders          TEXT   NOT NULL,
    message           TEXT,
    created_at        BIGINT NOT NULL,
    changed_at        BIGINT NOT NULL,
    expires_at        BIGINT,
    -- What the applier keeps: which generation of the object it wrote, and when it tries again.
    generation        BIGINT,
    attempts          BIGINT NOT NULL,
    next_attempt_at   BIGINT NOT NULL
);

-- One wish at a time about one object: two would be judged without knowing of each other.
CREATE UNIQUE INDEX requests_one_open
    ON requests (cluster_namespace, cluster_name, object_kind, object_namespace, object_name)
    WHERE state IN ('submitted', 'needsApproval', 'approved', 'applying');
CREATE INDEX requests_by_state ON requests (state, id);
CREATE INDEX requests_by_team ON requests (team, id);
CREATE INDEX requests_by_owner ON requests (owner, id);
CREATE INDEX requests_by_requester ON requests (requester, id);

-- Consent to one hash; another hash is another wish.
CREATE TABLE request_approvals (
    request TEXT   NOT NULL REFERENCES requests (id),
    hash    TEXT   NOT NULL,
    person  TEXT   NOT NULL,
    at      BIGINT NOT NULL,
    PRIMARY KEY (request, hash, person)
);

CREATE TABLE request_comments (
    id      TEXT   NOT NULL PRIMARY KEY,
    request TEXT   NOT NULL REFERENCES requests (id),
    person  TEXT   NOT NULL,
    at      BIGINT NOT NULL,
    text    TEXT   NOT NULL
);

CREATE INDEX request_comments_by_request ON request_comments (request, id);
