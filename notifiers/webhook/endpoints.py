"""Whether an endpoint is still worth trying: switched off when it says that it is gone, or after five days of failures.

Written with the attempt, in its transaction. It must not switch anything off in silence: the unit gets a mail.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, LiteralString

from psycopg import AsyncConnection

from models.ids import delivery_id
from models.notifications.delivery import Occasion, SendAttempt, SendOutcome
from notifiers.content.mail_message import Mail
from notifiers.due_delivery import Claim
from notifiers.supersede import Contacts
from notifiers.webhook.classify import GONE
from notifiers.webhook.hook import Hook

FAILING: Final = timedelta(days=5)

Watcher = Callable[[AsyncConnection[Any], Claim[Hook], SendAttempt, datetime], Awaitable[None]]

_DELIVERED: Final[LiteralString] = """
DELETE FROM endpoints
WHERE unit_id = %(unit)s AND url = %(url)s AND disabled_at IS NULL AND failing_since <= %(now)s
"""
"""What was taken before the failures began says nothing of them, though it is written down after the first."""

_FAILED: Final[LiteralString] = """
INSERT INTO endpoints AS e (unit_id, url, failing_since) VALUES (%(unit)s, %(url)s, %(now)s)
ON CONFLICT (unit_id, url) DO UPDATE SET failing_since = coalesce(e.failing_since, excluded.failing_since)
"""

_DISABLE: Final[LiteralString] = """
UPDATE endpoints SET disabled_at = %(now)s, reason = CASE WHEN %(gone)s THEN 'gone' ELSE 'failing' END
WHERE unit_id = %(unit)s AND url = %(url)s AND disabled_at IS NULL
  AND (%(gone)s OR failing_since <= %(now)s - %(failing)s::interval)
RETURNING reason
"""

_AUDIT: Final[LiteralString] = """
INSERT INTO audit (kind, task_id, detail)
SELECT 'endpoint_disabled', task_id, jsonb_build_object('unit', unit_id, 'reason', %(reason)s::text)
FROM deliveries WHERE id = %(id)s
"""

_TELL: Final[LiteralString] = """
INSERT INTO deliveries (id, task_id, occasion, cause, channel, unit_id, recipient, deadline)
SELECT %(new)s, task_id, 'channel_off', %(cause)s, 'email', unit_id, %(recipient)s,
       %(now)s::timestamptz + interval '5 days'
FROM deliveries WHERE id = %(id)s
ON CONFLICT DO NOTHING
"""

_TASK: Final[LiteralString] = "SELECT task_id FROM deliveries WHERE id = %(id)s"


class OffReason(StrEnum):
    """Why an endpoint was switched off."""

    GONE = "gone"
    """It answered 410."""
    FAILING = "failing"
    """Nothing was taken for five days."""


def watcher(contacts: Contacts) -> Watcher:
    """What is done with each attempt."""

    async def watch(
        connection: AsyncConnection[Any], claim: Claim[Hook], attempt: SendAttempt, now: datetime
    ) -> None:
        values = {"unit": claim.mail.unit_id, "url": claim.mail.url, "now": now, "id": claim.id}
        if attempt.outcome is SendOutcome.DELIVERED:
            await connection.execute(_DELIVERED, values)
            return
        gone = attempt.code == GONE
        await connection.execute(_FAILED, values)
        disabled = await connection.execute(_DISABLE, {**values, "gone": gone, "failing": FAILING})
        row = await disabled.fetchone()
        if row is None:
            return
        await connection.execute(_AUDIT, {**values, "reason": row[0]})
        found = await (await connection.execute(_TASK, values)).fetchone()
        contact = contacts(claim.mail.unit_id)
        if found is None or contact is None:
            return
        cause = f"endpoint:{row[0]}:{now.isoformat()}"
        for recipient in contact.recipients:
            new = delivery_id(found[0], Occasion.CHANNEL_OFF, cause, Mail.channel, recipient)
            await connection.execute(_TELL, {**values, "new": new, "cause": cause, "recipient": recipient})
        await connection.execute("NOTIFY deliveries")

    return watch
