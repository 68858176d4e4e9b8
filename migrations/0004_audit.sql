-- What people tried: written before the act. Ids begin with the time, so that the newest have the largest.
-- Nothing here refers to other tables: the audit outlives people, teams and requests.
CREATE TABLE audit (
    id               TEXT   NOT NULL PRIMARY KEY,
    at               BIGINT NOT NULL,
    actor            TEXT   NOT NULL,
    actor_kind       TEXT   NOT NULL,
    source           TEXT,
    team             TEXT,
    action           TEXT   NOT NULL,
    object_kind      TEXT   NOT NULL,
    object_namespace TEXT,
    object_name      TEXT   NOT NULL,
    request          TEXT,
    decision         TEXT   NOT NULL CHECK (decision IN ('allowed', 'denied')),
    rule             TEXT   NOT NULL
);

CREATE INDEX audit_by_actor ON audit (actor, id);
CREATE INDEX audit_by_team ON audit (team, id);
CREATE INDEX audit_by_object ON audit (object_kind, object_name, id);

-- What became of it: written after the act. An attempt without a row here was cut short.
CREATE TABLE audit_outcomes (
    audit   TEXT   NOT NULL PRIMARY KEY REFERENCES audit (id),
    at      BIGINT NOT NULL,
    outcome TEXT   NOT NULL CHECK (outcome IN ('done', 'refused', 'failed')),
    message TEXT
);
