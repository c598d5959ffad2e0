-- How soon people are reached is counted every half minute, however many tasks there are.
CREATE INDEX tasks_reached ON tasks (reached_at) WHERE reached_at IS NOT NULL;
