-- People who sign in. The password is kept only as an argon2id hash; a person without one signs in another way or not at all.
CREATE TABLE people (
    name          TEXT   NOT NULL PRIMARY KEY,
    password_hash TEXT,
    created_at    BIGINT NOT NULL,
    disabled_at   BIGINT
);

-- Names that differ only in case would be taken for one another in approvals and in the audit.
CREATE UNIQUE INDEX people_name_ignoring_case ON people (LOWER(name));

-- Roles that hold everywhere.
CREATE TABLE person_roles (
    person TEXT NOT NULL REFERENCES people (name) ON DELETE CASCADE,
    role   TEXT NOT NULL CHECK (role IN ('operator', 'auditor')),
    PRIMARY KEY (person, role)
);

CREATE TABLE teams (
    name       TEXT   NOT NULL PRIMARY KEY,
    created_at BIGINT NOT NULL
);

CREATE TABLE memberships (
    team   TEXT NOT NULL REFERENCES teams (name) ON DELETE CASCADE,
    person TEXT NOT NULL REFERENCES people (name) ON DELETE CASCADE,
    role   TEXT NOT NULL CHECK (role IN ('member', 'approver')),
    PRIMARY KEY (team, person)
);

CREATE INDEX memberships_by_person ON memberships (person);
