-- What each applied event is about, across people: a subject is the person's who has its latest version, and what takes
-- something back counts where the subject is. Entries of earlier versions say nothing of it, and have no row.

CREATE TABLE subjects (
    topic text COLLATE "C" NOT NULL,
    partition int NOT NULL,
    "offset" bigint NOT NULL,
    person_id text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('enrolment', 'period', 'residence', 'message')),
    name text NOT NULL,
    sender text NOT NULL,
    event_id text NOT NULL,
    registered_at timestamptz NOT NULL,
    rank int NOT NULL,
    appended_at timestamptz NOT NULL,
    -- What it ends, annuls or withdraws; NULL: it states the subject.
    says jsonb,
    -- Not a repeat, and not refused.
    counts boolean NOT NULL,
    -- It takes back what nobody has stated.
    names_nothing boolean NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    told_at timestamptz,
    PRIMARY KEY (topic, partition, "offset", person_id)
);
CREATE INDEX subjects_stated ON subjects (kind, name, sender, registered_at, rank, appended_at, topic, partition, "offset")
    WHERE counts AND says IS NULL;
CREATE INDEX subjects_taken_back ON subjects (kind, name, sender, registered_at, rank, appended_at, topic, partition, "offset")
    WHERE counts AND says IS NOT NULL;
CREATE INDEX subjects_first ON subjects (kind, name, sender, appended_at) WHERE counts AND says IS NULL;
CREATE INDEX subjects_naming_nothing ON subjects (kind, name, sender) WHERE names_nothing;
CREATE INDEX subjects_untold ON subjects (recorded_at) WHERE names_nothing AND told_at IS NULL;
-- What was told on the ground of one record, so that it can be taken back when that record is refused.
CREATE INDEX outbox_across_people ON outbox (split_part(id, '|', 2)) WHERE id LIKE 'across|%';
