CREATE TRIGGER audit_teams_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_teams
    FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();
