-- What a reader of the inbox keeps for himself: no part of a case, in no decision and on no topic. Another reader of the
-- same unit sees none of it, so the token of a visit names the reader too (`units;municipalities;reader in hex`).

CREATE TABLE saved_views (
    user_id  text        NOT NULL,       -- the log-in's subject
    name     text        NOT NULL CHECK (length(name) BETWEEN 1 AND 60),
    query    text        NOT NULL CHECK (length(query) <= 400), -- of the list's address; it holds nothing of a person
    saved_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, name)
);

CREATE TABLE follow_ups (
    user_id text        NOT NULL,
    task_id uuid        NOT NULL,        -- without a foreign key: a rebuild puts tasks away and makes them again
    day     date        NOT NULL,        -- on which the reader wants to look at it; it moves no duty
    set_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, task_id)
);
CREATE INDEX follow_ups_of_task ON follow_ups (task_id); -- an erasure looks for them

-- The reader whom the visit of this connection serves; none where nobody is served, or none is named.
CREATE FUNCTION visit_reader() RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    RETURN convert_from(decode(nullif(split_part(visit_served(), ';', 3), ''), 'hex'), 'UTF8');
END $$;

REVOKE ALL ON FUNCTION visit_reader() FROM PUBLIC;
