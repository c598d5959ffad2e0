"""Whether an endpoint is still worth trying: switched off when it says that it is gone, or after five days of failures.

Written with the attempt, in its transaction. It must not switch anything off in silence: the unit gets a mail.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, LiteralString

from infra.postgres import Connection
from ledger.store import audit_trail, deliveries
from models.audit_kind import AuditKind
from models.ids import delivery_id
from models.notifications.cause import DeliveryCause
from models.notifications.delivery import Channel, Occasion, SendAttempt, SendOutcome
from notifiers.content.mail_message import Mail
from notifiers.due_delivery import Claim, Due
from notifiers.supersede import Contacts, Superseded
from notifiers.webhook.classify import GONE
from notifiers.webhook.hook import Hook

FAILING: Final = timedelta(days=5)

Watcher = Callable[[Connection, Claim[Hook], SendAttempt, datetime], Awaitable[None]]

TOOK_IT: Final[LiteralString] = """
DELETE FROM endpoints
WHERE unit_id = %(unit)s AND url = %(url)s AND disabled_at IS NULL AND failing_since <= %(now)s
"""
"""What was taken before the failures began says nothing of them, though it is written down after the first."""

FAILED: Final[LiteralString] = """
INSERT INTO endpoints AS e (unit_id, url, failing_since) VALUES (%(unit)s, %(url)s, %(now)s)
ON CONFLICT (unit_id, url) DO UPDATE SET failing_since = coalesce(e.failing_since, excluded.failing_since)
"""

DISABLE: Final[LiteralString] = """
UPDATE endpoints SET disabled_at = %(now)s, reason = CASE WHEN %(gone)s THEN 'gone' ELSE 'failing' END
WHERE unit_id = %(unit)s AND url = %(url)s AND disabled_at IS NULL
  AND (%(gone)s OR failing_since <= %(now)s - %(failing)s::interval)
RETURNING reason
"""

TASK_OF_DELIVERY: Final[LiteralString] = "SELECT task_id FROM deliveries WHERE id = %(id)s"


class OffReason(StrEnum):
    """Why an endpoint was switched off."""

    GONE = "gone"
    """It answered 410."""
    FAILING = "failing"
    """Nothing was taken for five days."""


def endpoint_superseded(due: Due, present: Sequence[str]) -> Superseded | None:
    """The reason not to call an endpoint, or `None`. `present`: the unit's endpoints now."""
    if due.endpoint_off:
        return Superseded.ENDPOINT_OFF
    return None if present else Superseded.ENDPOINT_REMOVED


def watcher(contacts: Contacts) -> Watcher:
    """What is done with each attempt."""

    async def watch(connection: Connection, claim: Claim[Hook], attempt: SendAttempt, now: datetime) -> None:
        values = {"unit": claim.mail.unit_id, "url": claim.mail.url, "now": now, "id": claim.id}
        if attempt.outcome is SendOutcome.DELIVERED:
            await connection.execute(TOOK_IT, values)
            return
        gone = attempt.code == GONE
        await connection.execute(FAILED, values)
        disabled = await connection.execute(DISABLE, {**values, "gone": gone, "failing": FAILING})
        row = await disabled.fetchone()
        if row is None:
            return
        await connection.execute(
            audit_trail.ENDPOINT_DISABLED, {**values, "kind": AuditKind.ENDPOINT_DISABLED, "reason": row[0]}
        )
        found = await (await connection.execute(TASK_OF_DELIVERY, values)).fetchone()
        contact = contacts(claim.mail.unit_id)
        if found is None or contact is None:
            return
        cause = DeliveryCause.of_endpoint(row[0], now)
        named = {"cause_kind": cause.kind, "cause_ref": cause.ref}
        for recipient in contact.own(Channel.EMAIL):
            new = delivery_id(found[0], Occasion.CHANNEL_OFF, cause.text, Mail.channel, recipient)
            notice = {**values, **named, "new": new, "recipient": recipient}
            await connection.execute(deliveries.TELL_OF_ENDPOINT, notice)
        await connection.execute(deliveries.NOTIFY)

    return watch
