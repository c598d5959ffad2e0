-- A repeat is looked at once, like a conflict: what repeats a record whose person was erased counts no more than that
-- record does (docs/decisions/0054). Those of before this version were known by match itself.
UPDATE repeats SET resolved_at = now() WHERE kind = 'duplicate' AND resolved_at IS NULL;
DROP INDEX conflicts_open;
CREATE INDEX repeats_open ON repeats (sender) WHERE resolved_at IS NULL;
