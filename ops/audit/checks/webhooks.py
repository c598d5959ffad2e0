"""Every webhook stands beside a mail, none is missing, not even the first, and no endpoint is off in silence."""

from collections.abc import Iterator
from typing import Final, LiteralString

from models.notifications.delivery import PROJECTED
from ops.audit.checks.context import LISTED, CheckContext
from ops.audit.report import Check, CheckResult

_OF_THE_LEDGER: Final = list(PROJECTED)
"""A step has the channels of its rule."""

STANDING: Final[LiteralString] = (
    "SELECT status, count(*) FROM deliveries WHERE channel = 'webhook' GROUP BY 1"
)
ALONE: Final[LiteralString] = """
SELECT h.task_id, h.status FROM deliveries h
WHERE h.channel = 'webhook' AND h.occasion = ANY(%s) AND NOT EXISTS (
    SELECT 1 FROM deliveries d WHERE d.channel = 'email'
    AND (d.task_id, d.occasion, d.cause_kind, d.cause_ref)
    = (h.task_id, h.occasion, h.cause_kind, h.cause_ref))
"""
"""A machine that has heard of a duty is no person who has."""
WANTED: Final[LiteralString] = """
WITH named AS (
    SELECT n.*, f.first, f.last, coalesce(k.since + interval '15 minutes',
                                          (n.begins + 1)::timestamp AT TIME ZONE 'Europe/Copenhagen') AS since
    FROM unnest(%(units)s::text[], %(urls)s::text[], %(begins)s::date[], %(ends)s::date[])
        AS n (unit_id, url, begins, ends)
    LEFT JOIN known_endpoints k USING (unit_id, url)
    LEFT JOIN (
        SELECT unit_id, recipient AS url, min(created_at) AS first, max(created_at) AS last FROM deliveries
        WHERE channel = 'webhook' AND occasion = ANY(%(occasions)s) GROUP BY 1, 2
    ) f USING (unit_id, url)
), told AS (
    SELECT task_id, occasion, cause_kind, cause_ref, unit_id, min(created_at) AS at FROM deliveries
    WHERE channel = 'email' AND audience = 'unit' AND occasion = ANY(%(occasions)s) AND unit_id = ANY(%(units)s)
    GROUP BY task_id, occasion, cause_kind, cause_ref, unit_id
)
SELECT t.id FROM told JOIN tasks t ON t.id = told.task_id JOIN named n ON n.unit_id = told.unit_id
WHERE told.at > now() - interval '7 days' AND (told.at >= n.since OR told.at BETWEEN n.first AND n.last)
AND (t.appended_at AT TIME ZONE 'Europe/Copenhagen')::date BETWEEN n.begins AND n.ends - 1
AND NOT EXISTS (
    SELECT 1 FROM deliveries h WHERE h.channel = 'webhook' AND h.recipient = n.url
    AND (h.task_id, h.occasion, h.cause_kind, h.cause_ref)
    = (told.task_id, told.occasion, told.cause_kind, told.cause_ref))
AND NOT EXISTS (
    SELECT 1 FROM audit a WHERE a.task_id = t.id AND a.kind = 'task_reopened' AND a.at > told.at)
"""
"""Mails without the webhook that the tables want beside them.

Only from when the ledger knew the endpoint, and that long besides as a rolling restart may take: one that is added
takes effect when the ledger starts again. A ledger that has never read it is waited for to the end of its first day.
A task that came back has had another date, and perhaps no endpoint then. After a week a webhook is of no more use,
and the alarm has stood for as long.
"""
SILENT: Final[LiteralString] = """
SELECT e.unit_id FROM endpoints e WHERE e.disabled_at IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM deliveries d WHERE d.occasion = 'channel_off' AND d.channel = 'email' AND d.unit_id = e.unit_id
    AND d.created_at >= e.disabled_at - interval '1 hour')
"""
NEVER_OFF: Final[LiteralString] = """
SELECT d.task_id, d.status FROM deliveries d JOIN audit s ON s.kind = 'delivery_superseded'
    AND s.detail ->> 'delivery_id' = d.id::text AND s.detail ->> 'reason' = 'endpoint_off'
WHERE d.status = 'superseded' AND d.channel = 'webhook' AND NOT EXISTS (
    SELECT 1 FROM audit a WHERE a.kind = 'endpoint_disabled' AND a.id < s.id
    AND (a.detail ->> 'unit' = d.unit_id OR a.erased_by IS NOT NULL))
"""
"""A line that was emptied, with its task's person or in its time, says no more of which unit."""
OFF: Final[LiteralString] = "SELECT count(*) FROM endpoints WHERE disabled_at IS NOT NULL"


def count(context: CheckContext) -> CheckResult:
    """Webhooks, and those that ought to be there, against their ends and what must stand beside them."""
    found = context.counts(STANDING)
    missing = list(_missing(context))
    silent = context.rows(SILENT)
    wrong = [
        (task, status, "a webhook, and no mail beside it")
        for task, status in context.rows(ALONE, (_OF_THE_LEDGER,))
    ]
    wrong += [
        (task, status, "not sent for an endpoint that was never switched off")
        for task, status in context.rows(NEVER_OFF)
    ]
    total = sum(found.values()) + len(missing) + len(silent)
    for task, _, what in wrong[:LISTED]:
        context.miss(Check.WEBHOOKS, what, task_id=str(task))
    for _, status, _ in wrong:
        found[status] -= 1
    for task in missing[:LISTED]:
        context.miss(Check.WEBHOOKS, "a mail, and its webhook is missing", task_id=task)
    for (unit,) in silent[:LISTED]:
        context.miss(Check.WEBHOOKS, "an endpoint was switched off, and its unit was not told", detail=unit)
    return CheckResult(
        hop=Check.WEBHOOKS,
        total=total,
        parts={name: found.get(name, 0) for name in ("delivered", "refused", "exhausted", "superseded")},
        under_way=found.get("due", 0),
        unaccounted=len(missing) + len(silent) + len(wrong),
        beside={"endpoints_off": context.number(OFF)},
    )


def _missing(context: CheckContext) -> Iterator[str]:
    endpoints = context.oracle.endpoints()
    if not endpoints:
        return
    wanted = {
        "units": [one.unit for one in endpoints],
        "urls": [one.url for one in endpoints],
        "begins": [one.begins for one in endpoints],
        "ends": [one.ends for one in endpoints],
        "occasions": _OF_THE_LEDGER,
    }
    for (task,) in context.rows(WANTED, wanted):
        yield str(task)
