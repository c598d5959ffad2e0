-- Who is logged in to the inbox. A session is ended by deleting its row: no cookie outlives it.

CREATE TABLE inbox_sessions (
    id           text        PRIMARY KEY,    -- a hash of what the cookie holds: nobody who reads this table can use it
    user_id      text        NOT NULL,       -- the log-in's subject
    user_name    text        NOT NULL,
    rights       jsonb       NOT NULL,       -- inbox.rights, as they were at the log-in
    form_token   text        NOT NULL,       -- what every form must carry
    created_at   timestamptz NOT NULL DEFAULT now(),
    seen_at      timestamptz NOT NULL DEFAULT now(),
    ends_at      timestamptz NOT NULL
);
CREATE INDEX inbox_sessions_by_end ON inbox_sessions (ends_at);
