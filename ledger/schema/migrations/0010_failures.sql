-- A notice that a person has let be tried again, and that failed again, is an escalation again.

ALTER TABLE steps ADD COLUMN failed_at timestamptz;  -- which failure of `failed_delivery`; none: the only one known
UPDATE steps s SET failed_at = CASE WHEN s.ended_at >= d.ended_at THEN d.ended_at ELSE s.ended_at END
FROM deliveries d WHERE d.id = s.failed_delivery;
DROP INDEX steps_by_failure;
CREATE UNIQUE INDEX steps_by_failure ON steps (failed_delivery, failed_at) WHERE failed_delivery IS NOT NULL;
