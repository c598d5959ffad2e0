"""The tables of retention: accepted rules, holds, journalised cases, and what the last night found."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final, LiteralString
from uuid import UUID, uuid4

from infra.postgres import SyncConnection
from ledger.queries.numbers import NUMBERS
from ledger.store import audit_trail
from models.audit_kind import AuditKind
from models.operator import Operator
from models.retention import RetentionRule

ACCEPT: Final[LiteralString] = """
INSERT INTO retention_rules (version, kind, accepted_by) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING
"""
ACCEPTED: Final[LiteralString] = "SELECT version, accepted_at FROM retention_rules"
NOW: Final[LiteralString] = "SELECT clock_timestamp()"
NOTE_RUN: Final[LiteralString] = """
INSERT INTO retention_runs (kind, version, taken, waiting, overdue) VALUES (%s, %s, %s, %s, %s)
ON CONFLICT (kind) DO UPDATE SET version = excluded.version, at = clock_timestamp(), taken = excluded.taken,
    waiting = excluded.waiting, overdue = excluded.overdue
"""
TASK: Final[LiteralString] = """
SELECT id, person_id, status FROM tasks WHERE reference = %s AND NOT starts_with(person_id, 'erased:')
"""
HOLD: Final[LiteralString] = """
INSERT INTO retention_holds (id, person_id, reference, ground, held_by) VALUES (%s, %s, %s, %s, %s)
"""
RELEASE: Final[LiteralString] = """
DELETE FROM retention_holds WHERE person_id = ANY(%s) AND (%s::text IS NULL OR reference = %s)
"""
KNOWN: Final[LiteralString] = """
SELECT EXISTS (SELECT FROM tasks WHERE person_id = ANY(%(people)s))
    OR EXISTS (SELECT FROM applied WHERE person_id = ANY(%(people)s))
"""
JOURNALISE: Final[LiteralString] = """
INSERT INTO journalised (task_id, receipt, noted_by) VALUES (%s, %s, %s)
ON CONFLICT (task_id) DO UPDATE SET receipt = excluded.receipt, noted_by = excluded.noted_by, at = now()
"""


class Unknown(LookupError):
    """There is no such task or person; the message is a sentence."""


def accept(connection: SyncConnection, rule: RetentionRule, operator: Operator) -> bool:
    """Note that somebody has looked at the rule's plan; False where somebody had before."""
    with connection.transaction():
        if not connection.execute(ACCEPT, (rule.version, rule.of, operator.by)).rowcount:
            return False
        _note(connection, AuditKind.RETENTION_ACCEPTED, operator, rule=rule.version, months=rule.months)
    return True


def accepted(connection: SyncConnection) -> Mapping[str, datetime]:
    """When somebody had first seen the plan of each version."""
    return dict(connection.execute(ACCEPTED).fetchall())


def clock(connection: SyncConnection) -> datetime:
    """The database's, which has dated what was accepted."""
    ((now,),) = connection.execute(NOW).fetchall()
    moment: datetime = now
    return moment


def note_run(
    connection: SyncConnection, rule: RetentionRule, *, taken: int, waiting: int, overdue: int
) -> None:
    """What the night found of a class."""
    connection.execute(NOTE_RUN, (rule.of, rule.version, taken, waiting, overdue))


def hold_task(connection: SyncConnection, reference: str, ground: str, operator: Operator) -> None:
    """Keep the person of a task, and with it the task; raises `Unknown`."""
    task_id, person, _ = _task(connection, reference)
    with connection.transaction():
        connection.execute(HOLD, (uuid4(), person, reference, ground, operator.by))
        _note(connection, AuditKind.HOLD_LAID, operator, task_id, ground=ground)


def hold_person(connection: SyncConnection, person: str, ground: str, operator: Operator) -> None:
    """Keep a person; raises `Unknown`. The line of the trail has the pseudonym, and goes with the person."""
    if not connection.execute(KNOWN, {"people": _numbers(connection, person)}).fetchall()[0][0]:
        raise Unknown("Nothing is held about that person.")
    with connection.transaction():
        connection.execute(HOLD, (uuid4(), person, None, ground, operator.by))
        _note(connection, AuditKind.HOLD_LAID, operator, ground=ground, person_id=person)


def release_task(connection: SyncConnection, reference: str, operator: Operator) -> int:
    """Take away the holds that were laid on a task; returns how many; raises `Unknown`."""
    task_id, person, _ = _task(connection, reference)
    with connection.transaction():
        values = (_numbers(connection, person), reference, reference)
        released = connection.execute(RELEASE, values).rowcount
        if released:
            _note(connection, AuditKind.HOLD_RELEASED, operator, task_id)
    return released


def release_person(connection: SyncConnection, person: str, operator: Operator) -> int:
    """Take away every hold on a person, those on tasks too; returns how many."""
    with connection.transaction():
        released = connection.execute(RELEASE, (_numbers(connection, person), None, None)).rowcount
        if released:
            _note(connection, AuditKind.HOLD_RELEASED, operator, person_id=person)
    return released


def journalise(connection: SyncConnection, reference: str, receipt: str, operator: Operator) -> None:
    """Note that a case that is over stands in the case system; raises `Unknown`."""
    task_id, _, status = _task(connection, reference)
    if status == "open":
        raise Unknown(f"{reference} is open: a case is journalised whole, when it is over.")
    with connection.transaction():
        connection.execute(JOURNALISE, (task_id, receipt, operator.by))
        _note(connection, AuditKind.JOURNALISED, operator, task_id, receipt=receipt)


def _task(connection: SyncConnection, reference: str) -> tuple[UUID, str, str]:
    row = connection.execute(TASK, (reference,)).fetchone()
    if row is None:
        raise Unknown(f"There is no task {reference}.")
    task_id, person, status = row
    return task_id, person, status


def _numbers(connection: SyncConnection, person: str) -> list[str]:
    return sorted(number for (number,) in connection.execute(NUMBERS, (person,)))


def _note(
    connection: SyncConnection,
    kind: AuditKind,
    operator: Operator,
    task_id: UUID | None = None,
    **more: str | int,
) -> None:
    detail = {"by": operator.by, "because": operator.because} | more
    connection.execute(audit_trail.APPEND, audit_trail.line(kind, detail, task_id=task_id))
