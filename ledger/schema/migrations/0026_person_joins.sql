-- Two numbers of one person: what is said of the first is said of the second from then on (docs/decisions/0041).

CREATE TABLE person_joins (
    person_id text        PRIMARY KEY,
    joined_to text        NOT NULL,
    noted_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX person_joins_to ON person_joins (joined_to);

ALTER TABLE applied DROP CONSTRAINT applied_left_out_check;
ALTER TABLE applied ADD CONSTRAINT applied_left_out_check
    CHECK (left_out IN ('sender_bound', 'record_full', 'joined_elsewhere')) NOT VALID;
