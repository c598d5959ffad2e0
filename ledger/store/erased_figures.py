"""The SQL that keeps what the follow-up report counts of a person who is erased, under a name that leads nowhere.

One random person for all of the person's numbers, so that what belongs together is still counted together; ids in
the order of the old ones, so that a report as of a day before the erasure is the same as it was.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final, LiteralString

from infra.postgres import Connection

JOINED: Final[LiteralString] = """
WITH RECURSIVE joins (person_id, joined_to) AS (
    SELECT person_id, joined_to FROM person_joins UNION ALL SELECT * FROM unnest(%s::text[], %s::text[])
), numbers (person_id) AS (
    SELECT %s::text
    UNION SELECT CASE j.person_id WHEN n.person_id THEN j.joined_to ELSE j.person_id END
    FROM numbers n JOIN joins j ON n.person_id IN (j.person_id, j.joined_to)
)
SELECT person_id FROM numbers
"""
ROOTS: Final[LiteralString] = """
roots AS (                                      -- what a unit was given belongs to the duty that the rules had named
    SELECT successor AS task_id, task_id AS root, 1 AS depth FROM given
    UNION ALL SELECT r.task_id, g.task_id, depth + 1 FROM roots r JOIN given g ON g.successor = r.root WHERE depth < 100
), first_roots AS (
    SELECT DISTINCT ON (task_id) task_id, root FROM roots ORDER BY task_id, depth DESC
)
"""
"""Of each task that was given to a unit the first one; `given` says which were."""
COUNTED_ACT: Final[LiteralString] = """
a.at, a.kind, (a.detail ->> 'at')::timestamptz AS contact_at, a.detail ->> 'form' AS form,
    coalesce((a.detail ->> 'reached')::boolean, false) AS reached, a.detail ->> 'ending' AS ending,
    CASE WHEN a.detail ? 'initiatives' THEN
        (SELECT coalesce(array_agg(i), '{}') FROM jsonb_array_elements_text(a.detail -> 'initiatives') i)
        ELSE '{}' END AS initiatives,
    a.serial
"""
"""Of an act `a` what is counted: no name, no task."""
COUNTED_KINDS: Final[LiteralString] = "('attempt', 'close', 'reopen')"
KEEP: Final[LiteralString] = f"""
WITH RECURSIVE who AS MATERIALIZED (
    SELECT 'erased:' || gen_random_uuid() AS erased
), facts AS MATERIALIZED (
    SELECT f.partition, f."offset", f.name, EXISTS (
        SELECT FROM repeats r
        WHERE (r.topic, r.partition, r."offset") = (f.origin_topic, f.origin_partition, f.origin_offset)
    ) OR EXISTS (
        SELECT FROM applied a WHERE a.left_out IS NOT NULL AND (a.partition, a."offset") = (f.partition, f."offset")
    ) AS is_struck
    FROM person_facts f WHERE f.person_id = ANY(%(people)s) AND f.appended_at < %(before)s
), told AS MATERIALIZED (
    SELECT partition, "offset", message_id, sent_as, enrolment_id FROM verdicts
    WHERE person_id = ANY(%(people)s) AND appended_at < %(before)s
), gone AS MATERIALIZED (
    SELECT id FROM tasks t WHERE person_id = ANY(%(people)s) AND appended_at < %(before)s
        AND NOT EXISTS (SELECT FROM messages m WHERE m.task_id = t.id AND m.appended_at >= %(before)s)
), given AS (
    SELECT task_id, successor FROM acts JOIN gone ON gone.id = acts.task_id WHERE successor IS NOT NULL
), {ROOTS}, done AS MATERIALIZED (
    SELECT t.enrolment_id, t.unit_id, {COUNTED_ACT}
    FROM gone JOIN acts a ON a.task_id = gone.id LEFT JOIN first_roots r ON r.task_id = a.task_id
        JOIN tasks t ON t.id = coalesce(r.root, a.task_id)
    WHERE a.kind IN {COUNTED_KINDS}
), names AS MATERIALIZED (
    SELECT name, erased || '/' || lpad((row_number() OVER (ORDER BY name))::text, 6, '0') AS new FROM who, (
        SELECT name FROM facts UNION SELECT enrolment_id FROM told WHERE enrolment_id IS NOT NULL
        UNION SELECT enrolment_id FROM done) n (name)
), ids AS MATERIALIZED (
    SELECT message_id, sent_as,
        erased || '/' || lpad((row_number() OVER (ORDER BY message_id, sent_as))::text, 6, '0') AS new
    FROM who, (SELECT DISTINCT message_id, sent_as FROM told) d
), of_facts AS (
    UPDATE person_facts p SET person_id = erased, name = new FROM who, facts f JOIN names USING (name)
    WHERE (p.partition, p."offset") = (f.partition, f."offset") AND NOT f.is_struck
), of_struck AS (
    DELETE FROM person_facts p USING facts f
    WHERE (p.partition, p."offset") = (f.partition, f."offset") AND f.is_struck
), of_verdicts AS (
    UPDATE verdicts v SET person_id = erased, sent_as = erased, message_id = ids.new, enrolment_id = names.new
    FROM who, told t JOIN ids USING (message_id, sent_as) LEFT JOIN names ON names.name = t.enrolment_id
    WHERE (v.partition, v."offset") = (t.partition, t."offset")
)
INSERT INTO erased_acts (enrolment_id, unit_id, at, kind, contact_at, form, reached, ending, initiatives, serial)
SELECT new, unit_id, at, kind, contact_at, form, reached, ending, initiatives, serial
FROM done JOIN names ON names.name = done.enrolment_id
"""
"""Acts themselves are deleted with the person's tasks: they name who has worked on them. A fact that does not count is
deleted, too: retention takes away what says so."""


async def joined(connection: Connection, person_id: str, also: Collection[tuple[str, str]]) -> Sequence[str]:
    """Every number of the person. `also`: joins (number, joined to) that are not noted yet."""
    numbers, others = [one for one, _ in also], [other for _, other in also]
    cursor = await connection.execute(JOINED, (numbers, others, person_id))
    return sorted(number for (number,) in await cursor.fetchall())


async def keep(connection: Connection, people: Sequence[str], before: datetime) -> None:
    """Of what was appended before the moment. Done before the acts are deleted; done twice, it finds nothing."""
    await connection.execute(KEEP, {"people": people, "before": before})
