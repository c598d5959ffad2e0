-- The Danish date of an event's `time`, as its sender has signed it: the day whose control total it is counted in.
ALTER TABLE receipts ADD COLUMN registered_on date;
CREATE INDEX receipts_by_day ON receipts (sender, registered_on) WHERE registered_on IS NOT NULL;

-- What people have put aside of the audit's exceptions that only a sender could mend (models/events/exception_case.py).
CREATE TABLE dismissed (
    "case"        text        PRIMARY KEY,   -- gap/SENDER/FIRST-LAST, twice/SENDER/NUMBER, total/SENDER/DAY/TYPE/DECLARED-CAME
    dismissed_by  text        NOT NULL,
    because       text        NOT NULL,      -- a person's words; no personal data belongs into them
    dismissed_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);
