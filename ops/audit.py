"""The auditor: holds Kafka's log against the ledger, hop by hop, with another client than the service's.

It reads and counts; driving again what is missing is `frafaldsvarsel.heal`'s.
"""

from datetime import timedelta
from typing import Final

from ops.accounts import Audit
from ops.hops import applied, decisions, deliveries, notices, person_events, receipts, tasks
from ops.hops.desk import Connection, Desk
from ops.log import Log

HOPS: Final = (
    receipts.count,
    person_events.count,
    applied.count,
    decisions.count,
    tasks.count,
    notices.count,
    deliveries.count,
)


def audit(log: Log, connection: Connection, *, grace: timedelta) -> Audit:
    """The accounting now. What is younger than `grace` counts as under way."""
    desk = Desk(log, connection, grace=grace)
    accounts = tuple(count(desk) for count in HOPS)
    return Audit(accounts=accounts, exceptions=tuple(desk.missing))
