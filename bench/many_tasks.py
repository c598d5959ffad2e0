"""A million tasks in the ledger, made by SQL as the service would have written them, for the benchmarks of reading.

A tenth of all tasks is one unit's; a fifth is open.
"""

import time
from datetime import datetime
from typing import Final

import psycopg

from config.reference.checks.all import sound_reference
from config.reference.units import units_of

WHO: Final = "worker-490"
"""Has some of every unit's tasks."""
_FILL: Final = (
    # Every tenth is the big unit's; the others go round.
    """
    INSERT INTO tasks (id, reference, person_id, enrolment_id, unit_id, status, react_by, appended_at, opened_at,
                       changed_at, closed_at, ending, owner_id, owner_name, attempts, reached_at, acknowledged_at)
    SELECT md5('task ' || n)::uuid,
           'FV-' || upper(translate(substr(md5('r' || n), 1, 4) || '-' || substr(md5('r' || n), 5, 4) || '-'
                                    || substr(md5('r' || n), 9, 4), 'ilou', 'abcd')),
           'person-' || lpad((n / 2)::text, 19, '0'), 'enrolment-' || n,
           (%(units)s::text[])[CASE WHEN n %% 10 = 0 THEN 1 ELSE (n / 10 * 9 + n %% 10) %% (%(others)s) + 2 END],
           status, (at + interval '7 days')::date, at, at, at + interval '3 days',
           CASE WHEN status = 'closed' THEN at + interval '3 days' END,
           CASE WHEN status = 'closed' THEN 'contact_made' WHEN status = 'withdrawn' THEN 'lapsed' END,
           CASE WHEN n %% 7 = 0 THEN 'worker-' || n %% 1000 END, CASE WHEN n %% 7 = 0 THEN 'Anna' END,
           n %% 3, CASE WHEN n %% 2 = 0 THEN at + (n %% 90) * interval '1 hour' END,
           CASE WHEN n %% 2 = 0 THEN at + interval '1 hour' END
    FROM generate_series(1, %(tasks)s) n
    CROSS JOIN LATERAL (SELECT CASE WHEN n / 10 %% 5 = 0 THEN 'open' WHEN n / 10 %% 5 = 1 THEN 'withdrawn'
                                    ELSE 'closed' END AS status) s
    CROSS JOIN LATERAL (SELECT %(now)s::timestamptz
                               - CASE WHEN status = 'open' THEN (n %% 14) ELSE (n %% 700) END * interval '1 day'
                               - (n %% 86400) * interval '1 second' AS at) w
    """,
    """
    INSERT INTO messages (sender, message_id, person_id, revision, outcome, reason, unit_id, enrolment_id, law_version,
                          registered_at, appended_at, origin_topic, origin_partition, origin_offset, decision, sealed,
                          task_id)
    SELECT '900101', md5(t.id::text || part), t.person_id, 1, 'obliged', 'obliged', t.unit_id, t.enrolment_id,
           '2026-02-01', t.appended_at, t.appended_at, 'dropout-risks', 0, row_number() OVER (),
           jsonb_build_object(
               'message', jsonb_build_object(
                   'sender', '900101', 'message_id', md5(t.id::text || part), 'person_id', t.person_id,
                   'registered_at', t.appended_at, 'origin', jsonb_build_object('topic', 'dropout-risks', 'partition',
                   0, 'offset', 0, 'appended_at', t.appended_at), 'signals', '["absence"]'::jsonb, 'severity',
                   'medium', 'seen_at', t.appended_at),
               'revision', 1, 'cause', '{"partition": 0, "offset": 0}'::jsonb,
               'verdict', jsonb_build_object(
                   'outcome', 'obliged', 'reason', 'obliged', 'law_version', '2026-02-01', 'unit_id', t.unit_id,
                   'evidence', '{"message_date": "2026-10-02", "study_start": "2026-08-10"}'::jsonb)),
           'v1.' || repeat('s', 300), t.id
    FROM tasks t CROSS JOIN LATERAL generate_series(1, CASE WHEN t.attempts = 1 THEN 2 ELSE 1 END) part
    """,
    """
    INSERT INTO deliveries (id, task_id, occasion, cause, channel, unit_id, recipient, status, deadline, attempts)
    SELECT md5('delivery' || id)::uuid, id, 'new', '0:1', 'email', unit_id, 'opgaver@' || unit_id || '.example',
           CASE WHEN status = 'open' AND attempts = 0 AND owner_id IS NOT NULL THEN 'due' ELSE 'delivered' END,
           appended_at + interval '5 days', 1
    FROM tasks
    """,
    "INSERT INTO attempts SELECT id, 1, created_at, 'delivered', 250, '' FROM deliveries WHERE status = 'delivered'",
    """
    INSERT INTO audit (kind, task_id, sender, message_id, detail, at)
    SELECT 'task_opened', id, '900101', md5(id::text || 1), jsonb_build_object('unit', unit_id), opened_at FROM tasks
    """,
    """
    INSERT INTO acts (id, task_id, number, kind, detail, by_id, by_name, via, at, person_id, partition, after_offset)
    SELECT md5('act' || id)::uuid, id, 1, 'acknowledge', '{}', 'worker-1', 'Anna', 'page', acknowledged_at, person_id,
           0, 0 FROM tasks WHERE acknowledged_at IS NOT NULL
    """,
    """
    INSERT INTO steps (id, task_id, kind, due_at, about)
    SELECT md5('step' || id)::uuid, id, 'reminder', appended_at + interval '3 days', react_by
    FROM tasks WHERE status = 'open'
    """,
)


def units() -> tuple[str, ...]:
    """Every jobcentre; the first is the large one."""
    return tuple(sorted(unit for unit in map(str, units_of(sound_reference())) if unit.startswith("jc-")))


async def fill(url: str, tasks: int, *, now: datetime) -> float:
    """Make the rows, the last of them `now`; returns the seconds."""
    began = time.monotonic()
    all_units = units()
    values = {"tasks": tasks, "units": list(all_units), "others": len(all_units) - 1, "now": now}
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        for statement in _FILL:
            await connection.execute(statement.encode(), values)
        await connection.execute("VACUUM ANALYZE")
    return time.monotonic() - began
