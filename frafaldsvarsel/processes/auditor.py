"""The auditor as a process: it counts for ever, says when something changes, and drives again what is missing, once.

What is still missing then is a fault for people: driving it again would only fill the log of events.
"""

import logging
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, NoReturn

import psycopg

from config.environments import AuditEnvironment
from config.errors import ConfigError, Fault
from config.reference.csv_reader import DATA
from config.sections.base import PREFIX
from config.sections.servers import ReferenceSection
from frafaldsvarsel.processes.watched import watched
from frafaldsvarsel.wiring import probe as probe_wiring
from frafaldsvarsel.wiring.common import stream_mac, unsigned
from infra.health import Health
from infra.metrics import Metrics, Snapshot
from infra.postgres_timeouts import TimeoutConnection, patient_connection
from ops.audit.auditor import audit
from ops.audit.heartbeat import Heartbeat
from ops.audit.index import AuditIndex
from ops.audit.kafka_log import KafkaLog
from ops.audit.metrics import AUDIT_METRICS
from ops.audit.oracle import Oracle
from ops.audit.redriven import note_redriven
from ops.audit.report import AuditReport, Missing
from ops.audit.rounds import Redrive, Rounds, RunAudit, drive_nothing, due_of
from ops.recovery.figures import for_people
from ops.recovery.metrics import FOR_PEOPLE_METRICS

log = logging.getLogger(__name__)

_ROUND_SECONDS: Final = 900.0
"""Beside the pause between two of them, a round that takes longer hangs: the largest known one takes a minute."""


def once(settings: AuditEnvironment, grace: timedelta) -> AuditReport:
    """One audit. With the setting AUDIT_FILE it reads only what is new since the last one."""
    with auditor(settings) as auditing:
        return auditing.count(grace)


def heal(settings: AuditEnvironment, grace: timedelta, redrive: Redrive) -> tuple[AuditReport, list[Missing]]:
    """One audit, and what was driven again after it."""
    with auditor(settings, redrive) as auditing:
        result = auditing.count(grace)
        return result, auditing.redrive(due_of(result))


@dataclass(frozen=True, slots=True)
class Auditing:
    """Counts again and again, and reads the log once; what was driven again is remembered in the same file."""

    count: RunAudit
    redrive: Redrive


@contextmanager
def auditor(
    settings: AuditEnvironment,
    redrive: Redrive = drive_nothing,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Iterator[Auditing]:
    """An audit that is open. Without `redrive` nothing is driven again."""
    latest = oracles(settings.reference)
    try:
        index = AuditIndex(settings.audit.file)
    except sqlite3.OperationalError as error:
        raise ConfigError([Fault(f"{PREFIX}AUDIT_FILE cannot be opened: {error}.")]) from None
    counting = KafkaLog(settings.kafka, stream_mac(settings.stream))

    def count(grace: timedelta) -> AuditReport:
        oracle = latest()
        with _connection(settings) as connection:
            try:
                return audit(
                    counting,
                    connection,
                    grace=grace,
                    now=clock(),
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

    def drive(due: Sequence[Missing]) -> list[Missing]:
        if redrive is drive_nothing:
            return []
        driven = redrive(due)
        # Also what could not be driven: to try it again each round would help nobody.
        note_redriven(index, due)
        return driven

    try:
        yield Auditing(count, drive)
    finally:
        counting.close()
        index.close()


def _connection(settings: AuditEnvironment) -> TimeoutConnection:
    return patient_connection(settings.database.url.get_secret_value(), "audit")


def _show_people(settings: AuditEnvironment, shown: Snapshot) -> None:
    """While it cannot be read nothing is shown: an old number would look like a quiet day."""
    try:
        with _connection(settings) as connection:
            shown.show(list(for_people(connection)))
    except psycopg.Error as error:
        log.warning("what waits for people cannot be read: %s", type(error).__name__)
        shown.show(())


def oracles(section: ReferenceSection) -> Callable[[], Oracle]:
    """The tables as they lie there now, or as they last were signed; raises `ConfigError` where they never were."""
    if faults := unsigned(section):
        raise ConfigError(faults)
    known = Oracle(section.directory or DATA)

    def latest() -> Oracle:
        nonlocal known
        if not unsigned(section):
            known = Oracle(section.directory or DATA)
        return known

    return latest


def watch(
    settings: AuditEnvironment,
    *,
    grace: timedelta,
    seconds: int,
    redrive: Redrive = drive_nothing,
    metrics_port: int | None = None,
) -> NoReturn:
    """Audit every `seconds`; waits, and says so, while Kafka or PostgreSQL cannot be reached."""
    shown, people = Metrics(AUDIT_METRICS), Snapshot(FOR_PEOPLE_METRICS)
    shown.registry.register(people)
    health = Health("servers", loop_seconds=_ROUND_SECONDS + seconds)
    with (
        watched(metrics_port, shown.registry, health),
        auditor(settings, redrive) as auditing,
    ):
        rounds = Rounds(
            redrive=auditing.redrive,
            heartbeat=Heartbeat(settings.audit.heartbeat_file, settings.audit.heartbeat_url),
            shown=shown,
            canary_within=probe_wiring.probe_within(settings.interval),
        )
        while True:
            health.set("servers", rounds.round(auditing.count, grace) is not None)
            health.turn()
            _show_people(settings, people)
            health.turn()
            time.sleep(seconds)
