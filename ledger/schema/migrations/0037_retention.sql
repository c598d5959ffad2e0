-- What retention asks before it deletes, and what it has done (docs/decisions/0060).

-- Who must not be erased, and why: while a row stands, neither retention nor a request takes the person away.
CREATE TABLE retention_holds (
    id        uuid        PRIMARY KEY,
    person_id text        NOT NULL,
    reference text,                             -- of the task that it was laid on; NULL: on the person
    ground    text        NOT NULL,
    held_by   text        NOT NULL,
    held_at   timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX retention_holds_by_person ON retention_holds (person_id);

-- That a case stands in the authority's own case system (offentlighedsloven § 15). Not from Kafka: a rebuild leaves it.
CREATE TABLE journalised (
    task_id  uuid        PRIMARY KEY,
    receipt  text        NOT NULL,              -- what the case system calls it
    noted_by text        NOT NULL,
    at       timestamptz NOT NULL DEFAULT now()
);

-- Which version of a rule somebody has looked at; a week later it may be carried out.
CREATE TABLE retention_rules (
    version     text        PRIMARY KEY,
    kind        text        NOT NULL,
    accepted_by text        NOT NULL,
    accepted_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- What the last night found of each class.
CREATE TABLE retention_runs (
    kind    text        PRIMARY KEY,
    version text        NOT NULL,
    at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    taken   bigint      NOT NULL,
    waiting bigint      NOT NULL,               -- past their time, and still there
    overdue bigint      NOT NULL                -- of these, what should have gone
);

-- A row of the trail whose time is over is emptied as an erased person's is: by a chained row that names it.
CREATE OR REPLACE FUNCTION audit_only_grows() RETURNS trigger
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
