-- The life of a task: what people do with it, what falls due, and where it was handed.
-- What people do does not follow from Kafka: `acts` and `transfers` are kept when the projection is rebuilt.

ALTER TABLE tasks
    DROP CONSTRAINT tasks_status_check,
    ADD CONSTRAINT tasks_status_check CHECK (status IN ('open', 'closed', 'withdrawn')),
    ADD COLUMN version         bigint NOT NULL DEFAULT 1,   -- counts every change: an ETag
    ADD COLUMN ending          text CHECK (ending IN ('contact_made', 'not_reached', 'transferred',
                                                      'withdrawn_by_institution', 'lapsed')),
    ADD COLUMN acknowledged_at timestamptz,
    ADD COLUMN acknowledged_by text,
    ADD COLUMN owner_id        text,                        -- who works on it: the log-in's subject
    ADD COLUMN owner_name      text,
    ADD COLUMN attempts        int NOT NULL DEFAULT 0,
    ADD COLUMN reached_at      timestamptz,                 -- the first attempt that reached the person
    ADD COLUMN closed_at       timestamptz,
    ADD COLUMN follows         uuid REFERENCES tasks (id);  -- the closed task of the same person and enrolment
CREATE INDEX tasks_of_unit ON tasks (unit_id, react_by, reference) WHERE status = 'open';
CREATE INDEX tasks_ended_of_unit ON tasks (unit_id, closed_at DESC, reference) WHERE status = 'closed';

CREATE TABLE acts (                          -- what people did; added only
    id            uuid        PRIMARY KEY,   -- the same deed sent twice is one
    task_id       uuid        NOT NULL REFERENCES tasks (id) DEFERRABLE INITIALLY DEFERRED,
    number        int         NOT NULL,      -- 1, 2, … of this task
    kind          text        NOT NULL,      -- models.life
    detail        jsonb       NOT NULL,
    by_id         text        NOT NULL,
    by_name       text        NOT NULL,
    via           text        NOT NULL,
    at            timestamptz NOT NULL,
    person_id     text        NOT NULL,
    partition     int         NOT NULL,      -- of the person's decisions, and how far they were projected: a rebuild
    after_offset  bigint      NOT NULL,      -- does the deed again at that place
    UNIQUE (task_id, number)
);
CREATE INDEX acts_by_place ON acts (partition, after_offset);

CREATE TABLE transfers (                     -- tasks that people have given to another unit than the rules name
    person_id     text        NOT NULL,
    enrolment_id  text        NOT NULL,
    decided_unit  text        NOT NULL,      -- the unit that the rules name; where they name another, this is void
    unit_id       text        NOT NULL,      -- who has it instead
    act_id        uuid        NOT NULL REFERENCES acts (id),
    PRIMARY KEY (person_id, enrolment_id, decided_unit)
);

CREATE TABLE steps (                         -- what falls due about a task, planned when it is opened or changed
    id            uuid        PRIMARY KEY,   -- follows from the task, the kind, the level and the planned time
    task_id       uuid        NOT NULL REFERENCES tasks (id),
    kind          text        NOT NULL CHECK (kind IN ('reminder', 'overdue', 'escalation', 'mentor_ends')),
    level         int         NOT NULL DEFAULT 1,
    due_at        timestamptz NOT NULL,
    status        text        NOT NULL DEFAULT 'waiting' CHECK (status IN ('waiting', 'fired', 'stopped')),
    reason        text,                      -- why it was stopped
    ended_at      timestamptz
);
CREATE INDEX steps_due ON steps (due_at) WHERE status = 'waiting';
CREATE INDEX steps_by_task ON steps (task_id);

ALTER TABLE deliveries
    DROP CONSTRAINT deliveries_occasion_check,
    ADD CONSTRAINT deliveries_occasion_check CHECK (occasion IN (
        'new', 'more_messages', 'taken_over', 'handed_over', 'withdrawn',
        'reminder', 'overdue', 'escalation', 'mentor_ends', 'digest', 'channel_off')),
    DROP CONSTRAINT deliveries_channel_check,
    ADD CONSTRAINT deliveries_channel_check CHECK (channel IN ('email', 'webhook'));
