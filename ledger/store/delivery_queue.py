"""Writes the deliveries that something but a decision has made due. The same notice again is the same row."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, LiteralString
from uuid import UUID

from ledger.store.repository import Connection
from models.ids import delivery_id, digest_id
from models.notifications.delivery import Audience, Channel, Occasion


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDelivery:
    """One notice to one recipient. A morning mail has no task."""

    task_id: UUID | None
    occasion: Occasion
    cause: str
    channel: Channel
    audience: Audience
    unit_id: str
    recipient: str
    deadline: datetime

    @property
    def id(self) -> UUID:
        """Follows from what it is: nobody is told the same twice, whatever parts they have."""
        if self.task_id is None:
            return digest_id(self.unit_id, self.cause, self.channel, self.recipient)
        return delivery_id(self.task_id, self.occasion, self.cause, self.channel, self.recipient)


_WRITE: Final[LiteralString] = """
INSERT INTO deliveries (id, task_id, occasion, cause, channel, audience, unit_id, recipient, deadline, due_at)
SELECT n.id, n.task_id, n.occasion, n.cause, n.channel, n.audience, n.unit_id, n.recipient, n.deadline,
       clock_timestamp() - (%s - n.place) * interval '1 microsecond'
FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[],
            %s::timestamptz[]) WITH ORDINALITY
    AS n (id, task_id, occasion, cause, channel, audience, unit_id, recipient, deadline, place)
ON CONFLICT DO NOTHING
"""
"""The notifier takes the earliest first: so they go out in the order in which they are given here."""


async def write(connection: Connection, notices: Sequence[NewDelivery]) -> None:
    """Make `notices` due, in this order."""
    await connection.execute(
        _WRITE,
        (
            len(notices),
            [one.id for one in notices],
            [one.task_id for one in notices],
            [one.occasion for one in notices],
            [one.cause for one in notices],
            [one.channel for one in notices],
            [one.audience for one in notices],
            [one.unit_id for one in notices],
            [one.recipient for one in notices],
            [one.deadline for one in notices],
        ),
    )
    await connection.execute("NOTIFY deliveries")
