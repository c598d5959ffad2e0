-- What takes two people: one asks, another approves (docs/decisions/0061). A row is added, approved once, and kept.

CREATE TABLE requests (
    id               uuid        PRIMARY KEY,
    kind             text        NOT NULL,
    what             text[]      NOT NULL CHECK (cardinality(what) > 0),
    because          text        NOT NULL,
    asked_by         text        NOT NULL,
    asked_at         timestamptz NOT NULL DEFAULT now(),
    approved_by      text,
    approved_because text,
    approved_at      timestamptz,
    CONSTRAINT nobody_approves_alone CHECK (lower(approved_by) <> lower(asked_by)),
    CONSTRAINT approved_as_a_whole CHECK (num_nonnulls(approved_by, approved_because, approved_at) IN (0, 3))
);

INSERT INTO requests (id, kind, what, because, asked_by, asked_at, approved_by, approved_because, approved_at)
SELECT id, 'erasure', ARRAY[ground], ground, asked_by, asked_at, approved_by,
       CASE WHEN approved_by IS NOT NULL THEN ground END, approved_at
FROM erasure_requests WHERE asked_by <> 'retention';

-- Who asks and who approves is who has logged in, whatever the statement says; and both stand in the trail with it.
CREATE FUNCTION requests_take_two() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog
    AS $$
DECLARE
    said text;
    person text;
BEGIN
    IF TG_OP = 'INSERT' AND NEW.approved_by IS NULL AND NEW.approved_at IS NULL THEN
        said := NEW.asked_by;
    ELSIF TG_OP = 'UPDATE' AND OLD.approved_at IS NULL AND NEW.approved_by IS NOT NULL
        AND (NEW.id, NEW.kind, NEW.what, NEW.because, NEW.asked_by, NEW.asked_at)
            = (OLD.id, OLD.kind, OLD.what, OLD.because, OLD.asked_by, OLD.asked_at)
    THEN
        said := NEW.approved_by;
    ELSE
        RAISE EXCEPTION 'a request is asked, then approved, and stays' USING ERRCODE = 'restrict_violation';
    END IF;
    EXECUTE format('SELECT coalesce(%1$I.personal_login(), CASE WHEN %1$I.shared_logins_allowed() THEN $1 END)',
                   TG_TABLE_SCHEMA) INTO person USING said;
    IF person IS NULL THEN
        RAISE EXCEPTION 'nobody in person has logged in' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF TG_OP = 'INSERT' THEN
        NEW.asked_by := person;
        NEW.asked_at := now();
    ELSE
        NEW.approved_by := person;
        NEW.approved_at := now();
    END IF;
    EXECUTE format('INSERT INTO %I.audit (kind, detail) VALUES ($1, $2)', TG_TABLE_SCHEMA)
        USING CASE TG_OP WHEN 'INSERT' THEN 'requested' ELSE 'approved' END,
              jsonb_build_object('request', NEW.id, 'of', NEW.kind, 'what', NEW.what, 'by', person,
                                 'because', coalesce(NEW.approved_because, NEW.because));
    RETURN NEW;
END $$;

CREATE TRIGGER requests_take_two BEFORE INSERT OR UPDATE OR DELETE ON requests
    FOR EACH ROW EXECUTE FUNCTION requests_take_two();

-- Of an erasure, who asked and who approved stand there from now on.
ALTER TABLE erasure_requests ALTER COLUMN asked_by DROP NOT NULL;

CREATE FUNCTION skips_are_approved() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog
    AS $$
DECLARE
    approved boolean;
BEGIN
    EXECUTE format('SELECT EXISTS (SELECT FROM %I.requests r WHERE r.kind = ''skip'' AND r.approved_at IS NOT NULL '
                   'AND $1 = ANY (r.what))', TG_TABLE_SCHEMA)
        INTO approved USING format('%s/%s@%s', NEW.topic, NEW.partition, NEW."offset");
    IF NOT approved THEN
        RAISE EXCEPTION 'nobody has approved it' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER skips_are_approved BEFORE INSERT OR UPDATE ON skips
    FOR EACH ROW EXECUTE FUNCTION skips_are_approved();

-- Whom an erasure is about is said before it is approved, and then only forgotten. What a rule of retention approves,
-- retention's own role alone can ask for (docs/decisions/0060).
CREATE FUNCTION erasures_are_as_approved() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog
    AS $$
DECLARE
    approved boolean := false;
BEGIN
    IF num_nonnulls(NEW.asked_by, NEW.approved_by, NEW.approved_at) > 0
        AND (TG_OP = 'INSERT' OR (NEW.asked_by, NEW.approved_by, NEW.approved_at)
             IS DISTINCT FROM (OLD.asked_by, OLD.approved_by, OLD.approved_at))
        AND NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = 'frafaldsvarsel_retention'
                        AND pg_has_role(session_user, r.oid, 'USAGE'))
        AND NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = session_user AND r.rolsuper)
    THEN
        RAISE EXCEPTION 'two people decide it, by a request' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF TG_OP = 'INSERT' THEN
        EXECUTE format('SELECT EXISTS (SELECT FROM %I.requests r WHERE r.id = $1 AND r.approved_at IS NOT NULL)',
                       TG_TABLE_SCHEMA) INTO approved USING NEW.id;
    END IF;
    IF approved OR (TG_OP = 'UPDATE' AND (NEW.id <> OLD.id
                    OR (NEW.people IS NOT NULL AND NEW.people IS DISTINCT FROM OLD.people))) THEN
        RAISE EXCEPTION 'whom an erasure is about does not change' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER erasures_are_as_approved BEFORE INSERT OR UPDATE ON erasure_requests
    FOR EACH ROW EXECUTE FUNCTION erasures_are_as_approved();
