"""What a report of the mail system changes, in one transaction: a mail that came back was not delivered.

What follows from a refused notice, the next recipient or the escalation, is not decided here: whoever looks after
refused deliveries finds it, however late the report came.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Final, LiteralString
from uuid import UUID

from crypto.hmac_tokens import HmacTokens
from infra.postgres import Connection
from ledger.store import deliveries
from models.audit_kind import AuditKind
from models.notifications.delivery import DeliveryStatus, SendOutcome
from models.notifications.delivery_moves import Move, allowed
from notifiers.bounces.address import delivery_of, delivery_of_token
from notifiers.bounces.report import BounceReport, ReportedAction

FIND: Final[LiteralString] = """
SELECT status, frozen ->> 'message_id', clock_timestamp() FROM deliveries
WHERE id = %(id)s AND channel = 'email' FOR NO KEY UPDATE
"""

NOTE: Final[LiteralString] = """
INSERT INTO bounces (delivery_id, report, action, status, at, found)
VALUES (%(id)s, %(report)s, %(action)s, %(code)s, %(now)s, %(found)s) ON CONFLICT DO NOTHING
"""


class BounceEffect(StrEnum):
    """What came of a report."""

    REFUSED = "refused"
    """The recipient is refused for this delivery."""
    NOTED = "noted"
    """It changes nothing: the mail is still being tried, or the delivery had ended otherwise."""
    REPEATED = "repeated"
    """The same report was read before."""
    NOT_OURS = "not_ours"
    """It came to no address that we made, or contradicts the mail that we sent: it changes nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BounceAddress:
    """How our own addresses are known."""

    tags: HmacTokens
    """Of `Purpose.BOUNCE`."""
    base: str
    """The address before the plus sign was put in."""

    def delivery(self, report: BounceReport) -> UUID | None:
        """The delivery that a report is about, by what only we can have made."""
        found = [delivery_of(self.tags, self.base, address) for address in report.arrived_at]
        found += [delivery_of_token(self.tags, text) for text in report.envelope_ids]
        known = {one for one in found if one is not None}
        return known.pop() if len(known) == 1 else None


async def take(
    connection: Connection, bounce_address: BounceAddress, report: BounceReport, content: bytes
) -> BounceEffect:
    """Take in `report`, which was read from `content`; `connection` is in autocommit."""
    delivery = bounce_address.delivery(report)
    if delivery is None:
        return BounceEffect.NOT_OURS
    async with connection.transaction():
        row = await (await connection.execute(FIND, {"id": delivery})).fetchone()
        if row is None:
            return BounceEffect.NOT_OURS
        status, message_id, now = row
        if message_id is None or report.message_id not in (None, message_id):
            return BounceEffect.NOT_OURS
        return await _apply(connection, delivery, DeliveryStatus(status), report, content, now)


async def _apply(
    connection: Connection,
    delivery: UUID,
    status: DeliveryStatus,
    report: BounceReport,
    content: bytes,
    now: datetime,
) -> BounceEffect:
    # One that is due was sent, and its answer was not heard: now it is known.
    ends = report.action is ReportedAction.FAILED and allowed(Move.BOUNCE, status)
    values = {
        "id": delivery,
        "report": sha256(content).hexdigest(),
        "action": report.action,
        "code": report.status,
        "now": now,
        "found": status,
        "outcome": SendOutcome.REFUSED,
        "kind": AuditKind.DELIVERY_REFUSED,
        "reason": f"bounce: {report.status}",
    }
    if (await connection.execute(NOTE, values)).rowcount == 0:
        return BounceEffect.REPEATED
    if not ends:
        return BounceEffect.NOTED
    await connection.execute(deliveries.BOUNCE, values)
    return BounceEffect.REFUSED
