"""A delivery that reached nobody, as a replay needs it: with its task, its attempts and its siblings. Reading only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, LiteralString
from uuid import UUID

from psycopg.rows import class_row, dict_row

from infra.postgres import SyncConnection
from models.calendar import copenhagen_date
from models.ids import delivery_id, digest_id
from models.notifications.cause import CauseKind, DeliveryCause
from models.notifications.delivery import Audience, Channel, Occasion

NOTICE: Final[LiteralString] = """
SELECT d.id, d.task_id, d.occasion, d.cause_kind, d.cause_ref, d.channel, d.audience, d.unit_id, d.recipient,
       d.deadline, d.ended_at, t.status = 'open' AS task_is_open, t.react_by,
       (SELECT count(*) FROM tasks o WHERE o.unit_id = d.unit_id AND o.status = 'open') AS open_tasks,
       clock_timestamp() AS now
FROM deliveries d LEFT JOIN tasks t ON t.id = d.task_id WHERE d.id = %s
"""
ATTEMPTS: Final[LiteralString] = """
SELECT attempt, at, outcome, code, detail FROM attempts WHERE delivery_id = %s ORDER BY attempt
"""
STATUSES: Final[LiteralString] = "SELECT id, status FROM deliveries WHERE id = ANY(%s)"


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedDelivery:
    """A delivery as a replay needs to know it; a morning mail is about no task, and about all that are open."""

    id: UUID
    task_id: UUID | None
    occasion: Occasion
    cause: DeliveryCause
    channel: Channel
    audience: Audience
    unit_id: str
    recipient: str
    deadline: datetime
    ended_at: datetime | None
    task_is_open: bool | None
    react_by: date | None
    open_tasks: int
    now: datetime

    @property
    def is_of_today(self) -> bool:
        """Of a morning mail: whether its morning is this one."""
        return self.cause == DeliveryCause.of_digest(copenhagen_date(self.now))

    def id_to(self, recipient: str) -> UUID:
        """The id that the same notice to `recipient` has."""
        if self.task_id is None:
            return digest_id(self.unit_id, self.cause.text, self.channel, recipient)
        return delivery_id(self.task_id, self.occasion, self.cause.text, self.channel, recipient)


@dataclass(frozen=True, slots=True)
class Tried:
    """One attempt of a delivery."""

    attempt: int
    at: datetime
    outcome: str
    code: int | None
    detail: str


def notice(connection: SyncConnection, delivery: str) -> FailedDelivery:
    """One delivery with what a replay needs of its task."""
    with connection.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(NOTICE, (delivery,)).fetchone()
    if row is None:
        raise LookupError(delivery)
    cause = DeliveryCause(CauseKind(row.pop("cause_kind")), row.pop("cause_ref"))
    told = {
        "cause": cause,
        "occasion": Occasion(row["occasion"]),
        "channel": Channel(row["channel"]),
        "audience": Audience(row["audience"]),
    }
    return FailedDelivery(**{**row, **told})


def attempts(connection: SyncConnection, delivery: str) -> list[Tried]:
    """What happened each time, in order."""
    with connection.cursor(row_factory=class_row(Tried)) as cursor:
        return cursor.execute(
            ATTEMPTS,
            (delivery,),
        ).fetchall()


def addressed(connection: SyncConnection, wanted: Sequence[UUID]) -> dict[UUID, str]:
    """Those of `wanted` that are made out already, with their status."""
    return dict(connection.execute(STATUSES, (list(wanted),)).fetchall())
