"""Every obliged message is in one task, open or closed, of the unit that the oracle names or that was given it."""

from typing import Final, LiteralString

from config.topics import Topic
from ops.audit.checks.context import LISTED, CheckContext, moment_of
from ops.audit.checks.expected_unit import expected_unit
from ops.audit.report import Check, CheckResult

ASTRAY: Final = """
SELECT m.message_id, m.partition, m.place, max(m.at_ms, coalesce(p.moved_ms, 0)), p.moved_partition, p.moved_place
FROM message m JOIN standing s ON s.id = m.id LEFT JOIN person p ON p.id = m.person
WHERE s.outcome = 'obliged' AND s.task_unit IS NOT NULL AND m.named IS NOT s.task_unit
AND instr(s.given, '|' || coalesce(m.named, '') || '|') = 0 AND coalesce(p.events, 0) < ?
"""
IDLE: Final = """
SELECT m.message_id, m.partition, m.place, max(m.at_ms, coalesce(p.moved_ms, 0)), p.moved_partition, p.moved_place
FROM message m JOIN standing s ON s.id = m.id LEFT JOIN person p ON p.id = m.person
WHERE s.outcome = 'undecided' AND s.reason IN ('residence_unknown', 'no_responsible_unit') AND m.named IS NOT NULL
AND coalesce(p.events, 0) < ?
"""
NOWHERE: Final = """
SELECT m.message_id, m.task_id FROM messages m LEFT JOIN tasks t ON t.id = m.task_id
WHERE m.outcome = 'obliged' AND (t.id IS NULL OR t.status = 'withdrawn'
OR (t.person_id, t.enrolment_id) IS DISTINCT FROM (m.person_id, coalesce(m.enrolment_id, ''))
OR t.unit_id IS DISTINCT FROM m.unit_id AND NOT EXISTS (
    SELECT 1 FROM acts a JOIN tasks g ON g.id = a.task_id
    WHERE a.kind = 'hand_over' AND a.detail ->> 'to_unit' = t.unit_id
    AND (g.person_id, g.enrolment_id) = (t.person_id, t.enrolment_id)))
"""
_MOST_EVENTS: Final = 300
"""A person's record keeps no more events; with more the oracle cannot know which facts were left out."""
OBLIGED: Final[LiteralString] = "SELECT count(*) FROM messages WHERE outcome = 'obliged'"
EMPTY: Final[LiteralString] = """
SELECT t.id FROM tasks t
WHERE t.status = 'open' AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.task_id = t.id AND m.outcome = 'obliged')
"""
AT_ANOTHER_UNIT: Final[LiteralString] = """
SELECT count(*) FROM messages m JOIN tasks t ON t.id = m.task_id
WHERE m.outcome = 'obliged' AND t.status = 'closed'
"""
JUDGED: Final[LiteralString] = """
SELECT count(*) FROM message m JOIN standing s ON s.id = m.id JOIN person p ON p.id = m.person
WHERE s.outcome = 'obliged' AND p.events >= ?
"""


def count(context: CheckContext) -> CheckResult:
    """Obliged messages against tasks: same person, enrolment and unit, and the unit against the oracle."""
    total = context.number(OBLIGED)
    rows = context.rows(NOWHERE)
    empty = context.rows(EMPTY)
    for message_id, _ in rows[:LISTED]:
        context.miss(Check.TASKS, "not in a task of its unit", message_id=message_id)
    for (task_id,) in empty[:LISTED]:
        context.miss(Check.TASKS, "an open task without a message that obliges", task_id=str(task_id))
    expected_unit(context.index, context.oracle)
    known = {message_id for message_id, _ in rows}
    closed = context.number(AT_ANOTHER_UNIT)
    astray, doubtful = _held(context, ASTRAY, "at another unit than the oracle's", known)
    idle, _ = _held(context, IDLE, "undecided, though the oracle names a unit", set())
    in_tasks = total - len(rows) - astray - doubtful
    closed = min(closed, in_tasks)
    return CheckResult(
        hop=Check.TASKS,
        total=total + len(empty) + idle,
        parts={"in_open_tasks": in_tasks - closed} | ({"in_closed_tasks": closed} if closed else {}),
        under_way=doubtful,
        unaccounted=len(rows) + len(empty) + astray + idle,
        beside={"not_held_against_the_oracle": _unheld(context)},
    )


def _held(context: CheckContext, sql: str, what: str, known: set[str]) -> tuple[int, int]:
    """How many the oracle contradicts, and how many it may contradict only because a move is under way."""
    old = young = 0
    for message_id, part, place, at_ms, *move in context.index.rows(sql, (_MOST_EVENTS,)):
        if message_id in known:
            continue
        waits = context.waits(str(Topic.PERSON_EVENTS), *move) or context.waits(
            str(Topic.DECISIONS), part, place
        )
        if context.under_way(moment_of(at_ms), waits=waits):
            young += 1
            continue
        old += 1
        if old <= LISTED:
            topic = str(Topic.DECISIONS)
            context.miss(Check.TASKS, what, topic=topic, partition=part, offset=place, message_id=message_id)
    return old, young


def _unheld(context: CheckContext) -> int:
    found: int = context.index.value(
        JUDGED,
        (_MOST_EVENTS,),
    )
    return found
