"""What takes two people: one asks, another approves, and the database holds that they are two (docs/decisions/0061).

The trail gets both lines by the table's own trigger.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, LiteralString
from uuid import UUID

import psycopg
from psycopg.rows import class_row

from infra.postgres import SyncConnection
from models.operator import Operator

ASK: Final[LiteralString] = """
INSERT INTO requests (id, kind, what, because, asked_by) VALUES (%s, %s, %s, %s, %s)
"""
APPROVE: Final[LiteralString] = """
UPDATE requests SET approved_by = %s, approved_because = %s WHERE id = %s AND approved_at IS NULL
"""
LIST: Final[LiteralString] = """
SELECT id, kind, what, because, asked_by, asked_at, approved_by, approved_because, approved_at FROM requests
WHERE %(all)s OR approved_at IS NULL ORDER BY asked_at, id
"""
OF_THINGS: Final[LiteralString] = """
SELECT one.thing, max(r.approved_at), (array_agg(r.id ORDER BY r.asked_at) FILTER (WHERE r.approved_at IS NULL))[1]
FROM requests r CROSS JOIN unnest(r.what) AS one(thing)
WHERE r.kind = %(kind)s AND r.what && %(what)s::text[] AND one.thing = ANY (%(what)s::text[]) GROUP BY one.thing
"""


class RequestKind(StrEnum):
    """What takes two people."""

    ERASURE = "erasure"
    """`what` is its legal ground; whom it is about stands in `erasure_requests` until it is done."""
    REPLAY = "replay"
    """Refused records and events left out, as `KIND/TOPIC/PARTITION/OFFSET`. The latter lifts a sender's bound."""
    SKIP = "skip"
    """A record that the ledger is to pass, as `TOPIC/PARTITION@OFFSET`."""


class CannotApprove(RuntimeError):
    """It is not approved; the message is a sentence for the person who would."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One, as `requests list` shows it."""

    id: UUID
    kind: str
    what: Sequence[str]
    because: str
    asked_by: str
    asked_at: datetime
    approved_by: str | None
    approved_because: str | None
    approved_at: datetime | None


@dataclass(frozen=True, slots=True)
class RequestState:
    """Where one thing stands."""

    approved_at: datetime | None
    """The last time."""
    waits: UUID | None
    """A request with it that nobody has approved."""


NOT_ASKED: Final = RequestState(None, None)


def ask(
    connection: SyncConnection, request: UUID, kind: RequestKind, what: Sequence[str], operator: Operator
) -> None:
    """Ask for it; the words why are those of `operator`."""
    connection.execute(ASK, (request, kind, list(what), operator.because or "", operator.by))


def approve(connection: SyncConnection, request: UUID, operator: Operator) -> None:
    """Approve what another has asked for; raises `CannotApprove`."""
    try:
        done = connection.execute(APPROVE, (operator.by, operator.because or "", request)).rowcount
    except psycopg.errors.CheckViolation:
        raise CannotApprove("You have asked for it yourself: another person must approve it.") from None
    if not done:
        raise CannotApprove("There is no such request that waits.")


def requests(connection: SyncConnection, *, approved_too: bool) -> list[Request]:
    """Those that wait, or all, in the order in which they were asked."""
    with connection.cursor(row_factory=class_row(Request)) as cursor:
        return cursor.execute(LIST, {"all": approved_too}).fetchall()


def states(connection: SyncConnection, kind: RequestKind, what: Sequence[str]) -> Mapping[str, RequestState]:
    """Of each thing that anybody has asked for."""
    rows = connection.execute(OF_THINGS, {"kind": kind, "what": list(what)}).fetchall()
    return {thing: RequestState(approved_at, waits) for thing, approved_at, waits in rows}
