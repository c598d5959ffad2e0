-- Records on the internal topics that the service did not write: they had no effect, and people must look.

CREATE TABLE foreign_records (
    topic        text        NOT NULL,
    partition    integer     NOT NULL,
    "offset"     bigint      NOT NULL,
    appended_at  timestamptz NOT NULL,
    reason       text        NOT NULL CHECK (reason IN ('no_mac', 'unknown_key', 'wrong_mac')),
    PRIMARY KEY (topic, partition, "offset")
);

-- Records of the service's own that this version cannot read, and that a person lets the ledger pass.
CREATE TABLE skips (
    topic        text        NOT NULL,
    partition    integer     NOT NULL,
    "offset"     bigint      NOT NULL,
    decided_by   text        NOT NULL,
    because      text        NOT NULL,       -- a person's words; no personal data belongs into them
    decided_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (topic, partition, "offset")
);

ALTER TABLE quarantine DROP CONSTRAINT quarantine_kind_check;
ALTER TABLE quarantine ADD CONSTRAINT quarantine_kind_check
    CHECK (kind IN ('input', 'conflict', 'delivery', 'left_out', 'bounce', 'foreign')) NOT VALID;
