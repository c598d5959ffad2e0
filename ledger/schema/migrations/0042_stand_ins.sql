-- Who stands in for whom at a unit while somebody is away. It moves no task and no duty; the audit trail says who set it.
-- And who has logged in for a unit: the service knows nobody else whom a reader could name.

CREATE TABLE colleagues (
    user_id   text NOT NULL,            -- the log-in's subject
    unit_id   text NOT NULL,
    user_name text NOT NULL,
    seen_on   date NOT NULL,            -- of the last log-in
    PRIMARY KEY (unit_id, user_id)
);

CREATE TABLE stand_ins (
    id            uuid        PRIMARY KEY,
    unit_id       text        NOT NULL,
    user_id       text        NOT NULL, -- who is away
    user_name     text        NOT NULL,
    stand_in_id   text        NOT NULL,
    stand_in_name text        NOT NULL,
    first_day     date        NOT NULL,
    last_day      date        NOT NULL CHECK (last_day >= first_day),
    set_at        timestamptz NOT NULL DEFAULT now(),
    ended_at      timestamptz           -- before its last day; by whom stands in the audit trail
);
CREATE INDEX stand_ins_of_unit ON stand_ins (unit_id, last_day) WHERE ended_at IS NULL;
