"""The morning mail of the units that want one: made due once for each morning on which the unit is at work.

A morning that was slept through is not made up for: the next mail lists the same tasks.
"""

import logging
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Final, LiteralString

from infra.postgres import Connection
from ledger.store.deliveries import add_in_order
from ledger.store.repository import now as begun
from ledger.tasks.rows import NewDelivery
from models.calendar import copenhagen_date
from models.notifications.cause import DeliveryCause
from models.notifications.delivery import Audience, Channel, Occasion
from models.tasks.escalation import LADDER, EscalationLevel, next_level, reached
from models.tasks.reminders import ReminderPolicy

log = logging.getLogger(__name__)

_AT_LEAST: Final = timedelta(hours=1)
INSERT: Final[LiteralString] = """
INSERT INTO digests (unit_id, day, due_at, status, reason) VALUES (%s, %s, %s, %s, %s)
ON CONFLICT DO NOTHING RETURNING day
"""
ANY_OPEN: Final[LiteralString] = """
SELECT EXISTS (SELECT 1 FROM footings WHERE unit_id = %s AND status = 'open' AND open_since < %s)
"""
_BOUNCE_DAYS: Final = 7
"""A mail that the relay has taken may come back days later, and then nobody was told."""
FAILED: Final[LiteralString] = """
SELECT g.unit_id, g.day, array_agg(DISTINCT d.audience), array_agg(d.recipient)
FROM digests g JOIN deliveries d ON (d.unit_id, d.cause_ref) = (g.unit_id, g.day::text)
WHERE d.occasion = 'digest' AND d.cause_kind = 'digest' AND d.cause_ref = ANY(%s) AND g.status = 'fired'
GROUP BY g.unit_id, g.day HAVING bool_and(d.status IN ('refused', 'exhausted'))
"""
NOBODY: Final[LiteralString] = """
UPDATE digests SET reason = %s WHERE (unit_id, day) = (%s, %s) AND reason IS NULL RETURNING day
"""


class NoDigest(StrEnum):
    """Why a morning's mail told nobody."""

    NOTHING_OPEN = "nothing_open"
    """Or nothing that was open before the morning: what came since has its own notice."""
    CLOSED_AGAIN = "closed_again"
    """The service came back after the unit's closing time."""
    NOBODY_LEFT = "nobody_left"
    """It was sent, and no address is left that has not failed: for people."""


class Digests:
    """Remembers which mornings are settled, so that the ledger is asked once for each."""

    def __init__(self, policy: ReminderPolicy) -> None:
        self._policy = policy
        self._settled: set[tuple[str, date]] = set()

    async def fire(self, connection: Connection) -> int:
        """Make the mails of this morning due; how many mornings were settled."""
        if not self._policy.digest_units:
            return 0
        async with connection.transaction():
            now = await begun(connection)
            today = copenhagen_date(now)
            self._settled = {one for one in self._settled if one[1] == today}
            due = [unit for unit in self._policy.digest_units if self._is_due(unit, today, now)]
            for unit in due:
                await self._settle(connection, unit, today, now)
            await self._follow(connection, now)
        self._settled |= {(unit, today) for unit in due}
        return len(due)

    def _is_due(self, unit: str, today: date, now: datetime) -> bool:
        if (unit, today) in self._settled or self._policy.digest(unit, today) is None:
            return False
        window = self._policy.hours(unit).window(today)
        return window is not None and window[0] <= now

    async def _settle(self, connection: Connection, unit: str, today: date, now: datetime) -> None:
        window = self._policy.hours(unit).window(today)
        if window is None:
            return
        opens, closes = window
        rows = await (await connection.execute(ANY_OPEN, (unit, opens))).fetchall()
        reason = NoDigest.CLOSED_AGAIN if now >= closes else None if rows[0][0] else NoDigest.NOTHING_OPEN
        values = (unit, today, opens, "stopped" if reason else "fired", reason)
        mine = await (await connection.execute(INSERT, values)).fetchall()
        if not mine or reason is not None:
            return
        to = reached(Audience.UNIT, partial(self._mail_of, unit))
        await self._write(connection, unit, today, now, EscalationLevel(Audience.UNIT, to))

    def _mail_of(self, unit: str, audience: Audience) -> Sequence[str]:
        return self._policy.addresses(unit, audience, Channel.EMAIL)

    async def _follow(self, connection: Connection, now: datetime) -> None:
        """A morning mail that reached nobody goes one rung up: it may be all that speaks of a date that has passed."""
        today = copenhagen_date(now)
        days = [DeliveryCause.of_digest(today - timedelta(days=ago)).ref for ago in range(_BOUNCE_DAYS + 1)]
        for unit, day, audiences, failed in await (await connection.execute(FAILED, (days,))).fetchall():
            highest = max(map(Audience, audiences), key=LADDER.index)
            found = next_level(highest, failed, partial(self._mail_of, unit))
            if found is not None:
                await self._write(connection, unit, day, now, found)
            elif await (await connection.execute(NOBODY, (NoDigest.NOBODY_LEFT, unit, day))).fetchall():
                log.error("the morning mail of %s reached nobody, and there is nobody else to tell", unit)

    async def _write(
        self, connection: Connection, unit: str, day: date, now: datetime, level_reached: EscalationLevel
    ) -> None:
        window = self._policy.hours(unit).window(day)
        closes = now if window is None else window[1]
        await add_in_order(
            connection,
            [
                NewDelivery(
                    task_id=None,
                    occasion=Occasion.DIGEST,
                    cause=DeliveryCause.of_digest(day),
                    channel=Channel.EMAIL,
                    audience=level_reached.audience,
                    unit_id=unit,
                    recipient=recipient,
                    deadline=max(closes, now + _AT_LEAST),
                )
                for recipient in level_reached.addresses
            ],
        )
