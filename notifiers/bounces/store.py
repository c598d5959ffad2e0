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
from models.notifications.returned import ReportedAction
from notifiers.bounces.address import delivery_of, delivery_of_token
from notifiers.bounces.report import BounceReport
from notifiers.bounces.verdict import BounceVerdict, verdict

FIND: Final[LiteralString] = """
SELECT status, coalesce(frozen ->> 'recipient', recipient), frozen IS NOT NULL, clock_timestamp() FROM deliveries
WHERE id = %(id)s AND channel = 'email' FOR NO KEY UPDATE
"""

NOTE: Final[LiteralString] = """
INSERT INTO bounces (delivery_id, report, action, status, at, found)
SELECT %(id)s, %(report)s, %(action)s, %(code)s, %(now)s, %(found)s
WHERE %(ends)s OR (SELECT count(*) FROM bounces WHERE delivery_id = %(id)s) < %(most)s
ON CONFLICT DO NOTHING
"""
MOST_NOTED: Final = 20
"""Reports that are kept of one delivery. Whoever has its tag could send without end; one that ends it always counts."""


class BounceEffect(StrEnum):
    """What came of a mail in the folder."""

    REFUSED = "refused"
    """The recipient is refused for this delivery."""
    NOTED = "noted"
    """It changes nothing: the mail is still being tried, the delivery had ended otherwise, or it is about another."""
    UNREAD = "unread"
    """It came to an address of ours and is not understood: a case for people, which names the delivery."""
    REPEATED = "repeated"
    """The same report was read before, or there are too many of them."""
    NOTHING = "nothing"
    """An automatic answer, or a report that all went well."""
    NOT_OURS = "not_ours"
    """It came to no address that we made: it changes nothing."""


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
        if not known:  # a gateway has put an address of its own around ours
            known = {one for text in report.tokens if (one := delivery_of_token(self.tags, text)) is not None}
        return known.pop() if len(known) == 1 else None


async def take(
    connection: Connection, bounce_address: BounceAddress, report: BounceReport, content: bytes
) -> BounceEffect:
    """Take in `report`, which was read from `content`; `connection` is in autocommit.

    The tag alone says which delivery it is: on the way systems change the Message-ID, or leave it out.
    """
    delivery = bounce_address.delivery(report)
    if delivery is None:
        return BounceEffect.NOT_OURS
    async with connection.transaction():
        row = await (await connection.execute(FIND, {"id": delivery})).fetchone()
        if row is None:
            return BounceEffect.NOT_OURS
        status, recipient, was_sent, now = row
        if not was_sent:
            return BounceEffect.NOT_OURS
        said = verdict(report, recipient)
        if said is None:
            return BounceEffect.NOTHING
        return await _apply(connection, delivery, DeliveryStatus(status), said, content, now)


async def _apply(
    connection: Connection,
    delivery: UUID,
    status: DeliveryStatus,
    said: BounceVerdict,
    content: bytes,
    now: datetime,
) -> BounceEffect:
    # One that is due was sent, and its answer was not heard: now it is known.
    ends = said.action is ReportedAction.FAILED and allowed(Move.BOUNCE, status)
    values = {
        "id": delivery,
        "report": sha256(content).hexdigest(),
        "action": said.action,
        "code": said.status,
        "now": now,
        "found": status,
        "ends": ends,
        "most": MOST_NOTED,
        "outcome": SendOutcome.REFUSED,
        "kind": AuditKind.DELIVERY_REFUSED,
        "reason": f"bounce: {said.status}",
    }
    if (await connection.execute(NOTE, values)).rowcount == 0:
        return BounceEffect.REPEATED
    if ends:
        await connection.execute(deliveries.BOUNCE, values)
        return BounceEffect.REFUSED
    return BounceEffect.UNREAD if said.action is ReportedAction.UNREAD else BounceEffect.NOTED
