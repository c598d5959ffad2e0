-- The number that a sender gives its events, where it counts them (CloudEvents' sequence extension, signed).
ALTER TABLE receipts ADD COLUMN sequence bigint;
