"""The auditor: holds Kafka's log against the ledger, hop by hop, with another client than the service's.

It reads and counts; driving again what is missing is `ops.recovery.redrive`'s.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from psycopg.pq import TransactionStatus

from config.reference.csv_reader import DATA
from infra.postgres import SyncConnection
from ops.audit import catch_up, last_probe
from ops.audit.checks import (
    acts,
    applied,
    bounces,
    bounds,
    closings,
    decisions,
    deliveries,
    foreign,
    names_nothing,
    notices,
    offsets,
    person_events,
    receipts,
    revisions,
    sequences,
    steps,
    tasks,
    totals,
    transfers,
    webhooks,
)
from ops.audit.checks.context import CheckContext, ask_first, observe
from ops.audit.index import AuditIndex
from ops.audit.kafka_log import KafkaLog
from ops.audit.oracle import Oracle
from ops.audit.prune import prune
from ops.audit.redriven import mark_redriven
from ops.audit.report import AuditReport, Check
from ops.audit.waiting import waiting

COUNTS: Final = (
    receipts.count,
    sequences.count,
    totals.count,
    person_events.count,
    applied.count,
    bounds.count,
    foreign.count,
    names_nothing.count,
    decisions.count,
    revisions.count,
    tasks.count,
    acts.count,
    closings.count,
    transfers.count,
    notices.count,
    deliveries.count,
    webhooks.count,
    bounces.count,
    steps.count,
    offsets.count,
)
"""In an order in which each finds what it asks of those before it: of a backlog the receipts know."""


def audit(
    log: KafkaLog,
    connection: SyncConnection,
    *,
    grace: timedelta,
    now: datetime,
    index: AuditIndex | None = None,
    oracle: Oracle | None = None,
    maildir: Path | None = None,
) -> AuditReport:
    """The accounting now. What waits for its step counts as under way, and so does what is younger than `grace`.

    Without `index` the log is read from its start; with them, from where they end.
    `maildir`: where mails come back to; without it nothing is said of what lies there.
    """
    kept = AuditIndex() if index is None else index
    handed = log.handed
    try:
        kept.begin(log.cluster())
        # The long part, when nothing is noted yet: no transaction should be open meanwhile.
        catch_up.read_on(log, kept)
        claims = ask_first(log, kept)
        with _one_moment(connection):
            context = CheckContext(
                log,
                connection,
                index=kept,
                oracle=Oracle(DATA) if oracle is None else oracle,
                moment=observe(log, kept, connection, claims),
                grace=grace,
                now=now,
                maildir=maildir,
            )
            accounts = {account.hop: account for account in (count(context) for count in COUNTS)}
            prune(kept, context.moment.input)
            return AuditReport(
                accounts=tuple(accounts[check] for check in Check),
                exceptions=mark_redriven(kept, context.missing),
                lags=offsets.lags(context),
                waiting=waiting(context),
                oldest_seconds=context.oldest_seconds,
                canary_home_at=last_probe.last_home(context.rows),
                read=log.handed - handed,
            )
    finally:
        if index is None:
            kept.close()


@contextmanager
def _one_moment(connection: SyncConnection) -> Iterator[None]:
    """All hops are counted at one moment, or rows that arrive meanwhile would upset the sums."""
    fresh = connection.info.transaction_status is TransactionStatus.IDLE
    with connection.transaction():
        if fresh:
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield
