"""Requests to erase a person; `ops.recovery.requests` has who approved them. They name nobody when done."""

from collections.abc import Sequence
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
from ops.recovery import requests
from ops.recovery.requests import RequestKind

ASK: Final[LiteralString] = """
INSERT INTO erasure_requests (id, people, ground) VALUES (%s, %s, %s)
"""
ASK_BY_RULE: Final[LiteralString] = """
INSERT INTO erasure_requests (id, people, ground, asked_by, approved_by, approved_at, erased_before)
VALUES (%s, %s, %s, %s, %s, now(), %s)
"""
"""What retention asks for is approved by the version of its rule, which a person has accepted; its role alone may."""
APPROVED: Final[LiteralString] = """
SELECT e.id, e.people, e.erased_before, e."offset", coalesce(e.asked_by = 'retention', false)
FROM erasure_requests e LEFT JOIN requests r ON r.id = e.id AND r.kind = 'erasure'
WHERE e.done_at IS NULL AND coalesce(r.approved_at, e.approved_at) IS NOT NULL
ORDER BY coalesce(r.approved_at, e.approved_at), e.id
"""
SET_CUT_OFF: Final[LiteralString] = """
UPDATE erasure_requests SET erased_before = %s, "offset" = %s WHERE id = %s
"""
DONE: Final[LiteralString] = "UPDATE erasure_requests SET people = NULL, done_at = now() WHERE id = %s"
OPEN_TASKS: Final[LiteralString] = """
SELECT reference FROM tasks WHERE person_id = ANY(%s) AND status = 'open' ORDER BY reference
"""
HOLDS: Final[LiteralString] = "SELECT count(*) FROM retention_holds WHERE person_id = ANY(%s)"
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
    before: datetime | None = None
    """Of retention's: what was appended later stays. None: all that was appended before that record goes."""
    by_rule: bool = False
    """Whether retention has asked for it."""


def ask(
    connection: SyncConnection, request: UUID, person_id: str, ground: str, operator: Operator
) -> list[str]:
    """Note that a person, under all their numbers, is to be erased; raises `CannotErase` where a task is open."""
    with connection.transaction():
        people = sorted(person for (person,) in connection.execute(NUMBERS, (person_id,)))
        if (reason := obstacle(connection, people)) is not None:
            raise CannotErase(reason)
        connection.execute(ASK, (request, people, ground))
        requests.ask(connection, request, RequestKind.ERASURE, [ground], operator)
    return people


def ask_by_rule(
    connection: SyncConnection,
    request: UUID,
    people: Sequence[str],
    *,
    ground: str,
    rules: str,
    before: datetime,
) -> None:
    """Note that retention takes these people's data of before a moment; approved by `rules`, their versions."""
    who = Operator("retention", rules)
    with connection.transaction():
        values = (request, sorted(people), ground, who.by, f"rule {rules}", before)
        connection.execute(ASK_BY_RULE, values)
        detail = {
            "request": str(request),
            "of": RequestKind.ERASURE,
            "what": [ground],
            "by": who.by,
            "because": who.because,
        }
        connection.execute(audit_trail.APPEND, audit_trail.line(AuditKind.REQUESTED, detail))


def obstacle(connection: SyncConnection, people: Sequence[str]) -> str | None:
    """Why these people cannot be erased now: an open task, or a hold; to be asked again before the cut-off."""
    references = [reference for (reference,) in connection.execute(OPEN_TASKS, (list(people),))]
    if references:
        return (
            f"The person has an open task ({', '.join(references)}): the duty to react comes first. Close it."
        )
    ((holds,),) = connection.execute(HOLDS, (list(people),)).fetchall()
    return "The person is on hold: retention release takes it away." if holds else None


def approved(connection: SyncConnection) -> list[ErasureRequest]:
    """What is to be done, the oldest first."""
    return [
        ErasureRequest(
            request, tuple(people), None if offset is None else _origin(cut_off, offset), cut_off, by_rule
        )
        for request, people, cut_off, offset, by_rule in connection.execute(APPROVED).fetchall()
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
    """It is carried out, or, where it has no record on Kafka, given up; whom it was about is known no more."""
    connection.execute(DONE, (request,))


def _origin(cut_off: datetime, offset: int) -> Origin:
    return Origin(topic=Topic.ERASURES, partition=0, offset=offset, appended_at=cut_off.astimezone(UTC))
