"""Before the key of a month is destroyed: what is still needed of it is sealed again under the key of today.

Needed is what belongs to an open task, to a message that waits for facts, or to a person on hold; refused records that
wait for a person hold the whole thing up. What this writes can be written again: a run that is cut off is begun anew.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, LiteralString

from crypto.key_file import begins, month_of, next_month
from crypto.vault import NotOpenedError, SealOpener
from infra.postgres import SyncConnection
from ledger.store import audit_trail
from models.audit_kind import AuditKind
from models.events.sensitive_fields import sealed_for
from models.operator import Operator

NEEDED: Final[LiteralString] = """
SELECT m.sender, m.message_id, coalesce(m.decision #>> '{message,sent_as}', m.person_id),
       coalesce(r.sealed, m.sealed)
FROM messages m LEFT JOIN tasks t ON t.id = m.task_id
LEFT JOIN resealed r ON r.sender = m.sender AND r.message_id = m.message_id
    AND r.sent_as = coalesce(m.decision #>> '{message,sent_as}', m.person_id)
WHERE m.sealed IS NOT NULL AND starts_with(coalesce(r.sealed, m.sealed), %(kid)s)
  AND (m.outcome = 'undecided' OR t.status = 'open' OR EXISTS (
      SELECT FROM retention_holds h LEFT JOIN person_joins j ON h.person_id IN (j.person_id, j.joined_to)
      WHERE m.person_id IN (h.person_id, j.person_id, j.joined_to)))
ORDER BY m.sender, m.message_id
"""
RESEAL: Final[LiteralString] = """
INSERT INTO resealed (sender, message_id, sent_as, sealed) VALUES (%s, %s, %s, %s)
ON CONFLICT (sender, message_id, sent_as) DO UPDATE SET sealed = excluded.sealed, at = now()
"""
WAITING: Final[LiteralString] = """
SELECT count(*) FROM receipts r
WHERE r.status = 'rejected' AND r.appended_at >= %(since)s AND r.appended_at < %(until)s
  AND NOT EXISTS (SELECT FROM quarantine q WHERE q.kind = 'input'
      AND q.id = concat_ws('/', r.topic, r.partition, r."offset") AND q.state NOT IN ('open', 'begun'))
"""


class NotYet(RuntimeError):
    """Something of the month is still needed, or may still come; the message is a sentence."""


@dataclass(frozen=True, slots=True)
class SealedAgain:
    """What was needed of the month."""

    messages: int


def objection_to_month(month: str, now: datetime) -> str | None:
    """Why the month is too young: records of it may be under way, refused, or not yet be decided."""
    before = month_of(now.astimezone(UTC).replace(day=1) - timedelta(days=1))
    if month >= before:
        return f"{month} is too young: the present month and the one before are never shredded."
    return None


def seal_again(
    connection: SyncConnection,
    month: str,
    *,
    is_first: bool,
    opener: SealOpener,
    seal: Callable[[bytes, str], str],
    who: Operator,
) -> SealedAgain:
    """Seal again what is needed of `month`, and note in the trail that its key goes now; raises `NotYet`.

    `is_first`: its key sealed what came before it too. Everything in one transaction: the key may go when it is over.
    """
    with connection.transaction():
        waiting = connection.execute(WAITING, _bounds(month, is_first=is_first)).fetchone()
        if waiting is not None and waiting[0]:
            raise NotYet(
                f"{waiting[0]} refused records of {month} wait in quarantine: replay or dismiss them first."
            )
        needed = connection.execute(NEEDED, {"kid": f"{month}."}).fetchall()
        for sender, message_id, sent_as, sealed in needed:
            purpose = sealed_for(sender, message_id, sent_as)
            try:
                content = opener.open(sealed, purpose)
            except NotOpenedError:
                raise NotYet(
                    f"message {message_id} of {sender} is needed, and the key of {month} does not open it."
                ) from None
            connection.execute(RESEAL, (sender, message_id, sent_as, seal(content, purpose)))
        detail = {"month": month, "sealed_again": len(needed), "by": who.by, "because": who.because}
        connection.execute(audit_trail.APPEND, audit_trail.line(AuditKind.KEY_SHREDDED, detail))
    return SealedAgain(len(needed))


def _bounds(month: str, *, is_first: bool) -> dict[str, datetime]:
    since = datetime.min.replace(tzinfo=UTC, year=1900) if is_first else begins(month)
    return {"since": since, "until": begins(next_month(month))}
