"""Every webhook stands beside a mail, none is missing between others, and no endpoint is switched off in silence."""

from collections.abc import Iterator
from typing import Final, LiteralString

from ops.accounts import Account, Hop
from ops.hops.desk import LISTED, Desk

_OF_THE_LEDGER: Final = ["new", "more_messages", "taken_over", "handed_over", "withdrawn"]
"""Occasions of which the ledger writes mail and webhook in one transaction. A step has the channels of its rule."""

_STANDING: Final[LiteralString] = (
    "SELECT status, count(*) FROM deliveries WHERE channel = 'webhook' GROUP BY 1"
)
_ALONE: Final[LiteralString] = """
SELECT h.task_id, h.status FROM deliveries h
WHERE h.channel = 'webhook' AND h.occasion = ANY(%s) AND NOT EXISTS (
    SELECT 1 FROM deliveries d WHERE d.channel = 'email'
    AND (d.task_id, d.occasion, d.cause) = (h.task_id, h.occasion, h.cause))
"""
"""A machine that has heard of a duty is no person who has."""
_WANTED: Final[LiteralString] = """
WITH told AS (
    SELECT task_id, occasion, cause, unit_id, min(created_at) AS at FROM deliveries
    WHERE channel = 'email' AND audience = 'unit' AND occasion = ANY(%(occasions)s)
    GROUP BY task_id, occasion, cause, unit_id
), known AS (
    SELECT unit_id, recipient, min(created_at) AS first, max(created_at) AS last FROM deliveries
    WHERE channel = 'webhook' AND occasion = ANY(%(occasions)s) GROUP BY unit_id, recipient
)
SELECT t.id, k.unit_id, k.recipient, (t.appended_at AT TIME ZONE 'Europe/Copenhagen')::date
FROM known k JOIN told ON told.unit_id = k.unit_id AND told.at BETWEEN k.first AND k.last
JOIN tasks t ON t.id = told.task_id
WHERE told.at > now() - interval '7 days' AND NOT EXISTS (
    SELECT 1 FROM deliveries h WHERE h.channel = 'webhook' AND h.recipient = k.recipient
    AND (h.task_id, h.occasion, h.cause) = (told.task_id, told.occasion, told.cause))
"""
"""Mails without the webhook that others before and after them have; whether there was to be one, the tables say.

After a week a webhook is of no more use, and the alarm has stood for as long.
"""
_SILENT: Final[LiteralString] = """
SELECT e.unit_id FROM endpoints e WHERE e.disabled_at IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM deliveries d WHERE d.occasion = 'channel_off' AND d.channel = 'email' AND d.unit_id = e.unit_id
    AND d.created_at >= e.disabled_at - interval '1 hour')
"""
_NEVER_OFF: Final[LiteralString] = """
SELECT d.task_id, d.status FROM deliveries d JOIN audit s ON s.kind = 'delivery_superseded'
    AND s.detail ->> 'delivery_id' = d.id::text AND s.detail ->> 'reason' = 'endpoint_off'
WHERE d.status = 'superseded' AND d.channel = 'webhook' AND NOT EXISTS (
    SELECT 1 FROM audit a WHERE a.kind = 'endpoint_disabled' AND a.detail ->> 'unit' = d.unit_id AND a.id < s.id)
"""
_OFF: Final[LiteralString] = "SELECT count(*) FROM endpoints WHERE disabled_at IS NOT NULL"


def count(desk: Desk) -> Account:
    """Webhooks, and those that ought to be there, against their ends and what must stand beside them."""
    found = desk.counts(_STANDING)
    missing = list(_missing(desk))
    silent = desk.rows(_SILENT)
    wrong = [
        (task, status, "a webhook, and no mail beside it")
        for task, status in desk.rows(_ALONE, (_OF_THE_LEDGER,))
    ]
    wrong += [
        (task, status, "not sent for an endpoint that was never switched off")
        for task, status in desk.rows(_NEVER_OFF)
    ]
    total = sum(found.values()) + len(missing) + len(silent)
    for task, _, what in wrong[:LISTED]:
        desk.miss(Hop.WEBHOOKS, what, task_id=str(task))
    for _, status, _ in wrong:
        found[status] -= 1
    for task in missing[:LISTED]:
        desk.miss(Hop.WEBHOOKS, "a mail, and its webhook is missing", task_id=task)
    for (unit,) in silent[:LISTED]:
        desk.miss(Hop.WEBHOOKS, "an endpoint was switched off, and its unit was not told", detail=unit)
    return Account(
        hop=Hop.WEBHOOKS,
        total=total,
        parts={name: found.get(name, 0) for name in ("delivered", "refused", "exhausted", "superseded")},
        under_way=found.get("due", 0),
        unaccounted=len(missing) + len(silent) + len(wrong),
        beside={"endpoints_off": desk.number(_OFF)},
    )


def _missing(desk: Desk) -> Iterator[str]:
    for task, unit, url, day in desk.rows(_WANTED, {"occasions": _OF_THE_LEDGER}):
        if url in desk.oracle.endpoints(unit, day):
            yield str(task)
