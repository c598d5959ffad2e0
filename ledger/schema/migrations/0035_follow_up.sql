-- What the follow-up report counts (docs/decisions/0057): every fact and every revision of a decision, each with when it
-- became known, so that a report as of a past day can be made again. Both follow from Kafka; nothing here is ever changed.

CREATE TABLE person_facts (                  -- one for each record of `person-events` that states, ends or annuls a fact
    partition          int         NOT NULL,
    "offset"           bigint      NOT NULL,
    person_id          text        NOT NULL,
    kind               text        NOT NULL, -- ledger.store.follow_up_rows.FactKind
    name               text        NOT NULL, -- the enrolment's, period's or residence's id
    sender             text        NOT NULL,
    registered_at      timestamptz NOT NULL, -- with rank and the place of the input record the order in which facts count
    rank               int         NOT NULL,
    appended_at        timestamptz NOT NULL,
    origin_topic       text COLLATE "C" NOT NULL,
    origin_partition   int         NOT NULL,
    origin_offset      bigint      NOT NULL,
    known_at           timestamptz NOT NULL, -- the brokers' time of the input record; of what came by another way, of that
    institution_number text,
    education_type     text,
    starts_on          date,                 -- study start, or the first day of a period or residence
    ends_on            date,
    reason             text,                 -- why an enrolment ended
    benefit_type       text,
    target_group       text,
    municipality_code  text,
    PRIMARY KEY (partition, "offset")
);
CREATE INDEX person_facts_by_person ON person_facts (person_id);

CREATE TABLE verdicts (                      -- one for each record of `decisions` that judges a message
    partition          int         NOT NULL,
    "offset"           bigint      NOT NULL,
    sender             text        NOT NULL,
    message_id         text        NOT NULL,
    person_id          text        NOT NULL,
    sent_as            text        NOT NULL, -- the person's number under which the message was sent
    revision           int         NOT NULL,
    outcome            text        NOT NULL,
    reason             text        NOT NULL,
    law_version        text        NOT NULL,
    unit_id            text,
    enrolment_id       text,
    institution_number text,
    education_type     text,
    benefit_type       text,
    target_group       text,
    municipality_code  text,
    message_date       date        NOT NULL,
    appended_at        timestamptz NOT NULL, -- the brokers' time of the message
    known_at           timestamptz NOT NULL, -- of the decision
    PRIMARY KEY (partition, "offset")
);
CREATE INDEX verdicts_by_person ON verdicts (person_id);

CREATE TABLE erased_acts (                   -- what the report counts of the acts of erased people
    enrolment_id text        NOT NULL,       -- random, that of the same person's facts and verdicts
    unit_id      text        NOT NULL,
    at           timestamptz NOT NULL,
    kind         text        NOT NULL,
    contact_at   timestamptz,
    form         text,
    reached      boolean     NOT NULL,
    ending       text,
    initiatives  text[]      NOT NULL,
    serial       bigint      NOT NULL        -- the order of acts of one moment
);
