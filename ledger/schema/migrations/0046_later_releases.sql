-- A released period that was told again as of later days, for the country alone (docs/decisions/0065).

CREATE TABLE later_releases (
    first_day date        NOT NULL REFERENCES releases,
    as_of     date        NOT NULL,
    sha256    text        NOT NULL,          -- of its cells
    made_by   text        NOT NULL,
    made_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (first_day, as_of)
);
