"""Requests to erase a person: one asks, another approves, and both stand in the audit trail. Names nobody when done."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, LiteralString
from uuid import UUID

from config.topics import Topic
from infra.postgres import SyncConnection
from ledger.queries.numbers import NUMBERS
from ledger.store import audit_trail
from ledger.store.erasures import hashed
from models.audit_kind import AuditKind
from models.events.person_event import Origin
from models.operator import Operator

ASK: Final[LiteralString] = """
INSERT INTO erasure_requests (id, people, ground, asked_by) VALUES (%s, %s, %s, %s)
"""
APPROVE: Final[LiteralString] = """
UPDATE erasure_requests SET approved_by = %s, approved_at = now()
WHERE id = %s AND approved_by IS NULL AND asked_by <> %s
"""
APPROVED: Final[LiteralString] = """
SELECT id, people, erased_before, "offset" FROM erasure_requests
WHERE approved_by IS NOT NULL AND done_at IS NULL ORDER BY approved_at, id
"""
SET_CUT_OFF: Final[LiteralString] = """
UPDATE erasure_requests SET erased_before = %s, "offset" = %s WHERE id = %s
"""
DONE: Final[LiteralString] = "UPDATE erasure_requests SET people = NULL, done_at = now() WHERE id = %s"
OPEN_TASKS: Final[LiteralString] = """
SELECT reference FROM tasks WHERE person_id = ANY(%s) AND status = 'open' ORDER BY reference
"""
FORGOTTEN: Final[LiteralString] = """
SELECT count(*) FROM erasures WHERE person = ANY(%s) AND erased_before >= %s
"""


class CannotErase(RuntimeError):
    """It is not done; the message is a sentence for the person who asked."""


@dataclass(frozen=True, slots=True)
class ErasureRequest:
    """One that is approved, and not done."""

    id: UUID
    people: tuple[str, ...]
    origin: Origin | None
    """Its record on ``erasures``, once there is one."""


def ask(
    connection: SyncConnection, request: UUID, person_id: str, ground: str, operator: Operator
) -> list[str]:
    """Note that a person, under all their numbers, is to be erased; raises `CannotErase` where a task is open."""
    with connection.transaction():
        people = sorted(person for (person,) in connection.execute(NUMBERS, (person_id,)))
        references = [reference for (reference,) in connection.execute(OPEN_TASKS, (people,))]
        if references:
            raise CannotErase(
                f"The person has an open task ({', '.join(references)}): the duty to react comes first. Close it."
            )
        connection.execute(ASK, (request, people, ground, operator.by))
        _note(connection, AuditKind.ERASURE_ASKED, request, operator, ground=ground)
    return people


def approve(connection: SyncConnection, request: UUID, operator: Operator) -> bool:
    """Approve what another has asked for; False where it is one's own, approved already, or not there."""
    with connection.transaction():
        if not connection.execute(APPROVE, (operator.by, request, operator.by)).rowcount:
            return False
        _note(connection, AuditKind.ERASURE_APPROVED, request, operator)
    return True


def approved(connection: SyncConnection) -> list[ErasureRequest]:
    """What is to be done, the oldest first."""
    return [
        ErasureRequest(request, tuple(people), None if cut_off is None else _origin(cut_off, offset))
        for request, people, cut_off, offset in connection.execute(APPROVED).fetchall()
    ]


def set_cut_off(connection: SyncConnection, request: UUID, origin: Origin) -> None:
    """Where its record stands on ``erasures``, and when the brokers had it."""
    connection.execute(SET_CUT_OFF, (origin.appended_at, origin.offset, request))


def has_forgotten(connection: SyncConnection, people: tuple[str, ...], cut_off: datetime) -> bool:
    """Whether the ledger has come to the marks of all the person's numbers."""
    names = [hashed(person) for person in people]
    row = connection.execute(FORGOTTEN, (names, cut_off)).fetchone()
    return row is not None and row[0] == len(names)


def done(connection: SyncConnection, request: UUID) -> None:
    """It is carried out; whom it was about is known no more."""
    connection.execute(DONE, (request,))


def _origin(cut_off: datetime, offset: int) -> Origin:
    return Origin(topic=Topic.ERASURES, partition=0, offset=offset, appended_at=cut_off.astimezone(UTC))


def _note(
    connection: SyncConnection, kind: AuditKind, request: UUID, operator: Operator, **more: str
) -> None:
    detail = {"request": str(request), "by": operator.by, "because": operator.because} | more
    connection.execute(audit_trail.APPEND, audit_trail.line(kind, detail))
