"""The auditor as a process: it counts for ever, says when something changes, and redrives, but nothing for ever.

What is still missing after a few redrives is a fault for people: driving it again would only fill the log of events.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import NoReturn

from prometheus_client import start_http_server

from config.environments import AuditEnvironment
from config.errors import ConfigError, Fault
from config.reference.csv_reader import DATA
from config.sections.base import PREFIX
from frafaldsvarsel.wiring import probe as probe_wiring
from infra.metrics import Metrics
from infra.postgres_timeouts import CONNECT_SECONDS, TimeoutConnection, statement_timeouts
from ops.audit.auditor import audit
from ops.audit.heartbeat import Heartbeat
from ops.audit.index import AuditIndex
from ops.audit.kafka_log import KafkaLog
from ops.audit.metrics import AUDIT_METRICS
from ops.audit.oracle import Oracle
from ops.audit.report import AuditReport
from ops.audit.rounds import Redrive, Rounds, RunAudit


def once(settings: AuditEnvironment, grace: timedelta) -> AuditReport:
    """One audit. With the setting AUDIT_FILE it reads only what is new since the last one."""
    with auditor(settings) as count:
        return count(grace)


@contextmanager
def auditor(settings: AuditEnvironment) -> Iterator[RunAudit]:
    """Something that audits again and again, and reads the log once."""
    try:
        index = AuditIndex(settings.audit.file)
    except sqlite3.OperationalError as error:
        raise ConfigError([Fault(f"{PREFIX}AUDIT_FILE cannot be opened: {error}.")]) from None
    counting = KafkaLog(settings.kafka)

    def count(grace: timedelta) -> AuditReport:
        oracle = Oracle(settings.reference.directory or DATA)
        with TimeoutConnection.connect(
            settings.database.url.get_secret_value(),
            options=statement_timeouts(TimeoutConnection.patience_seconds),
            application_name="frafaldsvarsel-audit",
            connect_timeout=CONNECT_SECONDS,
        ) as connection:
            try:
                return audit(
                    counting,
                    connection,
                    grace=grace,
                    index=index,
                    oracle=oracle,
                    maildir=settings.bounces.maildir,
                )
            except sqlite3.OperationalError:
                raise
            except sqlite3.DatabaseError:
                # Damaged under our hands: what it held is on the log, and is read again.
                index.forget()
                raise

    try:
        yield count
    finally:
        counting.close()
        index.close()


def watch(
    settings: AuditEnvironment,
    *,
    grace: timedelta,
    seconds: int,
    redrive: Redrive | None,
    metrics_port: int | None = None,
) -> NoReturn:
    """Audit every `seconds`; waits, and says so, while Kafka or PostgreSQL cannot be reached."""
    shown = Metrics(AUDIT_METRICS)
    if metrics_port is not None:
        start_http_server(metrics_port, registry=shown.registry)
    rounds = Rounds(
        redrive=redrive,
        heartbeat=Heartbeat(settings.audit.heartbeat_file, settings.audit.heartbeat_url),
        shown=shown,
        canary_within=probe_wiring.probe_within(settings.interval),
    )
    with auditor(settings) as count:
        while True:
            rounds.round(count, grace)
            time.sleep(seconds)
