"""From a row of `notifiers.statements` to a due delivery, and from an attempt to its row. Decides nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self
from uuid import UUID

from psycopg.rows import DictRow, dict_row
from pydantic import ValidationError

from infra.postgres import Connection
from models.audit_kind import AuditKind, kind_of_end
from models.calendar import copenhagen_date
from models.events.person_event import Origin
from models.notifications.cause import CauseKind, DeliveryCause
from models.notifications.delivery import (
    Audience,
    Channel,
    DeliveryStatus,
    Occasion,
    SendAttempt,
    SendOutcome,
)
from models.notifications.delivery_moves import Move, checked
from models.notifications.retry import DeliveryEnded, NextAttempt
from notifiers import statements
from notifiers.content.notice import DigestLine, FailedMail
from notifiers.due_delivery import Answered, BookedMessage, Due, DueTask, OpenTasks, PayloadT

LISTED = 60
"""Lines of a morning mail."""


async def about(connection: Connection, row: DictRow) -> DueTask | OpenTasks:
    """What a due delivery is about: its task, or all open ones of its unit."""
    if row["task_id"] is not None:
        return DueTask(
            id=row["task_id"],
            is_open=row["task_status"] == "open",
            reference=row["reference"],
            react_by=row["react_by"],
            opened_at=row["opened_at"],
            appended_at=row["appended_at"],
            messages=row["messages"],
            mentor_until=row["mentor_until"],
        )
    values = {"unit_id": row["unit_id"], "today": copenhagen_date(row["now"]), "limit": LISTED}
    async with connection.cursor(row_factory=dict_row) as cursor:
        found = await (await cursor.execute(statements.OPEN_TASKS, values)).fetchall()
    return OpenTasks(
        lines=tuple(
            DigestLine(reference=one["reference"], react_by=one["react_by"], seen=one["seen"])
            for one in found
        ),
        open=found[0]["open"] if found else 0,
        overdue=found[0]["overdue"] if found else 0,
        unseen=found[0]["unseen"] if found else 0,
    )


def due_of(row: DictRow, about: DueTask | OpenTasks) -> Due:
    """The record of a row of `PICK`."""
    return Due(
        id=row["id"],
        occasion=Occasion(row["occasion"]),
        cause=DeliveryCause(CauseKind(row["cause_kind"]), row["cause_ref"]),
        channel=Channel(row["channel"]),
        audience=Audience(row["audience"]),
        unit_id=row["unit_id"],
        recipient=row["recipient"],
        deadline=row["deadline"],
        attempts=row["attempts"],
        was_leased=row["lease_owner"] is not None,
        frozen=row["frozen"],
        undelivered=row["undelivered"],
        seen=bool(row["seen"]),
        about=about,
        endpoint_off=row["endpoint_off"],
        failed=_failed_of(row),
        is_followed=row["is_followed"],
        told_at=row["told_at"],
        since=row["created_at"] if row["attempts"] else row["due_at"],
    )


async def booked(connection: Connection, rows: Sequence[DictRow]) -> dict[UUID, BookedMessage]:
    """The messages behind the rows of `PICK`, by delivery: the last of those that `BOOKED` names."""
    by_event = {row["id"]: row["cause_kind"] == CauseKind.EVENT for row in rows if row["task_id"] is not None}
    if not by_event:
        return {}
    async with connection.cursor(row_factory=dict_row) as cursor:
        found = await (await cursor.execute(statements.BOOKED, {"ids": list(by_event)})).fetchall()
    return {
        row["id"]: BookedMessage(
            origin=Origin(
                topic=row["origin_topic"],
                partition=row["origin_partition"],
                offset=row["origin_offset"],
                appended_at=row["appended_at"],
            ),
            revision=row["revision"],
            is_cause=by_event[row["id"]],
        )
        for row in found
    }


def _failed_of(row: DictRow) -> FailedMail | None:
    if row["failed_address"] is None:
        return None
    answer = row["failed_bounce"] or row["failed_code"]
    try:
        return FailedMail(
            address=row["failed_address"],
            came_back=row["failed_bounce"] is not None,
            given_up=row["failed_status"] == DeliveryStatus.EXHAUSTED,
            code=None if answer is None else str(answer),
        )
    except ValidationError:
        # What cannot be said stops no notice.
        return None


def attempt_row(delivery: UUID, number: int, now: datetime, attempt: SendAttempt) -> dict[str, object]:
    """The values of `INSERT_ATTEMPT`."""
    return {
        "id": delivery,
        "attempt": number,
        "at": now,
        "outcome": attempt.outcome,
        "code": attempt.code,
        "detail": attempt.detail,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordRow:
    """A row of `RECORD`."""

    id: UUID
    token: str
    status: DeliveryStatus
    due_at: datetime | None
    ended_at: datetime | None
    at: datetime
    outcome: SendOutcome
    code: int | None
    reason: str
    kind: AuditKind | None

    @classmethod
    def of(cls, answered: Answered[PayloadT], planned: NextAttempt | DeliveryEnded) -> Self:
        done = planned if isinstance(planned, DeliveryEnded) else None
        status = done.status if done else DeliveryStatus.DUE
        return cls(
            id=answered.claim.id,
            token=answered.claim.token,
            status=checked(Move.RECORD, status),
            due_at=planned.at if isinstance(planned, NextAttempt) else None,
            ended_at=answered.at if done else None,
            at=answered.at,
            outcome=answered.attempt.outcome,
            code=answered.attempt.code,
            reason=answered.attempt.detail,
            kind=kind_of_end(status),
        )
