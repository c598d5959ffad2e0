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
CREATE TABLE released_figures (              -- the cells of a release by municipality: what the interface gives out
    first_day date NOT NULL REFERENCES releases,
    place     int  NOT NULL,                 -- their order in the release
    family    text NOT NULL,
    value     text NOT NULL,                 -- a municipality, or the line in which several are counted
    category  text NOT NULL,
    measure   text NOT NULL,
    number    int,
    status    text NOT NULL,                 -- reports.release.Status
    members   text[] NOT NULL,
    PRIMARY KEY (first_day, place)
);
