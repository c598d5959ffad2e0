-- What people have decided about refused and undeliverable things. A thing without a row here is open.
-- `since` is part of the key: a notice that was sent again and refused again is open again.

CREATE TABLE quarantine (
    kind         text        NOT NULL CHECK (kind IN ('input', 'conflict', 'delivery')),
    id           text        NOT NULL,       -- "topic/partition/offset", or the delivery's uuid
    since        timestamptz NOT NULL,       -- when the thing came into quarantine
    state        text        NOT NULL CHECK (state IN ('begun', 'replayed', 'dismissed')),
    reason       text        NOT NULL,       -- why it was refused, as it stood when this was decided
    decided_by   text        NOT NULL,
    because      text,                       -- a person's words; no personal data belongs into them
    decided_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    replayed_as  text,                       -- where the bytes stand now: "topic/partition/offset"
    PRIMARY KEY (kind, id, since)
);

CREATE INDEX receipts_rejected ON receipts (appended_at) WHERE status = 'rejected';
CREATE INDEX deliveries_undeliverable ON deliveries (ended_at) WHERE status IN ('refused', 'exhausted');
