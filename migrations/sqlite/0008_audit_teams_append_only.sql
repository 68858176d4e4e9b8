CREATE TRIGGER audit_teams_no_update BEFORE UPDATE ON audit_teams
BEGIN
    SELECT RAISE(ABORT, 'the audit is append-only');
END;

CREATE TRIGGER audit_teams_no_delete BEFORE DELETE ON audit_teams
BEGIN
    SELECT RAISE(ABORT, 'the audit is append-only');
END;
