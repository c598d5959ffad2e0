"""The rows that the report counts, as SQL: as of a moment, from what follows from Kafka and from what people did.

Which of several facts holds is `models.eligibility.facts.fold` said once more, for a country at a time; a test holds
the one against the other. No row that leaves the database has a person in it; of a duty it has
the enrolment, by which messages and acts are put together.

What is sorted to find the last of several is sorted first by what differs most, byte by byte: PostgreSQL then compares
eight bytes in one step, and in another collation of the database no texts at all by a language's rules. Ids are only
grouped by it; what decides between rows keeps its order.
"""

from typing import Final, LiteralString

from ledger.store.erased_figures import COUNTED_ACT, COUNTED_KINDS, ROOTS

_ORDER: Final[LiteralString] = (
    "registered_at DESC, rank DESC, appended_at DESC, origin_topic DESC, origin_partition DESC, origin_offset DESC"
)
_PLACE: Final[LiteralString] = (
    "registered_at, rank, appended_at, origin_topic, origin_partition, origin_offset"
)
HEARD: Final[LiteralString] = """
families AS MATERIALIZED (
    SELECT * FROM unnest(%(senders)s::text[], %(families)s::text[]) AS f (sender, owner)
), rules AS MATERIALIZED (
    SELECT * FROM unnest(%(versions)s::text[], %(first_days)s::date[], %(last_days)s::date[], %(look_backs)s::int[])
        AS r (version, first_day, last_day, look_back)
), pairs AS MATERIALIZED (
    SELECT * FROM unnest(%(pair_versions)s::text[], %(pair_benefits)s::text[], %(pair_groups)s::text[])
        AS p (version, benefit_type, target_group)
), heard AS NOT MATERIALIZED (                  -- what counts: neither over a bound nor under an id that came before
    SELECT f.*, coalesce(s.owner, f.sender) AS owner FROM person_facts f LEFT JOIN families s USING (sender)
    WHERE f.known_at < %(as_of)s AND f.sender <> ALL(%(canary)s)
      AND NOT EXISTS (SELECT FROM applied a WHERE a.left_out IS NOT NULL
                      AND (a.partition, a."offset") = (f.partition, f."offset"))
      AND NOT EXISTS (SELECT FROM repeats r
                      WHERE (r.topic, r.partition, r."offset") = (f.origin_topic, f.origin_partition, f.origin_offset))
)
"""
LAST_VERDICTS: Final[LiteralString] = """
    SELECT DISTINCT ON (message_id COLLATE "C", sender, sent_as) outcome, reason, law_version, unit_id, enrolment_id,
        education_type, target_group, municipality_code, message_date, appended_at
    FROM verdicts WHERE known_at < %(as_of)s AND appended_at < %(as_of)s AND sender <> ALL(%(canary)s)
    ORDER BY message_id COLLATE "C", sender, sent_as, revision DESC, partition, "offset" DESC
"""
"""Of a person's numbers that were joined the later one goes on counting the revisions."""

EXPORT: Final[LiteralString] = "SELECT pg_export_snapshot()"
IMPORT: Final[LiteralString] = "SET TRANSACTION SNAPSHOT {}"
SETTINGS: Final[tuple[LiteralString, ...]] = (
    "SET LOCAL work_mem = '256MB'",  # of each sort; a hash takes twice that, then both go to disk
    "SET LOCAL cursor_tuple_fraction = 1",  # every row is fetched
    "SET LOCAL jit = off",
    "SET LOCAL enable_nestloop = off",
    "SET LOCAL enable_mergejoin = off",
    "SET LOCAL enable_sort = off",  # where a hash can group or join: nothing else replaces a sort
)
"""Of the report's transaction. PostgreSQL takes each step of these statements for a hundred rows, and would go through
a country's rows once for each of them, or sort them by long texts where hashing takes a fraction of it."""

STARTS: Final[LiteralString] = f"""
WITH {HEARD}, states AS (
    SELECT DISTINCT ON (name COLLATE "C", owner COLLATE "C") name, owner, person_id, education_type, starts_on, ends_on,
        {_PLACE} FROM heard WHERE kind = 'enrolment'
    ORDER BY name COLLATE "C", owner COLLATE "C", {_ORDER}, known_at DESC, person_id
), ends AS (
    SELECT DISTINCT ON (name COLLATE "C", owner COLLATE "C") name, owner, ends_on, reason, {_PLACE}
    FROM heard WHERE kind = 'enrolment_end'
    ORDER BY name COLLATE "C", owner COLLATE "C", {_ORDER}, known_at DESC, person_id
), enrolments AS (
    SELECT s.name, s.person_id, s.education_type, s.starts_on,
        CASE WHEN is_ended THEN e.ends_on ELSE s.ends_on END AS ends_on, CASE WHEN is_ended THEN e.reason END AS reason
    FROM states s LEFT JOIN ends e USING (owner, name) CROSS JOIN LATERAL (SELECT
        (e.registered_at, e.rank, e.appended_at, e.origin_topic, e.origin_partition, e.origin_offset)
        > (s.registered_at, s.rank, s.appended_at, s.origin_topic, s.origin_partition, s.origin_offset) AS is_ended) x
    WHERE s.starts_on BETWEEN %(first)s AND %(last)s
), begun AS MATERIALIZED (                      -- numbered: a number is sorted and joined faster than two names
    SELECT row_number() OVER () AS nth, n.*, r.version, r.look_back FROM enrolments n
    LEFT JOIN rules r ON n.starts_on BETWEEN r.first_day AND r.last_day
    WHERE n.ends_on IS NULL OR n.ends_on >= n.starts_on
), periods AS (
    SELECT * FROM (SELECT DISTINCT ON (name COLLATE "C", owner COLLATE "C") name, person_id, kind, starts_on, ends_on,
                       benefit_type, target_group
                   FROM heard WHERE kind IN ('period', 'period_annulled')
                   ORDER BY name COLLATE "C", owner COLLATE "C", {_ORDER}, known_at DESC, person_id) p
    WHERE kind = 'period'
), came_from AS (
    SELECT DISTINCT ON (b.nth) b.nth, p.target_group, p.ends_on, b.starts_on, b.look_back
    FROM begun b JOIN periods p ON p.person_id = b.person_id AND p.starts_on < b.starts_on
    JOIN pairs USING (version, benefit_type, target_group)
    ORDER BY b.nth, coalesce(p.ends_on, 'infinity') DESC, p.starts_on DESC, p.name DESC
), homes AS (
    SELECT * FROM (SELECT DISTINCT ON (name COLLATE "C", owner COLLATE "C") name, person_id, kind, starts_on,
                       municipality_code, {_PLACE}
                   FROM heard WHERE kind IN ('residence', 'residence_annulled')
                   ORDER BY name COLLATE "C", owner COLLATE "C", {_ORDER}, known_at DESC, person_id) h
    WHERE kind = 'residence'
), lives_in AS (
    SELECT DISTINCT ON (b.nth) b.nth, h.municipality_code
    FROM begun b JOIN homes h ON h.person_id = b.person_id AND h.starts_on <= b.starts_on
    ORDER BY b.nth, h.starts_on DESC, h.registered_at DESC, h.appended_at DESC, h.origin_topic DESC,
        h.origin_partition DESC, h.origin_offset DESC
), told_of AS (
    SELECT DISTINCT enrolment_id FROM ({LAST_VERDICTS}) v
    WHERE enrolment_id IS NOT NULL AND reason NOT IN ('withdrawn', 'id_conflict')
)
SELECT to_char(b.starts_on, 'YYYY-MM') AS month, l.municipality_code, b.education_type,
    CASE WHEN c.ends_on IS NULL OR c.ends_on >= c.starts_on - c.look_back THEN c.target_group END AS target_group,
    b.version, t.enrolment_id IS NOT NULL AS told_of,
    least(b.ends_on, %(today)s::date) - b.starts_on AS days,
    coalesce(b.ends_on < %(today)s AND coalesce(b.reason, '') NOT IN ('completed', 'transferred'), false) AS has_left,
    count(*) AS starts
FROM begun b LEFT JOIN came_from c USING (nth) LEFT JOIN lives_in l USING (nth)
LEFT JOIN told_of t ON t.enrolment_id = b.name
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
"""
MESSAGES: Final[LiteralString] = f"""
SELECT to_char(message_date, 'YYYY-MM') AS month, municipality_code, education_type, target_group, law_version,
    outcome, reason, count(*) AS messages
FROM ({LAST_VERDICTS}) v WHERE message_date BETWEEN %(first)s AND %(last)s GROUP BY 1, 2, 3, 4, 5, 6, 7
"""
DUTY_MESSAGES: Final[LiteralString] = f"""
SELECT enrolment_id COLLATE "C", unit_id COLLATE "C", appended_at, arrived,
    concat(to_char(arrived, 'YYYY-MM'), e'\\x1f', municipality_code, e'\\x1f', education_type, e'\\x1f', target_group,
        e'\\x1f', law_version)
FROM ({LAST_VERDICTS}) v
    CROSS JOIN LATERAL (SELECT (appended_at AT TIME ZONE 'Europe/Copenhagen')::date AS arrived OFFSET 0) a
WHERE outcome = 'obliged' AND enrolment_id IS NOT NULL
ORDER BY 1, 2, appended_at
"""
"""`reports.rows.DutyMessage`: few columns, since the country has millions of them."""
ACTS: Final[LiteralString] = f"""
WITH RECURSIVE given AS (
    SELECT task_id, successor FROM acts WHERE successor IS NOT NULL AND at < %(as_of)s
), {ROOTS}
SELECT enrolment_id COLLATE "C", unit_id COLLATE "C", at, kind, coalesce(contact_at, at), form, ending,
    array_to_string(initiatives, ' ')
FROM (
    SELECT t.enrolment_id, t.unit_id, {COUNTED_ACT}
    FROM acts a LEFT JOIN first_roots r ON r.task_id = a.task_id JOIN tasks t ON t.id = coalesce(r.root, a.task_id)
    WHERE a.kind IN {COUNTED_KINDS} AND a.at < %(as_of)s
    UNION ALL SELECT enrolment_id, unit_id, at, kind, contact_at, form, reached, ending, initiatives, serial
    FROM erased_acts WHERE at < %(as_of)s) done
WHERE kind <> 'attempt' OR (reached AND contact_at IS NOT NULL)
ORDER BY 1, 2, at, serial
"""
"""`reports.rows.Act`: an attempt that did not reach the person says nothing that the report counts."""
SENT: Final[LiteralString] = """
SELECT sender, type, count(*) FROM receipts
WHERE status = 'accepted' AND appended_at >= %(since)s AND appended_at < %(as_of)s AND sender IS NOT NULL GROUP BY 1, 2
"""
OFFSETS: Final[LiteralString] = """
SELECT topic, partition, max("offset") + 1 FROM receipts WHERE appended_at < %(as_of)s GROUP BY 1, 2
UNION ALL SELECT 'person-events', partition, max("offset") + 1 FROM person_facts WHERE known_at < %(as_of)s GROUP BY 2
UNION ALL SELECT 'decisions', partition, max("offset") + 1 FROM verdicts WHERE known_at < %(as_of)s GROUP BY 2
ORDER BY 1, 2
"""
"""How far what was known reached: it does not move when the report is made again."""
UNTOLD: Final[LiteralString] = """
SELECT count(*) FROM messages m WHERE NOT EXISTS (
    SELECT FROM verdicts v WHERE (v.sender, v.message_id) = (m.sender, m.message_id))
"""
"""Decisions of before the ledger kept all of them."""
ERASED: Final[LiteralString] = """
SELECT 'person_facts', count(*) FROM person_facts WHERE starts_with(person_id, 'erased:') AND known_at < %(as_of)s
UNION ALL SELECT 'verdicts', count(*) FROM verdicts WHERE starts_with(person_id, 'erased:') AND known_at < %(as_of)s
UNION ALL SELECT 'acts', count(*) FROM erased_acts WHERE at < %(as_of)s
"""
"""Rows of people who were erased since: they count as before."""
