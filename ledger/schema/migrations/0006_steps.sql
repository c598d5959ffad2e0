-- What the steps of 0004 need: what they speak of, the plan they follow from, whom a notice is for, and morning mails.

ALTER TABLE steps
    ADD COLUMN about           date    NOT NULL,               -- the task's date, or the last day of the mentor right
    ADD COLUMN until_seen      boolean NOT NULL DEFAULT false, -- over when a person has seen the task
    ADD COLUMN failed_delivery uuid    REFERENCES deliveries (id),  -- the notice that this one stands in for
    DROP CONSTRAINT steps_task_id_fkey,
    ADD CONSTRAINT steps_task_id_fkey FOREIGN KEY (task_id) REFERENCES tasks (id) ON DELETE CASCADE;

CREATE UNIQUE INDEX steps_by_failure ON steps (failed_delivery) WHERE failed_delivery IS NOT NULL;

CREATE VIEW footings AS                      -- how each task stands, as far as what falls due follows from it
    SELECT t.id AS task_id, t.unit_id, t.status, t.appended_at, t.react_by, t.mentor_until, o.since AS open_since,
           t.owner_id IS NOT NULL OR t.acknowledged_at IS NOT NULL AS seen
    FROM tasks t CROSS JOIN LATERAL (SELECT greatest(t.opened_at,
        (SELECT max(a.at) FROM acts a WHERE a.task_id = t.id AND a.kind = 'reopen'),
        (SELECT max(a.at) FROM audit a WHERE a.task_id = t.id AND a.kind = 'task_reopened')) AS since) o;

CREATE TABLE plans (                         -- how a task stood when its steps were planned: where it stands otherwise
    task_id       uuid        PRIMARY KEY REFERENCES tasks (id) ON DELETE CASCADE,  -- now, they are planned again
    status        text        NOT NULL,
    react_by      date        NOT NULL,
    mentor_until  date,
    seen          boolean     NOT NULL,
    policy        text        NOT NULL,      -- the fingerprint of the rules
    planned_at    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX plans_open ON plans (task_id) WHERE status = 'open';

ALTER TABLE deliveries
    ADD COLUMN audience text NOT NULL DEFAULT 'unit'
        CHECK (audience IN ('unit', 'lead', 'municipality', 'service')),
    ALTER COLUMN task_id DROP NOT NULL,
    ADD CONSTRAINT deliveries_about_a_task CHECK (task_id IS NOT NULL OR occasion IN ('digest', 'channel_off'));

CREATE INDEX deliveries_of_mornings ON deliveries (cause) WHERE occasion = 'digest';

CREATE TABLE digests (                       -- exactly one for every morning of a unit that has them
    unit_id       text        NOT NULL,
    day           date        NOT NULL,
    due_at        timestamptz NOT NULL,
    status        text        NOT NULL CHECK (status IN ('fired', 'stopped')),
    reason        text,                      -- why there was no mail
    ended_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (unit_id, day)
);
