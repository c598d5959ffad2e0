-- What waits for delivery leads from its notices to its tasks by key, thousands of times for a page of all units: unit,
-- date and reference stand in the index, so the rows themselves are not read (docs/decisions/0024).
CREATE INDEX tasks_open ON tasks (id) INCLUDE (unit_id, react_by, reference) WHERE status = 'open';
-- Every statement has a better one by now: of the open ones, of the ended ones, of the withdrawn ones, by arrival.
DROP INDEX tasks_by_unit;
