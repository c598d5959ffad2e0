"""The auditor as a process: it counts for ever, says when something changes, and heals, but nothing for ever.

What is still missing after a few healings is a fault for people: driving it again would only fill the log of events.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import NoReturn

from prometheus_client import start_http_server

from config.errors import ConfigError, Fault
from config.settings import PREFIX, Settings
from frafaldsvarsel.wiring import common as common_wiring
from frafaldsvarsel.wiring import probe as probe_wiring
from frafaldsvarsel.wiring.redrive import redriver
from infra.metrics import Metrics
from infra.postgres_timeouts import CONNECT_SECONDS, PatientConnection, limits
from ops.audit.auditor import audit
from ops.audit.heartbeat import Heartbeat
from ops.audit.index import Notes
from ops.audit.kafka_log import Log
from ops.audit.metrics import AUDIT_METRICS
from ops.audit.oracle import Oracle
from ops.audit.report import Audit
from ops.audit.rounds import Count, Rounds


def once(settings: Settings, grace: timedelta) -> Audit:
    """One audit. With the setting AUDIT_FILE it reads only what is new since the last one."""
    with auditor(settings) as count:
        return count(grace)


@contextmanager
def auditor(settings: Settings) -> Iterator[Count]:
    """Something that audits again and again, and reads the log once."""
    try:
        notes = Notes(settings.audit_file)
    except sqlite3.OperationalError as error:
        raise ConfigError([Fault(f"{PREFIX}AUDIT_FILE cannot be opened: {error}.")]) from None
    counting = Log(settings.kafka)

    def count(grace: timedelta) -> Audit:
        oracle = Oracle(common_wiring.reference_dir(settings))
        with PatientConnection.connect(
            settings.database_url.get_secret_value(),
            options=limits(PatientConnection.patience_seconds),
            application_name="frafaldsvarsel-audit",
            connect_timeout=CONNECT_SECONDS,
        ) as connection:
            try:
                return audit(
                    counting,
                    connection,
                    grace=grace,
                    notes=notes,
                    oracle=oracle,
                    maildir=settings.bounce_maildir,
                )
            except sqlite3.OperationalError:
                raise
            except sqlite3.DatabaseError:
                # Damaged under our hands: what it held is on the log, and is read again.
                notes.forget()
                raise

    try:
        yield count
    finally:
        counting.close()
        notes.close()


def watch(
    settings: Settings, *, grace: timedelta, seconds: int, healing: bool, metrics_port: int | None = None
) -> NoReturn:
    """Audit every `seconds`; waits, and says so, while Kafka or PostgreSQL cannot be reached."""
    shown = Metrics(AUDIT_METRICS)
    if metrics_port is not None:
        start_http_server(metrics_port, registry=shown.registry)
    rounds = Rounds(
        heal=redriver(settings) if healing else None,
        heartbeat=Heartbeat(settings.heartbeat_file, settings.heartbeat_url),
        shown=shown,
        canary_within=probe_wiring.canary_within(settings),
    )
    with auditor(settings) as count:
        while True:
            rounds.round(count, grace)
            time.sleep(seconds)
