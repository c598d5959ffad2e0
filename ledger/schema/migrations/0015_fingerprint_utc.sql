-- The fingerprint of an accepted event with its moments in UTC, where it is another one: one moment is one content, in
-- whatever offset its sender wrote it.
ALTER TABLE receipts ADD COLUMN fingerprint_utc text;
