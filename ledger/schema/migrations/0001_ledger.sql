-- The ledger: what became of every record, and what every unit owes.
-- Ids are deterministic and every write is an upsert, so that replaying Kafka changes nothing.
-- No column holds a CPR, a name or free text in the clear; `sealed` opens only with the service's vault key.

CREATE TABLE position (                      -- the truth about how far a topic is projected
    topic        text   NOT NULL,
    partition    int    NOT NULL,
    next_offset  bigint NOT NULL,
    PRIMARY KEY (topic, partition)
);

CREATE TABLE receipts (                      -- exactly one for every input record
    topic        text        NOT NULL,
    partition    int         NOT NULL,
    "offset"     bigint      NOT NULL,
    appended_at  timestamptz NOT NULL,       -- the broker's clock
    status       text        NOT NULL CHECK (status IN ('accepted', 'rejected')),
    reason       text,                       -- models.reasons.Rejection, when rejected
    detail       text,
    sender       text,
    event_id     text,
    type         text,
    fingerprint  text,
    recorded_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (topic, partition, "offset")
);
CREATE INDEX receipts_by_event ON receipts (sender, event_id) WHERE status = 'accepted';

CREATE TABLE applied (                       -- exactly one for every person event
    partition        int    NOT NULL,
    "offset"         bigint NOT NULL,
    origin_topic     text   NOT NULL,
    origin_partition int    NOT NULL,
    origin_offset    bigint NOT NULL,
    person_id        text   NOT NULL,
    changed          int    NOT NULL,        -- decisions that this event changed
    PRIMARY KEY (partition, "offset")
);
CREATE INDEX applied_by_origin ON applied (origin_topic, origin_partition, origin_offset);

CREATE TABLE messages (                      -- one for every accepted at-risk message; its last decision
    sender           text        NOT NULL,
    message_id       text        NOT NULL,
    person_id        text        NOT NULL,
    revision         int         NOT NULL,
    outcome          text        NOT NULL CHECK (outcome IN ('obliged', 'not_obliged', 'undecided')),
    reason           text        NOT NULL,
    unit_id          text,
    enrolment_id     text,
    law_version      text        NOT NULL,
    review_on        date,
    registered_at    timestamptz NOT NULL,
    appended_at      timestamptz NOT NULL,
    origin_topic     text        NOT NULL,
    origin_partition int         NOT NULL,
    origin_offset    bigint      NOT NULL,
    decision         jsonb       NOT NULL,   -- the published decision, without what is sealed
    sealed           text,
    task_id          uuid,
    recorded_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (sender, message_id, person_id)
);
CREATE INDEX messages_by_person ON messages (person_id);
CREATE INDEX messages_by_task ON messages (task_id) WHERE task_id IS NOT NULL;
CREATE INDEX messages_by_origin ON messages (origin_topic, origin_partition, origin_offset);
CREATE INDEX messages_to_review ON messages (review_on) WHERE outcome = 'undecided';

CREATE TABLE tasks (                         -- one duty of one unit about one person's enrolment
    id            uuid        PRIMARY KEY,
    reference     text        NOT NULL UNIQUE,   -- what mails and people say: FV-XXXX-XXXX-XXXX
    person_id     text        NOT NULL,
    enrolment_id  text        NOT NULL,
    unit_id       text        NOT NULL,
    status        text        NOT NULL CHECK (status IN ('open', 'withdrawn')),
    react_by      date        NOT NULL,      -- local target, from the broker's append time; never moves later while open
    appended_at   timestamptz NOT NULL,      -- of the first message in force
    mentor_until  date,
    opened_at     timestamptz NOT NULL DEFAULT now(),
    changed_at    timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX one_open_task ON tasks (person_id, enrolment_id, unit_id) WHERE status = 'open';
CREATE INDEX tasks_by_person ON tasks (person_id);
CREATE INDEX tasks_by_unit ON tasks (unit_id, status, react_by);
ALTER TABLE messages ADD FOREIGN KEY (task_id) REFERENCES tasks (id);

CREATE TABLE deliveries (                    -- one notice to one recipient on one channel for one occasion
    id              uuid        PRIMARY KEY,
    task_id         uuid        NOT NULL REFERENCES tasks (id),
    occasion        text        NOT NULL CHECK (occasion IN ('new', 'more_messages', 'taken_over', 'handed_over', 'withdrawn')),
    cause           text        NOT NULL,    -- the person event that made it due: "partition:offset"
    channel         text        NOT NULL CHECK (channel IN ('email')),
    unit_id         text        NOT NULL,
    recipient       text        NOT NULL,
    status          text        NOT NULL DEFAULT 'due'
                    CHECK (status IN ('due', 'delivered', 'refused', 'exhausted', 'superseded')),
    due_at          timestamptz NOT NULL DEFAULT now(),
    deadline        timestamptz NOT NULL,    -- no attempt after this; then it is exhausted, and escalated
    attempts        int         NOT NULL DEFAULT 0,
    lease_until     timestamptz,             -- claimed by a notifier until then
    lease_owner     text,
    frozen          jsonb,                   -- the rendered mail: the same bytes on every attempt
    created_at      timestamptz NOT NULL DEFAULT now(),
    ended_at        timestamptz
);
CREATE INDEX deliveries_due ON deliveries (due_at) WHERE status = 'due';
CREATE INDEX deliveries_by_task ON deliveries (task_id);

CREATE TABLE attempts (                      -- what happened each time
    delivery_id  uuid        NOT NULL REFERENCES deliveries (id),
    attempt      int         NOT NULL,
    at           timestamptz NOT NULL,
    outcome      text        NOT NULL,       -- models.notifications.delivery.Outcome
    code         int,
    detail       text        NOT NULL,
    PRIMARY KEY (delivery_id, attempt)
);

CREATE TABLE audit (                         -- who or what changed what, when and why
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at         timestamptz NOT NULL DEFAULT now(),
    kind       text        NOT NULL,
    task_id    uuid,
    sender     text,
    message_id text,
    detail     jsonb       NOT NULL DEFAULT '{}'
);
CREATE INDEX audit_by_task ON audit (task_id);

CREATE TABLE outbox (                        -- written with the change, sent to Kafka after it
    id       text        PRIMARY KEY,
    topic    text        NOT NULL,
    key      text        NOT NULL,
    value    bytea       NOT NULL,
    due_at   timestamptz NOT NULL DEFAULT now(),
    sent_at  timestamptz
);
CREATE INDEX outbox_due ON outbox (due_at) WHERE sent_at IS NULL;

CREATE TABLE repeats (                       -- an accepted record whose (sender, id) stands earlier by the brokers' time
    topic        text        NOT NULL,
    partition    int         NOT NULL,
    "offset"     bigint      NOT NULL,
    sender       text        NOT NULL,
    event_id     text        NOT NULL,
    kind         text        NOT NULL CHECK (kind IN ('duplicate', 'conflict')),
    resolved_at  timestamptz,                -- a conflict is resolved when match has been told, where it must be
    PRIMARY KEY (topic, partition, "offset"),
    FOREIGN KEY (topic, partition, "offset") REFERENCES receipts
);
CREATE INDEX repeats_by_event ON repeats (sender, event_id);
CREATE INDEX conflicts_open ON repeats (sender) WHERE kind = 'conflict' AND resolved_at IS NULL;
