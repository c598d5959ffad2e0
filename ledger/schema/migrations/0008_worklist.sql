-- What the unit's lists are read by: every page and every number is a short walk along one of these.

CREATE INDEX tasks_of_owner ON tasks (owner_id, unit_id, react_by, reference)
    WHERE status = 'open' AND owner_id IS NOT NULL;
CREATE INDEX tasks_by_beginning ON tasks (reference text_pattern_ops);       -- the first letters of a reference
CREATE INDEX tasks_by_arrival ON tasks (unit_id, appended_at);
CREATE INDEX tasks_withdrawn_of_unit ON tasks (unit_id, changed_at) WHERE status = 'withdrawn';
CREATE INDEX tasks_following ON tasks (follows) WHERE follows IS NOT NULL;
CREATE INDEX deliveries_waiting_of_unit ON deliveries (unit_id, task_id) WHERE status = 'due';
CREATE INDEX messages_undecided ON messages (review_on, sender, message_id, person_id)
    WHERE outcome = 'undecided';
