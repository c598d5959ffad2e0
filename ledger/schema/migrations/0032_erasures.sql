-- Whom the ledger has forgotten (docs/decisions/0054): what of before comes again is known by this, and by nothing else.

CREATE TABLE erasures (
    person        text        PRIMARY KEY,      -- a hash of the pseudonym
    erased_before timestamptz NOT NULL,         -- the brokers' clock
    partition     int         NOT NULL,         -- where match has applied the erasure on person-events:
    "offset"      bigint      NOT NULL,         -- entries up to here name nobody
    request       text        NOT NULL,
    noted_at      timestamptz NOT NULL DEFAULT now()
);
