-- An accepted event can have no effect: its sender is over its bound for that person. NULL: it counts.

ALTER TABLE applied ADD COLUMN left_out text CHECK (left_out IN ('sender_bound', 'record_full'));
CREATE INDEX applied_left_out ON applied (origin_topic, origin_partition, origin_offset) WHERE left_out IS NOT NULL;

ALTER TABLE quarantine DROP CONSTRAINT quarantine_kind_check;
ALTER TABLE quarantine ADD CONSTRAINT quarantine_kind_check
    CHECK (kind IN ('input', 'conflict', 'delivery', 'left_out')) NOT VALID;
