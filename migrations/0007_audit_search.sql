-- Which teams an item of the audit concerns: who asks, and whose the thing is. A table of its own, so that a team's part is
-- read in order from one index, however large the whole is.
CREATE TABLE audit_teams (
    team  TEXT NOT NULL,
    audit TEXT NOT NULL REFERENCES audit (id),
    PRIMARY KEY (team, audit)
);

INSERT INTO audit_teams (team, audit) SELECT team, id FROM audit WHERE team IS NOT NULL;

CREATE INDEX audit_by_request ON audit (request, id);
CREATE INDEX audit_by_action ON audit (action, id);
CREATE INDEX audit_by_kind ON audit (object_kind, id);
CREATE INDEX audit_by_name ON audit (object_name, id);
CREATE INDEX audit_by_decision ON audit (decision, id);

-- Who was shown which password, and when; never the password. One that was shown is not shown again.
CREATE TABLE credential_reveals (
    credential TEXT   NOT NULL,
    version    BIGINT NOT NULL,
    person     TEXT   NOT NULL,
    at         BIGINT NOT NULL,
    PRIMARY KEY (credential, version)
);
