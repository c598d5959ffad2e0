-- The schema after all migrations. Made by `python -m tools.docs.schema`; write a migration, then run it again.
-- What a column is for stands in the migration that has made it. Nothing applies this file.

CREATE FUNCTION admit_person(task uuid) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO '$user', 'public'
    AS $$
DECLARE
    token text;
BEGIN
    SELECT concat_ws('|', k.kid, floor(extract(epoch FROM clock_timestamp()) + 3600)::bigint,
                     'transaction ' || pg_current_xact_id(), t.person_id) INTO token
    FROM tasks t CROSS JOIN (SELECT kid FROM visit_keys ORDER BY kid LIMIT 1) k
    WHERE t.id = task AND t.unit_id = ANY (visit_units());
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM set_config('frafaldsvarsel.person',
                       token || '|' || encode(visit_mac(split_part(token, '|', 1), token), 'hex'), true);
    RETURN true;
END $$;

CREATE FUNCTION audit_names_the_login() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog'
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

CREATE FUNCTION audit_only_grows() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'audit' THEN
        IF OLD.erased_by IS NULL AND NEW.erased_by > NEW.id
            AND (NEW.id, NEW.at, NEW.kind) = (OLD.id, OLD.at, OLD.kind)
            AND num_nonnulls(NEW.task_id, NEW.sender, NEW.message_id, NEW.salt) = 0 AND NEW.detail = '{}'
            AND EXISTS (SELECT FROM audit e WHERE e.id = NEW.erased_by AND e.kind IN ('person_erased', 'trail_emptied'))
        THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'the audit trail only grows' USING ERRCODE = 'restrict_violation';
END $$;

CREATE FUNCTION deliveries_both_causes() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF NEW.cause_kind IS NOT NULL AND (NEW.cause IS NULL OR TG_OP = 'UPDATE' AND NEW.cause = OLD.cause) THEN
        NEW.cause := CASE NEW.cause_kind WHEN 'event' THEN NEW.cause_ref
                     ELSE NEW.cause_kind || ':' || NEW.cause_ref END;
    ELSE
        NEW.cause_kind := coalesce(substring(NEW.cause FROM '^(step|act|digest|endpoint):'), 'event');
        NEW.cause_ref := regexp_replace(NEW.cause, '^(step|act|digest|endpoint):', '');
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION erasures_are_as_approved() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog'
    AS $_$
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
END $_$;

CREATE FUNCTION personal_login() RETURNS text
    LANGUAGE sql STABLE
    RETURN CASE WHEN ((SYSTEM_USER !~ '^(ident|trust):'::text) AND (strpos(SYSTEM_USER, 'frafaldsvarsel_'::text) = 0) AND (NOT (SELECT pg_roles.rolsuper FROM pg_roles WHERE (pg_roles.rolname = SESSION_USER)))) THEN substr(SYSTEM_USER, (strpos(SYSTEM_USER, ':'::text) + 1)) ELSE NULL::text END;

CREATE FUNCTION requests_take_two() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog'
    AS $_$
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
END $_$;

CREATE FUNCTION shared_logins_allowed() RETURNS boolean
    LANGUAGE sql STABLE
    RETURN (EXISTS (SELECT FROM pg_db_role_setting s WHERE ((s.setrole = (0)::oid) AND ('frafaldsvarsel.shared_logins=on'::text = ANY (s.setconfig)) AND (s.setdatabase = ANY (ARRAY[(0)::oid, (SELECT pg_database.oid FROM pg_database WHERE (pg_database.datname = current_database()))])))));

CREATE FUNCTION skips_are_approved() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog'
    AS $_$
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
END $_$;

CREATE FUNCTION visit_content(token text, bound text) RETURNS text
    LANGUAGE plpgsql STABLE
    AS $_$
DECLARE
    part text[] := string_to_array(token, '|');
    tag bytea;
BEGIN
    IF cardinality(part) IS DISTINCT FROM 5 OR part[3] IS DISTINCT FROM bound OR part[2] !~ '^[0-9]{1,12}$'
       OR part[2]::bigint < extract(epoch FROM clock_timestamp()) THEN
        RETURN NULL;
    END IF;
    SELECT visit_mac(part[1], left(token, -1 - length(part[5]))) INTO tag;
    RETURN CASE WHEN encode(tag, 'hex') = part[5] THEN part[4] END;
END $_$;

CREATE FUNCTION visit_holds() RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO '$user', 'public'
    AS $$
BEGIN
    RETURN NOT EXISTS (SELECT FROM visit_keys) OR visit_served() IS NOT NULL;
END $$;

CREATE FUNCTION visit_knows(person text) RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO '$user', 'public'
    AS $$
DECLARE
    units text[] := visit_units();
BEGIN
    RETURN units <> '{}' AND EXISTS (
        WITH RECURSIVE joined (person_id) AS (
            SELECT person
            UNION
            SELECT other.person_id FROM joined, LATERAL (
                SELECT joined_to FROM person_joins WHERE person_joins.person_id = joined.person_id
                UNION ALL
                SELECT person_joins.person_id FROM person_joins WHERE joined_to = joined.person_id
            ) other (person_id)
        )
        SELECT FROM joined JOIN tasks t USING (person_id) WHERE t.unit_id = ANY (units));
END $$;

CREATE FUNCTION visit_mac(kid text, content text) RETURNS bytea
    LANGUAGE sql STABLE
    AS $$
    SELECT sha256(k.outer_key || sha256(k.inner_key || convert_to(content, 'UTF8')))
    FROM visit_keys k WHERE k.kid = visit_mac.kid
$$;

CREATE FUNCTION visit_municipalities() RETURNS text[]
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO '$user', 'public'
    AS $$
BEGIN
    RETURN coalesce(string_to_array(nullif(split_part(visit_served(), ';', 2), ''), ','), '{}');
END $$;

CREATE FUNCTION visit_number() RETURNS bigint
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO '$user', 'public'
    AS $$ SELECT nextval('visit_numbers') $$;

CREATE FUNCTION visit_person() RETURNS text
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO '$user', 'public'
    AS $$
BEGIN
    RETURN visit_content(
        current_setting('frafaldsvarsel.person', true), 'transaction ' || pg_current_xact_id_if_assigned());
END $$;

CREATE FUNCTION visit_reader() RETURNS text
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO '$user', 'public'
    AS $$
BEGIN
    RETURN convert_from(decode(nullif(split_part(visit_served(), ';', 3), ''), 'hex'), 'UTF8');
END $$;

CREATE FUNCTION visit_served() RETURNS text
    LANGUAGE plpgsql STABLE
    AS $$
DECLARE
    token text := current_setting('frafaldsvarsel.visit', true);
BEGIN
    IF token IS NULL OR token = '' THEN
        RETURN NULL; -- nor has such a connection drawn a number
    END IF;
    RETURN visit_content(token, 'visit ' || currval('visit_numbers'));
END $$;

CREATE FUNCTION visit_units() RETURNS text[]
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO '$user', 'public'
    AS $$
BEGIN
    RETURN coalesce(string_to_array(nullif(split_part(visit_served(), ';', 1), ''), ','), '{}');
END $$;

CREATE TABLE acts (
    id uuid NOT NULL,
    task_id uuid NOT NULL,
    number integer NOT NULL,
    kind text NOT NULL,
    detail jsonb NOT NULL,
    by_id text NOT NULL,
    by_name text NOT NULL,
    via text NOT NULL,
    at timestamp with time zone NOT NULL,
    person_id text NOT NULL,
    partition integer NOT NULL,
    after_offset bigint NOT NULL,
    serial bigint NOT NULL,
    successor uuid
);

ALTER TABLE acts ALTER COLUMN serial ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME acts_serial_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE applied (
    partition integer NOT NULL,
    "offset" bigint NOT NULL,
    origin_topic text NOT NULL,
    origin_partition integer NOT NULL,
    origin_offset bigint NOT NULL,
    person_id text NOT NULL,
    changed integer NOT NULL,
    left_out text,
    passed_on timestamp with time zone
);

CREATE TABLE attempts (
    delivery_id uuid NOT NULL,
    attempt integer NOT NULL,
    at timestamp with time zone NOT NULL,
    outcome text NOT NULL,
    code integer,
    detail text NOT NULL
);

CREATE TABLE audit (
    id bigint NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL,
    kind text NOT NULL,
    task_id uuid,
    sender text,
    message_id text,
    detail jsonb DEFAULT '{}'::jsonb NOT NULL,
    salt uuid DEFAULT gen_random_uuid(),
    erased_by bigint
);

ALTER TABLE audit ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME audit_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE bounces (
    delivery_id uuid NOT NULL,
    report text NOT NULL,
    action text NOT NULL,
    status text NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    found text NOT NULL
);

CREATE TABLE colleagues (
    user_id text NOT NULL,
    unit_id text NOT NULL,
    user_name text NOT NULL,
    seen_on date NOT NULL
);

CREATE TABLE deliveries (
    id uuid NOT NULL,
    task_id uuid,
    occasion text NOT NULL,
    cause text NOT NULL,
    channel text NOT NULL,
    unit_id text NOT NULL,
    recipient text NOT NULL,
    status text DEFAULT 'due'::text NOT NULL,
    due_at timestamp with time zone DEFAULT now() NOT NULL,
    deadline timestamp with time zone NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    lease_until timestamp with time zone,
    lease_owner text,
    frozen jsonb,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    ended_at timestamp with time zone,
    audience text DEFAULT 'unit'::text NOT NULL,
    cause_kind text,
    cause_ref text,
    CONSTRAINT deliveries_about_a_task CHECK (((task_id IS NOT NULL) OR (occasion = ANY (ARRAY['digest'::text, 'channel_off'::text])))),
    CONSTRAINT deliveries_audience_check CHECK ((audience = ANY (ARRAY['unit'::text, 'lead'::text, 'municipality'::text, 'service'::text]))),
    CONSTRAINT deliveries_cause_check CHECK (((cause_kind = ANY (ARRAY['event'::text, 'step'::text, 'act'::text, 'digest'::text, 'endpoint'::text])) AND (cause_kind IS NOT NULL) AND (cause_ref IS NOT NULL))),
    CONSTRAINT deliveries_channel_check CHECK ((channel = ANY (ARRAY['email'::text, 'webhook'::text]))),
    CONSTRAINT deliveries_occasion_check CHECK ((occasion = ANY (ARRAY['new'::text, 'more_messages'::text, 'taken_over'::text, 'handed_over'::text, 'withdrawn'::text, 'reminder'::text, 'overdue'::text, 'escalation'::text, 'mentor_ends'::text, 'digest'::text, 'channel_off'::text]))),
    CONSTRAINT deliveries_status_check CHECK ((status = ANY (ARRAY['due'::text, 'delivered'::text, 'refused'::text, 'exhausted'::text, 'superseded'::text])))
);

CREATE TABLE digests (
    unit_id text NOT NULL,
    day date NOT NULL,
    due_at timestamp with time zone NOT NULL,
    status text NOT NULL,
    reason text,
    ended_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT digests_status_check CHECK ((status = ANY (ARRAY['fired'::text, 'stopped'::text])))
);

CREATE TABLE dismissed (
    "case" text NOT NULL,
    dismissed_by text NOT NULL,
    because text NOT NULL,
    dismissed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

CREATE TABLE endpoints (
    unit_id text NOT NULL,
    url text NOT NULL,
    failing_since timestamp with time zone,
    disabled_at timestamp with time zone,
    reason text,
    CONSTRAINT endpoints_check CHECK (((disabled_at IS NULL) = (reason IS NULL))),
    CONSTRAINT endpoints_reason_check CHECK ((reason = ANY (ARRAY['gone'::text, 'failing'::text])))
);

CREATE TABLE erased_acts (
    enrolment_id text NOT NULL,
    unit_id text NOT NULL,
    at timestamp with time zone NOT NULL,
    kind text NOT NULL,
    contact_at timestamp with time zone,
    form text,
    reached boolean NOT NULL,
    ending text,
    initiatives text[] NOT NULL,
    serial bigint NOT NULL
);

CREATE TABLE erasure_requests (
    id uuid NOT NULL,
    people text[],
    ground text NOT NULL,
    asked_by text,
    asked_at timestamp with time zone DEFAULT now() NOT NULL,
    approved_by text,
    approved_at timestamp with time zone,
    erased_before timestamp with time zone,
    "offset" bigint,
    done_at timestamp with time zone,
    CONSTRAINT erasure_requests_check CHECK ((approved_by <> asked_by)),
    CONSTRAINT erasure_requests_check1 CHECK (((done_at IS NULL) OR (people IS NULL)))
);

CREATE TABLE erasures (
    person text NOT NULL,
    erased_before timestamp with time zone NOT NULL,
    partition integer NOT NULL,
    "offset" bigint NOT NULL,
    request text NOT NULL,
    noted_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE follow_ups (
    user_id text NOT NULL,
    task_id uuid NOT NULL,
    day date NOT NULL,
    set_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE tasks (
    id uuid NOT NULL,
    reference text NOT NULL,
    person_id text NOT NULL,
    enrolment_id text NOT NULL,
    unit_id text NOT NULL,
    status text NOT NULL,
    react_by date NOT NULL,
    appended_at timestamp with time zone NOT NULL,
    mentor_until date,
    opened_at timestamp with time zone DEFAULT now() NOT NULL,
    changed_at timestamp with time zone DEFAULT now() NOT NULL,
    version bigint DEFAULT 1 NOT NULL,
    ending text,
    acknowledged_at timestamp with time zone,
    acknowledged_by text,
    owner_id text,
    owner_name text,
    attempts integer DEFAULT 0 NOT NULL,
    reached_at timestamp with time zone,
    closed_at timestamp with time zone,
    ordinal integer DEFAULT 1 NOT NULL,
    follows uuid,
    CONSTRAINT tasks_ending_check CHECK ((ending = ANY (ARRAY['contact_made'::text, 'not_reached'::text, 'transferred'::text, 'withdrawn_by_institution'::text, 'lapsed'::text]))),
    CONSTRAINT tasks_status_check CHECK ((status = ANY (ARRAY['open'::text, 'closed'::text, 'withdrawn'::text])))
);

CREATE VIEW footings AS
 SELECT t.id AS task_id,
    t.unit_id,
    t.status,
    t.appended_at,
    t.react_by,
    t.mentor_until,
    o.since AS open_since,
    ((t.owner_id IS NOT NULL) OR (t.acknowledged_at IS NOT NULL)) AS seen
   FROM (tasks t
     CROSS JOIN LATERAL ( SELECT GREATEST(t.opened_at, ( SELECT max(a.at) AS max
                   FROM acts a
                  WHERE ((a.task_id = t.id) AND (a.kind = 'reopen'::text))), ( SELECT max(a.at) AS max
                   FROM audit a
                  WHERE ((a.task_id = t.id) AND (a.kind = 'task_reopened'::text)))) AS since) o);

CREATE TABLE foreign_records (
    topic text NOT NULL,
    partition integer NOT NULL,
    "offset" bigint NOT NULL,
    appended_at timestamp with time zone NOT NULL,
    reason text NOT NULL,
    CONSTRAINT foreign_records_reason_check CHECK ((reason = ANY (ARRAY['no_mac'::text, 'unknown_key'::text, 'wrong_mac'::text])))
);

CREATE TABLE inbox_sessions (
    id text NOT NULL,
    user_id text NOT NULL,
    user_name text NOT NULL,
    rights jsonb NOT NULL,
    form_token text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    seen_at timestamp with time zone DEFAULT now() NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    checked_at timestamp with time zone DEFAULT now() NOT NULL,
    tag bytea
);

CREATE TABLE journalised (
    task_id uuid NOT NULL,
    receipt text NOT NULL,
    noted_by text NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE known_endpoints (
    unit_id text NOT NULL,
    url text NOT NULL,
    since timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE later_releases (
    first_day date NOT NULL,
    as_of date NOT NULL,
    sha256 text NOT NULL,
    made_by text NOT NULL,
    made_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE messages (
    sender text NOT NULL,
    message_id text NOT NULL,
    person_id text NOT NULL,
    revision integer NOT NULL,
    outcome text NOT NULL,
    reason text NOT NULL,
    unit_id text,
    enrolment_id text,
    law_version text NOT NULL,
    review_on date,
    registered_at timestamp with time zone NOT NULL,
    appended_at timestamp with time zone NOT NULL,
    origin_topic text NOT NULL,
    origin_partition integer NOT NULL,
    origin_offset bigint NOT NULL,
    decision jsonb NOT NULL,
    sealed text,
    task_id uuid,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT messages_outcome_check CHECK ((outcome = ANY (ARRAY['obliged'::text, 'not_obliged'::text, 'undecided'::text])))
);

CREATE TABLE migrations (
    name text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE outbox (
    id text NOT NULL,
    topic text NOT NULL,
    key text NOT NULL,
    value bytea NOT NULL,
    due_at timestamp with time zone DEFAULT now() NOT NULL,
    sent_at timestamp with time zone
);

CREATE TABLE person_facts (
    partition integer NOT NULL,
    "offset" bigint NOT NULL,
    person_id text NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    sender text NOT NULL,
    registered_at timestamp with time zone NOT NULL,
    rank integer NOT NULL,
    appended_at timestamp with time zone NOT NULL,
    origin_topic text NOT NULL COLLATE pg_catalog."C",
    origin_partition integer NOT NULL,
    origin_offset bigint NOT NULL,
    known_at timestamp with time zone NOT NULL,
    institution_number text,
    education_type text,
    starts_on date,
    ends_on date,
    reason text,
    benefit_type text,
    target_group text,
    municipality_code text
);

CREATE TABLE person_joins (
    person_id text NOT NULL,
    joined_to text NOT NULL,
    noted_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE plans (
    task_id uuid NOT NULL,
    status text NOT NULL,
    react_by date NOT NULL,
    mentor_until date,
    seen boolean NOT NULL,
    policy text NOT NULL,
    planned_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE "position" (
    topic text NOT NULL,
    partition integer NOT NULL,
    next_offset bigint NOT NULL
);

CREATE TABLE quarantine (
    kind text NOT NULL,
    id text NOT NULL,
    since timestamp with time zone NOT NULL,
    state text NOT NULL,
    reason text NOT NULL,
    decided_by text NOT NULL,
    because text,
    decided_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    replayed_as text,
    CONSTRAINT quarantine_state_check CHECK ((state = ANY (ARRAY['begun'::text, 'replayed'::text, 'dismissed'::text])))
);

CREATE TABLE receipts (
    topic text NOT NULL,
    partition integer NOT NULL,
    "offset" bigint NOT NULL,
    appended_at timestamp with time zone NOT NULL,
    status text NOT NULL,
    reason text,
    detail text,
    sender text,
    event_id text,
    type text,
    fingerprint text,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL,
    sequence bigint,
    registered_on date,
    fingerprint_utc text,
    CONSTRAINT receipts_status_check CHECK ((status = ANY (ARRAY['accepted'::text, 'rejected'::text])))
);

CREATE TABLE released_figures (
    first_day date NOT NULL,
    place integer NOT NULL,
    family text NOT NULL,
    value text NOT NULL,
    category text NOT NULL,
    measure text NOT NULL,
    number integer,
    status text NOT NULL,
    members text[] NOT NULL
);

CREATE TABLE releases (
    first_day date NOT NULL,
    last_day date NOT NULL,
    as_of date NOT NULL,
    threshold integer NOT NULL,
    sha256 text NOT NULL,
    made_by text NOT NULL,
    made_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE repeats (
    topic text NOT NULL,
    partition integer NOT NULL,
    "offset" bigint NOT NULL,
    sender text NOT NULL,
    event_id text NOT NULL,
    kind text NOT NULL,
    resolved_at timestamp with time zone,
    CONSTRAINT repeats_kind_check CHECK ((kind = ANY (ARRAY['duplicate'::text, 'conflict'::text])))
);

CREATE TABLE requests (
    id uuid NOT NULL,
    kind text NOT NULL,
    what text[] NOT NULL,
    because text NOT NULL,
    asked_by text NOT NULL,
    asked_at timestamp with time zone DEFAULT now() NOT NULL,
    approved_by text,
    approved_because text,
    approved_at timestamp with time zone,
    CONSTRAINT approved_as_a_whole CHECK ((num_nonnulls(approved_by, approved_because, approved_at) = ANY (ARRAY[0, 3]))),
    CONSTRAINT nobody_approves_alone CHECK ((lower(approved_by) <> lower(asked_by))),
    CONSTRAINT requests_what_check CHECK ((cardinality(what) > 0))
);

CREATE TABLE resealed (
    sender text NOT NULL,
    message_id text NOT NULL,
    sent_as text NOT NULL,
    sealed text NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE retention_holds (
    id uuid NOT NULL,
    person_id text NOT NULL,
    reference text,
    ground text NOT NULL,
    held_by text NOT NULL,
    held_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE retention_rules (
    version text NOT NULL,
    kind text NOT NULL,
    accepted_by text NOT NULL,
    accepted_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

CREATE TABLE retention_runs (
    kind text NOT NULL,
    version text NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    taken bigint NOT NULL,
    waiting bigint NOT NULL,
    overdue bigint NOT NULL
);

CREATE TABLE saved_views (
    user_id text NOT NULL,
    name text NOT NULL,
    query text NOT NULL,
    saved_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT saved_views_name_check CHECK (((length(name) >= 1) AND (length(name) <= 60))),
    CONSTRAINT saved_views_query_check CHECK ((length(query) <= 400))
);

CREATE TABLE seen_tasks (
    user_id text NOT NULL,
    task_id uuid NOT NULL,
    version bigint NOT NULL,
    seen_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE skips (
    topic text NOT NULL,
    partition integer NOT NULL,
    "offset" bigint NOT NULL,
    decided_by text NOT NULL,
    because text NOT NULL,
    decided_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

CREATE TABLE stand_ins (
    id uuid NOT NULL,
    unit_id text NOT NULL,
    user_id text NOT NULL,
    user_name text NOT NULL,
    stand_in_id text NOT NULL,
    stand_in_name text NOT NULL,
    first_day date NOT NULL,
    last_day date NOT NULL,
    set_at timestamp with time zone DEFAULT now() NOT NULL,
    ended_at timestamp with time zone,
    CONSTRAINT stand_ins_check CHECK ((last_day >= first_day))
);

CREATE TABLE steps (
    id uuid NOT NULL,
    task_id uuid NOT NULL,
    kind text NOT NULL,
    level integer DEFAULT 1 NOT NULL,
    due_at timestamp with time zone NOT NULL,
    status text DEFAULT 'waiting'::text NOT NULL,
    reason text,
    ended_at timestamp with time zone,
    about date NOT NULL,
    until_seen boolean DEFAULT false NOT NULL,
    failed_delivery uuid,
    failed_at timestamp with time zone,
    CONSTRAINT steps_kind_check CHECK ((kind = ANY (ARRAY['reminder'::text, 'overdue'::text, 'escalation'::text, 'mentor_ends'::text]))),
    CONSTRAINT steps_status_check CHECK ((status = ANY (ARRAY['waiting'::text, 'fired'::text, 'stopped'::text])))
);

CREATE TABLE subjects (
    topic text NOT NULL COLLATE pg_catalog."C",
    partition integer NOT NULL,
    "offset" bigint NOT NULL,
    person_id text NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    sender text NOT NULL,
    event_id text NOT NULL,
    registered_at timestamp with time zone NOT NULL,
    rank integer NOT NULL,
    appended_at timestamp with time zone NOT NULL,
    says jsonb,
    counts boolean NOT NULL,
    names_nothing boolean NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL,
    told_at timestamp with time zone,
    CONSTRAINT subjects_kind_check CHECK ((kind = ANY (ARRAY['enrolment'::text, 'period'::text, 'residence'::text, 'message'::text])))
);

CREATE TABLE trail (
    n bigint NOT NULL,
    audit_id bigint NOT NULL,
    leaf bytea NOT NULL,
    root bytea NOT NULL
);

CREATE TABLE transfers (
    person_id text NOT NULL,
    enrolment_id text NOT NULL,
    decided_unit text NOT NULL,
    unit_id text NOT NULL,
    act_id uuid NOT NULL
);

CREATE TABLE verdicts (
    partition integer NOT NULL,
    "offset" bigint NOT NULL,
    sender text NOT NULL,
    message_id text NOT NULL,
    person_id text NOT NULL,
    sent_as text NOT NULL,
    revision integer NOT NULL,
    outcome text NOT NULL,
    reason text NOT NULL,
    law_version text NOT NULL,
    unit_id text,
    enrolment_id text,
    institution_number text,
    education_type text,
    benefit_type text,
    target_group text,
    municipality_code text,
    message_date date NOT NULL,
    appended_at timestamp with time zone NOT NULL,
    known_at timestamp with time zone NOT NULL
);

CREATE TABLE visit_keys (
    kid text NOT NULL,
    inner_key bytea NOT NULL,
    outer_key bytea NOT NULL,
    CONSTRAINT visit_keys_inner_key_check CHECK ((length(inner_key) = 64)),
    CONSTRAINT visit_keys_outer_key_check CHECK ((length(outer_key) = 64))
);

CREATE SEQUENCE visit_numbers
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 50;

ALTER TABLE ONLY acts
    ADD CONSTRAINT acts_pkey PRIMARY KEY (id);

ALTER TABLE ONLY acts
    ADD CONSTRAINT acts_task_id_number_key UNIQUE (task_id, number);

ALTER TABLE applied
    ADD CONSTRAINT applied_left_out_check CHECK ((left_out = ANY (ARRAY['sender_bound'::text, 'record_full'::text, 'joined_elsewhere'::text]))) NOT VALID;

ALTER TABLE ONLY applied
    ADD CONSTRAINT applied_pkey PRIMARY KEY (partition, "offset");

ALTER TABLE ONLY attempts
    ADD CONSTRAINT attempts_pkey PRIMARY KEY (delivery_id, attempt);

ALTER TABLE ONLY audit
    ADD CONSTRAINT audit_pkey PRIMARY KEY (id);

ALTER TABLE bounces
    ADD CONSTRAINT bounces_action_check CHECK ((action = ANY (ARRAY['failed'::text, 'delayed'::text, 'other'::text, 'unread'::text]))) NOT VALID;

ALTER TABLE ONLY bounces
    ADD CONSTRAINT bounces_pkey PRIMARY KEY (delivery_id, report);

ALTER TABLE ONLY colleagues
    ADD CONSTRAINT colleagues_pkey PRIMARY KEY (unit_id, user_id);

ALTER TABLE ONLY deliveries
    ADD CONSTRAINT deliveries_pkey PRIMARY KEY (id);

ALTER TABLE ONLY digests
    ADD CONSTRAINT digests_pkey PRIMARY KEY (unit_id, day);

ALTER TABLE ONLY dismissed
    ADD CONSTRAINT dismissed_pkey PRIMARY KEY ("case");

ALTER TABLE ONLY endpoints
    ADD CONSTRAINT endpoints_pkey PRIMARY KEY (unit_id, url);

ALTER TABLE ONLY erasure_requests
    ADD CONSTRAINT erasure_requests_pkey PRIMARY KEY (id);

ALTER TABLE ONLY erasures
    ADD CONSTRAINT erasures_pkey PRIMARY KEY (person);

ALTER TABLE ONLY follow_ups
    ADD CONSTRAINT follow_ups_pkey PRIMARY KEY (user_id, task_id);

ALTER TABLE ONLY foreign_records
    ADD CONSTRAINT foreign_records_pkey PRIMARY KEY (topic, partition, "offset");

ALTER TABLE ONLY inbox_sessions
    ADD CONSTRAINT inbox_sessions_pkey PRIMARY KEY (id);

ALTER TABLE ONLY journalised
    ADD CONSTRAINT journalised_pkey PRIMARY KEY (task_id);

ALTER TABLE ONLY known_endpoints
    ADD CONSTRAINT known_endpoints_pkey PRIMARY KEY (unit_id, url);

ALTER TABLE ONLY later_releases
    ADD CONSTRAINT later_releases_pkey PRIMARY KEY (first_day, as_of);

ALTER TABLE ONLY messages
    ADD CONSTRAINT messages_pkey PRIMARY KEY (sender, message_id, person_id);

ALTER TABLE ONLY migrations
    ADD CONSTRAINT migrations_pkey PRIMARY KEY (name);

ALTER TABLE ONLY outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY (id);

ALTER TABLE ONLY person_facts
    ADD CONSTRAINT person_facts_pkey PRIMARY KEY (partition, "offset");

ALTER TABLE ONLY person_joins
    ADD CONSTRAINT person_joins_pkey PRIMARY KEY (person_id);

ALTER TABLE ONLY plans
    ADD CONSTRAINT plans_pkey PRIMARY KEY (task_id);

ALTER TABLE ONLY "position"
    ADD CONSTRAINT position_pkey PRIMARY KEY (topic, partition);

ALTER TABLE quarantine
    ADD CONSTRAINT quarantine_kind_check CHECK ((kind = ANY (ARRAY['input'::text, 'conflict'::text, 'delivery'::text, 'left_out'::text, 'bounce'::text, 'foreign'::text]))) NOT VALID;

ALTER TABLE ONLY quarantine
    ADD CONSTRAINT quarantine_pkey PRIMARY KEY (kind, id, since);

ALTER TABLE ONLY receipts
    ADD CONSTRAINT receipts_pkey PRIMARY KEY (topic, partition, "offset");

ALTER TABLE ONLY released_figures
    ADD CONSTRAINT released_figures_pkey PRIMARY KEY (first_day, place);

ALTER TABLE ONLY releases
    ADD CONSTRAINT releases_pkey PRIMARY KEY (first_day);

ALTER TABLE ONLY repeats
    ADD CONSTRAINT repeats_pkey PRIMARY KEY (topic, partition, "offset");

ALTER TABLE ONLY requests
    ADD CONSTRAINT requests_pkey PRIMARY KEY (id);

ALTER TABLE ONLY resealed
    ADD CONSTRAINT resealed_pkey PRIMARY KEY (sender, message_id, sent_as);

ALTER TABLE ONLY retention_holds
    ADD CONSTRAINT retention_holds_pkey PRIMARY KEY (id);

ALTER TABLE ONLY retention_rules
    ADD CONSTRAINT retention_rules_pkey PRIMARY KEY (version);

ALTER TABLE ONLY retention_runs
    ADD CONSTRAINT retention_runs_pkey PRIMARY KEY (kind);

ALTER TABLE ONLY saved_views
    ADD CONSTRAINT saved_views_pkey PRIMARY KEY (user_id, name);

ALTER TABLE ONLY seen_tasks
    ADD CONSTRAINT seen_tasks_pkey PRIMARY KEY (user_id, task_id);

ALTER TABLE ONLY skips
    ADD CONSTRAINT skips_pkey PRIMARY KEY (topic, partition, "offset");

ALTER TABLE ONLY stand_ins
    ADD CONSTRAINT stand_ins_pkey PRIMARY KEY (id);

ALTER TABLE ONLY steps
    ADD CONSTRAINT steps_pkey PRIMARY KEY (id);

ALTER TABLE ONLY subjects
    ADD CONSTRAINT subjects_pkey PRIMARY KEY (topic, partition, "offset", person_id);

ALTER TABLE ONLY tasks
    ADD CONSTRAINT tasks_pkey PRIMARY KEY (id);

ALTER TABLE ONLY tasks
    ADD CONSTRAINT tasks_reference_key UNIQUE (reference);

ALTER TABLE ONLY trail
    ADD CONSTRAINT trail_audit_id_key UNIQUE (audit_id);

ALTER TABLE ONLY trail
    ADD CONSTRAINT trail_pkey PRIMARY KEY (n);

ALTER TABLE ONLY transfers
    ADD CONSTRAINT transfers_pkey PRIMARY KEY (person_id, enrolment_id, decided_unit);

ALTER TABLE ONLY verdicts
    ADD CONSTRAINT verdicts_pkey PRIMARY KEY (partition, "offset");

ALTER TABLE ONLY visit_keys
    ADD CONSTRAINT visit_keys_pkey PRIMARY KEY (kid);

CREATE INDEX acts_by_place ON acts USING btree (partition, after_offset, serial);

CREATE INDEX applied_by_origin ON applied USING btree (origin_topic, origin_partition, origin_offset);

CREATE INDEX applied_left_out ON applied USING btree (origin_topic, origin_partition, origin_offset) WHERE (left_out IS NOT NULL);

CREATE INDEX audit_by_task ON audit USING btree (task_id);

CREATE INDEX audit_by_time ON audit USING brin (at);

CREATE INDEX audit_looks ON audit USING btree (kind, at) WHERE (kind = ANY (ARRAY['opened'::text, 'found_by_cpr'::text, 'log_in_refused'::text]));

CREATE INDEX bounces_unread ON bounces USING btree (at) WHERE (action = 'unread'::text);

CREATE INDEX deliveries_by_task ON deliveries USING btree (task_id);

CREATE INDEX deliveries_due ON deliveries USING btree (due_at) WHERE (status = 'due'::text);

CREATE INDEX deliveries_not_delivered_of_unit ON deliveries USING btree (unit_id, task_id) WHERE ((channel = 'email'::text) AND (status = ANY (ARRAY['refused'::text, 'exhausted'::text])));

CREATE INDEX deliveries_of_digests ON deliveries USING btree (cause_ref) WHERE ((cause_kind = 'digest'::text) AND (occasion = 'digest'::text));

CREATE INDEX deliveries_of_mornings ON deliveries USING btree (cause) WHERE (occasion = 'digest'::text);

CREATE INDEX deliveries_of_unit ON deliveries USING btree (unit_id, created_at);

CREATE INDEX deliveries_undeliverable ON deliveries USING btree (ended_at) WHERE (status = ANY (ARRAY['refused'::text, 'exhausted'::text]));

CREATE INDEX deliveries_waiting_of_unit ON deliveries USING btree (unit_id, task_id) WHERE (status = 'due'::text);

CREATE INDEX follow_ups_of_task ON follow_ups USING btree (task_id);

CREATE INDEX inbox_sessions_by_end ON inbox_sessions USING btree (ends_at);

CREATE INDEX messages_by_origin ON messages USING btree (origin_topic, origin_partition, origin_offset);

CREATE INDEX messages_by_person ON messages USING btree (person_id);

CREATE INDEX messages_by_task ON messages USING btree (task_id) WHERE (task_id IS NOT NULL);

CREATE INDEX messages_to_review ON messages USING btree (review_on) WHERE (outcome = 'undecided'::text);

CREATE INDEX messages_undecided ON messages USING btree (review_on, sender, message_id, person_id) WHERE (outcome = 'undecided'::text);

CREATE UNIQUE INDEX one_open_task ON tasks USING btree (person_id, enrolment_id, unit_id) WHERE (status = 'open'::text);

CREATE INDEX outbox_across_people ON outbox USING btree (split_part(id, '|'::text, 2)) WHERE (id ~~ 'across|%'::text);

CREATE INDEX outbox_due ON outbox USING btree (due_at) WHERE (sent_at IS NULL);

CREATE INDEX outbox_told ON outbox USING btree (sent_at) WHERE ((sent_at IS NOT NULL) AND (topic = ANY (ARRAY['task-events'::text, 'reactions'::text])));

CREATE INDEX person_facts_by_person ON person_facts USING btree (person_id);

CREATE INDEX person_joins_to ON person_joins USING btree (joined_to);

CREATE INDEX plans_open ON plans USING btree (task_id) WHERE (status = 'open'::text);

CREATE INDEX receipts_by_day ON receipts USING btree (sender, registered_on) WHERE (registered_on IS NOT NULL);

CREATE INDEX receipts_by_event ON receipts USING btree (sender, event_id) WHERE (status = 'accepted'::text);

CREATE INDEX receipts_rejected ON receipts USING btree (appended_at) WHERE (status = 'rejected'::text);

CREATE INDEX repeats_by_event ON repeats USING btree (sender, event_id);

CREATE INDEX repeats_open ON repeats USING btree (sender) WHERE (resolved_at IS NULL);

CREATE INDEX retention_holds_by_person ON retention_holds USING btree (person_id);

CREATE INDEX seen_tasks_of_task ON seen_tasks USING btree (task_id);

CREATE INDEX stand_ins_of_unit ON stand_ins USING btree (unit_id, last_day) WHERE (ended_at IS NULL);

CREATE UNIQUE INDEX steps_by_failure ON steps USING btree (failed_delivery, failed_at) WHERE (failed_delivery IS NOT NULL);

CREATE INDEX steps_by_task ON steps USING btree (task_id);

CREATE INDEX steps_due ON steps USING btree (due_at) WHERE (status = 'waiting'::text);

CREATE INDEX subjects_first ON subjects USING btree (kind, name, sender, appended_at) WHERE (counts AND (says IS NULL));

CREATE INDEX subjects_naming_nothing ON subjects USING btree (kind, name, sender) WHERE names_nothing;

CREATE INDEX subjects_stated ON subjects USING btree (kind, name, sender, registered_at, rank, appended_at, topic, partition, "offset") WHERE (counts AND (says IS NULL));

CREATE INDEX subjects_taken_back ON subjects USING btree (kind, name, sender, registered_at, rank, appended_at, topic, partition, "offset") WHERE (counts AND (says IS NOT NULL));

CREATE INDEX subjects_untold ON subjects USING btree (recorded_at) WHERE (names_nothing AND (told_at IS NULL));

CREATE INDEX tasks_by_arrival ON tasks USING btree (unit_id, appended_at);

CREATE INDEX tasks_by_beginning ON tasks USING btree (reference text_pattern_ops);

CREATE INDEX tasks_by_person ON tasks USING btree (person_id);

CREATE INDEX tasks_ended_of_unit ON tasks USING btree (unit_id, closed_at DESC, reference) WHERE (status = 'closed'::text);

CREATE INDEX tasks_following ON tasks USING btree (follows) WHERE (follows IS NOT NULL);

CREATE INDEX tasks_of_owner ON tasks USING btree (owner_id, unit_id, react_by, reference) WHERE ((status = 'open'::text) AND (owner_id IS NOT NULL));

CREATE INDEX tasks_of_unit ON tasks USING btree (unit_id, react_by, reference) WHERE (status = 'open'::text);

CREATE INDEX tasks_open ON tasks USING btree (id) INCLUDE (unit_id, react_by, reference) WHERE (status = 'open'::text);

CREATE INDEX tasks_reached ON tasks USING btree (reached_at) WHERE (reached_at IS NOT NULL);

CREATE INDEX tasks_withdrawn_of_unit ON tasks USING btree (unit_id, changed_at) WHERE (status = 'withdrawn'::text);

CREATE INDEX verdicts_by_person ON verdicts USING btree (person_id);

CREATE TRIGGER audit_is_never_emptied BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION audit_only_grows();

CREATE TRIGGER audit_names_the_login BEFORE INSERT ON audit FOR EACH ROW WHEN (((new.detail ? 'by'::text) OR ((SYSTEM_USER IS NOT NULL) AND (SESSION_USER <> ALL (ARRAY['frafaldsvarsel_ledger'::name, 'frafaldsvarsel_notify'::name, 'frafaldsvarsel_inbox'::name, 'frafaldsvarsel_audit'::name, 'frafaldsvarsel_canary'::name, 'frafaldsvarsel_trail'::name]))))) EXECUTE FUNCTION audit_names_the_login();

CREATE TRIGGER audit_only_grows BEFORE DELETE OR UPDATE ON audit FOR EACH ROW EXECUTE FUNCTION audit_only_grows();

CREATE TRIGGER both_causes_of_a_changed_one BEFORE UPDATE ON deliveries FOR EACH ROW WHEN (((new.cause_kind IS NULL) OR (((new.cause IS DISTINCT FROM old.cause) OR (new.cause_kind IS DISTINCT FROM old.cause_kind)) OR (new.cause_ref IS DISTINCT FROM old.cause_ref)))) EXECUTE FUNCTION deliveries_both_causes();

CREATE TRIGGER both_causes_of_a_new_one BEFORE INSERT ON deliveries FOR EACH ROW EXECUTE FUNCTION deliveries_both_causes();

CREATE TRIGGER erasures_are_as_approved BEFORE INSERT OR UPDATE ON erasure_requests FOR EACH ROW EXECUTE FUNCTION erasures_are_as_approved();

CREATE TRIGGER requests_take_two BEFORE INSERT OR DELETE OR UPDATE ON requests FOR EACH ROW EXECUTE FUNCTION requests_take_two();

CREATE TRIGGER skips_are_approved BEFORE INSERT OR UPDATE ON skips FOR EACH ROW EXECUTE FUNCTION skips_are_approved();

CREATE TRIGGER trail_is_never_emptied BEFORE TRUNCATE ON trail FOR EACH STATEMENT EXECUTE FUNCTION audit_only_grows();

CREATE TRIGGER trail_only_grows BEFORE DELETE OR UPDATE ON trail FOR EACH ROW EXECUTE FUNCTION audit_only_grows();

ALTER TABLE ONLY acts
    ADD CONSTRAINT acts_successor_fkey FOREIGN KEY (successor) REFERENCES tasks(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY acts
    ADD CONSTRAINT acts_task_id_fkey FOREIGN KEY (task_id) REFERENCES tasks(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY attempts
    ADD CONSTRAINT attempts_delivery_id_fkey FOREIGN KEY (delivery_id) REFERENCES deliveries(id);

ALTER TABLE ONLY audit
    ADD CONSTRAINT audit_erased_by_fkey FOREIGN KEY (erased_by) REFERENCES audit(id);

ALTER TABLE ONLY bounces
    ADD CONSTRAINT bounces_delivery_id_fkey FOREIGN KEY (delivery_id) REFERENCES deliveries(id);

ALTER TABLE ONLY deliveries
    ADD CONSTRAINT deliveries_task_id_fkey FOREIGN KEY (task_id) REFERENCES tasks(id);

ALTER TABLE ONLY later_releases
    ADD CONSTRAINT later_releases_first_day_fkey FOREIGN KEY (first_day) REFERENCES releases(first_day);

ALTER TABLE ONLY messages
    ADD CONSTRAINT messages_task_id_fkey FOREIGN KEY (task_id) REFERENCES tasks(id);

ALTER TABLE ONLY plans
    ADD CONSTRAINT plans_task_id_fkey FOREIGN KEY (task_id) REFERENCES tasks(id) ON DELETE CASCADE;

ALTER TABLE ONLY released_figures
    ADD CONSTRAINT released_figures_first_day_fkey FOREIGN KEY (first_day) REFERENCES releases(first_day);

ALTER TABLE ONLY repeats
    ADD CONSTRAINT repeats_topic_partition_offset_fkey FOREIGN KEY (topic, partition, "offset") REFERENCES receipts(topic, partition, "offset");

ALTER TABLE ONLY steps
    ADD CONSTRAINT steps_failed_delivery_fkey FOREIGN KEY (failed_delivery) REFERENCES deliveries(id);

ALTER TABLE ONLY steps
    ADD CONSTRAINT steps_task_id_fkey FOREIGN KEY (task_id) REFERENCES tasks(id) ON DELETE CASCADE;

ALTER TABLE ONLY tasks
    ADD CONSTRAINT tasks_follows_fkey FOREIGN KEY (follows) REFERENCES tasks(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY trail
    ADD CONSTRAINT trail_audit_id_fkey FOREIGN KEY (audit_id) REFERENCES audit(id);

ALTER TABLE ONLY transfers
    ADD CONSTRAINT transfers_act_id_fkey FOREIGN KEY (act_id) REFERENCES acts(id) DEFERRABLE INITIALLY DEFERRED;
