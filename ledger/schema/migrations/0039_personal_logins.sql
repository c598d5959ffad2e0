-- Who does something at the command line is said by the log-in to the database, not by the client (docs/decisions/0061).

-- The person behind this connection, as PostgreSQL has proved it; NULL where the log-in is shared, or not proved.
-- A role of the service, a superuser, and `trust` and `ident` prove nobody.
CREATE FUNCTION personal_login() RETURNS text LANGUAGE sql STABLE
RETURN CASE WHEN system_user !~ '^(ident|trust):' AND strpos(system_user, 'frafaldsvarsel_') = 0
    AND NOT (SELECT rolsuper FROM pg_roles WHERE rolname = session_user)
    THEN substr(system_user, strpos(system_user, ':') + 1) END;

-- Whether people may name themselves: for a trial on one machine. Only a superuser or the database's owner can say so.
CREATE FUNCTION shared_logins_allowed() RETURNS boolean LANGUAGE sql STABLE
RETURN EXISTS (
    SELECT FROM pg_db_role_setting s
    WHERE s.setrole = 0 AND 'frafaldsvarsel.shared_logins=on' = ANY (s.setconfig)
      AND s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database())));

CREATE FUNCTION audit_names_the_login() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog
    AS $$
DECLARE
    person text;
BEGIN
    EXECUTE format('SELECT %I.personal_login()', TG_TABLE_SCHEMA) INTO person;
    IF person IS NULL THEN
        NEW.detail := NEW.detail || jsonb_build_object('login', 'shared:' || session_user);
    ELSE
        NEW.detail := NEW.detail || jsonb_build_object('by', person, 'login', system_user);
    END IF;
    RETURN NEW;
END $$;

-- What people do at the command line has `by`; a line that anybody but a process adds is marked without it, too.
CREATE TRIGGER audit_names_the_login BEFORE INSERT ON audit FOR EACH ROW
    WHEN (NEW.detail ? 'by' OR (system_user IS NOT NULL AND session_user NOT IN (
        'frafaldsvarsel_ledger', 'frafaldsvarsel_notify', 'frafaldsvarsel_inbox', 'frafaldsvarsel_audit',
        'frafaldsvarsel_canary', 'frafaldsvarsel_trail')))
    EXECUTE FUNCTION audit_names_the_login();

-- Of the inbox: when the provider was last asked for a session's rights, and a tag over the row by the inbox's own key,
-- so that whoever may write this table gives nobody a right. A session of before has none, and logs in again.
ALTER TABLE inbox_sessions ADD COLUMN checked_at timestamptz NOT NULL DEFAULT now();
ALTER TABLE inbox_sessions ADD COLUMN tag bytea;
