-- Since when the ledger has known each endpoint of the tables: what was told before needs no webhook (ops/audit/checks/webhooks.py).

CREATE TABLE known_endpoints (
    unit_id       text        NOT NULL,
    url           text        NOT NULL,
    since         timestamptz NOT NULL DEFAULT now(),  -- when a ledger first came to the database with it
    PRIMARY KEY (unit_id, url)
);
