-- Who is to be erased: asked by one, approved by another (docs/decisions/0054). Done, a row names nobody any more.

CREATE TABLE erasure_requests (
    id            uuid        PRIMARY KEY,
    people        text[],                       -- the person's numbers, as pseudonyms, until it is done
    ground        text        NOT NULL,
    asked_by      text        NOT NULL,
    asked_at      timestamptz NOT NULL DEFAULT now(),
    approved_by   text CHECK (approved_by <> asked_by),
    approved_at   timestamptz,
    erased_before timestamptz,                  -- the brokers' clock, of the record on `erasures`
    "offset"      bigint,
    done_at       timestamptz CHECK (done_at IS NULL OR people IS NULL)
);
