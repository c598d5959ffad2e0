-- How a task stood when a reader looked at it last, so that the list can say what has changed since. Nobody else sees it;
-- who has looked at whom, for a citizen who asks, stands in the audit trail and not here.

CREATE TABLE seen_tasks (
    user_id text        NOT NULL,       -- the log-in's subject
    task_id uuid        NOT NULL,       -- without a foreign key: a rebuild puts tasks away and makes them again
    version bigint      NOT NULL,       -- of the task as the page showed it
    seen_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, task_id)
);
CREATE INDEX seen_tasks_of_task ON seen_tasks (task_id); -- an erasure looks for them
