-- How the units' webhook endpoints fare, and what came back by mail.

CREATE TABLE endpoints (                     -- only those that have failed since they last took anything
    unit_id       text        NOT NULL,
    url           text        NOT NULL,      -- another address is another endpoint, and begins anew
    failing_since timestamptz,
    disabled_at   timestamptz,               -- nothing is sent to it until an operator switches it on again
    reason        text CHECK (reason IN ('gone', 'failing')),
    PRIMARY KEY (unit_id, url),
    CHECK ((disabled_at IS NULL) = (reason IS NULL))
);

CREATE TABLE bounces (                       -- mails that came back after the relay had taken them
    delivery_id   uuid        NOT NULL REFERENCES deliveries (id),
    report        text        NOT NULL,      -- sha-256 of the report: the same one read twice is one
    action        text        NOT NULL CHECK (action IN ('failed', 'delayed')),
    status        text        NOT NULL,      -- the enhanced status code (RFC 3463)
    at            timestamptz NOT NULL DEFAULT clock_timestamp(),
    found         text        NOT NULL,      -- how the delivery stood: a failure undoes `delivered` and ends `due`
    PRIMARY KEY (delivery_id, report)
);

CREATE INDEX outbox_told ON outbox (sent_at) WHERE sent_at IS NOT NULL AND topic IN ('task-events', 'reactions');
