"""A unit lets a mail or webhook that reached nobody be tried once more: the same notice, under the same id.

It makes nothing out and writes no mail anew, so a receiver that has it already knows it again. Whether it still fits
its task is the notifier's to ask, as before every attempt.
"""

from datetime import datetime
from typing import Final, LiteralString
from uuid import UUID

from psycopg.types.json import Jsonb

from infra.postgres import Connection
from ledger.actions.perform import BECOME_ACT, PERSON_OF
from ledger.store import audit_trail, deliveries
from ledger.tasks.policy import deadline_of
from models.audit_kind import AuditKind
from models.tasks.actions import Actor

MOST_AN_HOUR: Final = 30
"""Of one unit. Where more reach nobody, an address or an endpoint is wrong, and sending again mends neither."""
NOTICE_OF: Final[LiteralString] = """
SELECT d.task_id, d.unit_id, t.react_by, now() FROM deliveries d JOIN tasks t ON t.id = d.task_id
WHERE d.id = %(delivery)s AND d.unit_id = ANY(%(units)s) AND t.unit_id = ANY(%(units)s)
"""
SENT_AGAIN_LATELY: Final[LiteralString] = f"""
SELECT count(*) FROM audit
WHERE kind = '{AuditKind.DELIVERY_SENT_AGAIN}' AND at > now() - interval '1 hour' AND detail ->> 'unit' = %(unit)s
"""


class NoSuchNotice(LookupError):
    """There is none, or it is another unit's: nobody learns which."""


class NotAgain(RuntimeError):
    """It is under way or has arrived: there is nothing to be sent."""


class TooManyAgain(RuntimeError):
    """The unit has let so many go again within the hour that the next one waits."""


async def send_again(connection: Connection, *, delivery: UUID, units: frozenset[str], by: Actor) -> None:
    """In a transaction of its own; `connection` is in autocommit.

    Raises `NoSuchNotice`, `TooManyAgain`, `NotAgain`.
    """
    async with connection.transaction():
        cursor = await connection.execute(NOTICE_OF, {"delivery": delivery, "units": sorted(units)})
        found = await cursor.fetchone()
        if found is None:
            raise NoSuchNotice(str(delivery))
        task_id, unit, react_by, now = found
        cursor = await connection.execute(SENT_AGAIN_LATELY, {"unit": unit})
        ((lately,),) = await cursor.fetchall()
        if lately >= MOST_AN_HOUR:
            raise TooManyAgain(f"more than {MOST_AN_HOUR} within an hour")
        if await (await connection.execute(PERSON_OF, (task_id, sorted(units)))).fetchone() is None:
            raise NoSuchNotice(str(delivery))
        await connection.execute(BECOME_ACT)
        deadline = deadline_of(react_by, now)
        await put_back(connection, delivery=delivery, units=units, deadline=deadline, by=by, unit=unit)


async def put_back(
    connection: Connection, *, delivery: UUID, units: frozenset[str], deadline: datetime, by: Actor, unit: str
) -> None:
    """What runs under the act's role; raises `NotAgain`."""
    values = {
        "id": delivery,
        "units": sorted(units),
        "deadline": deadline,
        "kind": AuditKind.DELIVERY_SENT_AGAIN,
        "detail": Jsonb({**audit_trail.by_actor(by), "unit": unit}),
    }
    if (await connection.execute(deliveries.SEND_AGAIN, values)).rowcount != 1:
        raise NotAgain(str(delivery))
    await connection.execute(deliveries.NOTIFY)
