-- Which periods the follow-up report has been released for: two releases that overlap could be held against each other.

CREATE TABLE releases (
    first_day  date        PRIMARY KEY,
    last_day   date        NOT NULL,
    as_of      date        NOT NULL,
    threshold  int         NOT NULL,
    sha256     text        NOT NULL,         -- of its cells
    made_by    text        NOT NULL,
    made_at    timestamptz NOT NULL DEFAULT now()
);
