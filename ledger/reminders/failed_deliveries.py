"""A notice that was refused or exhausted becomes an escalation at once: the next address is told, and never nobody.

Found by what is missing, so that whoever ends a delivery, a bounce that is read later too, need not think of it.
"""

import logging
from typing import Any, Final, LiteralString
from uuid import UUID

from psycopg.rows import dict_row

from infra.postgres import Connection, literals
from ledger.reminders.scheduler import LOCK
from ledger.store.deliveries import add_in_order
from ledger.store.repository import now as begun
from ledger.tasks.projection import deadline_of
from ledger.tasks.rows import NewDelivery
from models.ids import failure_reminder_id
from models.notifications.cause import DeliveryCause
from models.notifications.delivery import NEW_DUTY, Audience, Channel, DeliveryStatus, Occasion
from models.tasks.escalation import EscalationLevel, Later, after_failure
from models.tasks.reminder_diff import ReminderStatus, StopReason
from models.tasks.reminders import ReminderPolicy

log = logging.getLogger(__name__)

NEW_DUTY_OCCASIONS: Final = literals(NEW_DUTY)
SIBLING: Final[LiteralString] = """
(o.task_id, o.occasion, o.cause_kind, o.cause_ref) = (d.task_id, d.occasion, d.cause_kind, d.cause_ref)
"""
"""Another notice of the same cause, to another address or by another channel."""
FAILED: Final[LiteralString] = f"""
SELECT d.id, d.task_id, d.occasion, d.cause_kind, d.cause_ref, d.channel, d.audience, d.unit_id, d.ended_at,
       t.react_by, t.status = 'open' AS task_is_open, f.seen,
       coalesce((SELECT s.until_seen FROM steps s
                 WHERE s.id = CASE WHEN d.cause_kind = 'step' THEN d.cause_ref::uuid END),
                d.occasion IN ({NEW_DUTY_OCCASIONS})) AS until_seen,
       (SELECT coalesce(array_agg(DISTINCT ARRAY[o.channel, o.status]), '{{}}') FROM deliveries o WHERE o.id <> d.id
        AND {SIBLING}) AS siblings,
       ARRAY(SELECT DISTINCT o.recipient FROM deliveries o
             WHERE o.task_id = d.task_id AND o.status IN ('refused', 'exhausted')) AS failed,
       EXISTS (SELECT 1 FROM steps s JOIN deliveries o ON o.id = s.failed_delivery
               WHERE {SIBLING}
               AND s.status = 'fired' AND s.ended_at > coalesce(
                   (SELECT max(q.decided_at) FROM quarantine q
                    WHERE (q.kind, q.id, q.state) = ('delivery', d.id::text, 'replayed')), '-infinity')) AS told_above
FROM deliveries d JOIN tasks t ON t.id = d.task_id JOIN footings f ON f.task_id = d.task_id
WHERE d.status IN ('refused', 'exhausted')
  AND NOT EXISTS (SELECT 1 FROM steps s WHERE s.failed_delivery = d.id
                  AND (s.failed_at IS NULL OR s.failed_at = d.ended_at))
  AND NOT EXISTS (SELECT 1 FROM deliveries o WHERE o.status = 'due' AND o.channel = 'email'
                  AND {SIBLING})
  AND NOT EXISTS (SELECT 1 FROM audit a WHERE a.task_id = d.task_id AND a.kind = 'delivery_rebuilt'
                  AND a.detail ->> 'delivery_id' = d.id::text)
  AND NOT EXISTS (SELECT 1 FROM quarantine q WHERE (q.kind, q.id, q.since) = ('delivery', d.id::text, d.ended_at))
ORDER BY d.ended_at, d.id LIMIT %s
FOR NO KEY UPDATE OF t SKIP LOCKED
"""
"""What a rebuild has made out is left to people, and so is a failure that a person has decided on; not the next one.

Who was told above before somebody let a notice be tried again has not heard that it has failed again."""
INSERT: Final[LiteralString] = """
INSERT INTO steps (id, task_id, kind, level, due_at, about, until_seen, status, reason, ended_at, failed_delivery,
                   failed_at)
VALUES (%s, %s, 'escalation', 0, clock_timestamp(), %s, %s, %s, %s, clock_timestamp(), %s, %s)
ON CONFLICT DO NOTHING RETURNING id
"""


async def follow_failures(connection: Connection, policy: ReminderPolicy, *, limit: int) -> int:
    """Escalate, or say why not, for up to `limit` notices that nobody has followed; how many."""
    async with connection.transaction():
        await connection.execute(LOCK)
        async with connection.cursor(row_factory=dict_row) as cursor:
            await cursor.execute(FAILED, (limit,))
            rows = await cursor.fetchall()
        told: set[tuple[object, ...]] = set()
        for row in rows:
            await _follow(connection, row, policy, told)
    return len(rows)


async def _follow(
    connection: Connection, row: dict[str, Any], policy: ReminderPolicy, told: set[tuple[object, ...]]
) -> None:
    def addresses(audience: Audience) -> tuple[str, ...]:
        return tuple(policy.addresses(row["unit_id"], audience, Channel.EMAIL))

    group = (row["task_id"], row["occasion"], row["cause_kind"], row["cause_ref"])
    found: EscalationLevel | StopReason | Later
    if row["told_above"] or group in told:
        found = StopReason.ANOTHER_WAS_TOLD
    else:
        found = after_failure(
            occasion=Occasion(row["occasion"]),
            channel=Channel(row["channel"]),
            audience=Audience(row["audience"]),
            task_is_open=row["task_is_open"],
            seen=row["seen"] and row["until_seen"],
            siblings=[(Channel(by), DeliveryStatus(status)) for by, status in row["siblings"]],
            failed=row["failed"],
            addresses=addresses,
        )
    if isinstance(found, Later):
        return
    step = failure_reminder_id(row["id"], row["ended_at"])
    if not await _keep(connection, step, row, found):
        return
    if isinstance(found, EscalationLevel):
        told.add(group)
        await _tell(connection, step, row, found)
    elif found is StopReason.NOBODY_LEFT:
        log.error("delivery %s reached nobody, and there is nobody else to tell", row["id"])


async def _keep(
    connection: Connection, step: UUID, row: dict[str, Any], found: EscalationLevel | StopReason
) -> bool:
    """Whether it is ours: another runner may have been here."""
    fires = isinstance(found, EscalationLevel)
    status, reason = (ReminderStatus.FIRED, None) if fires else (ReminderStatus.STOPPED, found)
    about = (row["task_id"], row["react_by"], row["until_seen"])
    values = (step, *about, status, reason, row["id"], row["ended_at"])
    return bool(await (await connection.execute(INSERT, values)).fetchall())


async def _tell(
    connection: Connection, step: UUID, row: dict[str, Any], level_reached: EscalationLevel
) -> None:
    deadline = deadline_of(row["react_by"], await begun(connection))
    await add_in_order(
        connection,
        [
            NewDelivery(
                task_id=row["task_id"],
                occasion=Occasion.ESCALATION,
                cause=DeliveryCause.of_step(step),
                channel=Channel.EMAIL,
                audience=level_reached.audience,
                unit_id=row["unit_id"],
                recipient=recipient,
                deadline=deadline,
            )
            for recipient in level_reached.addresses
        ],
    )
