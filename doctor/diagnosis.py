"""What was looked at, and what was found: a level, a sentence, since when, and what to do. No personal data."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from models.service_status import Level


class HealthCheck(StrEnum):
    """Everything that is looked at; `docs/doctor.md` has a section of the same name for each."""

    SETTINGS = "settings"
    REFERENCE = "reference-data"
    KEYS = "key-ring"
    SENDERS = "senders"
    CHANNELS = "channels"
    CLIENTS = "api-clients"
    PROBE_KEYS = "probe-keys"
    LAW = "law"
    HOLIDAYS = "holidays"
    ADDRESSES = "addresses"
    KAFKA = "kafka"
    TOPICS = "topics"
    COPIES = "copies"
    RIGHTS = "rights"
    GROUPS = "groups"
    LAG = "lag"
    RETENTION = "retention"
    POSTGRES = "postgresql"
    SCHEMA = "schema"
    DATABASE_RIGHTS = "database-rights"
    OPERATORS = "operators"
    OUTBOX = "outbox"
    DELIVERIES = "deliveries"
    NOTICES = "failed-notices"
    ENDPOINTS = "endpoints"
    STEPS = "reminders"
    QUARANTINE = "quarantine"
    BOUNDS = "sender-bounds"
    UNDECIDED = "undecided"
    OVERDUE = "overdue"
    CANARY = "canary"
    CLOCKS = "clocks"
    DISK = "disk"
    KAFKA_CERTIFICATE = "kafka-certificate"
    CLIENT_CERTIFICATE = "client-certificate"
    RELAY = "relay"
    LOG_IN = "log-in"
    HEARTBEAT = "heartbeat"
    AUDIT = "audit"


RUNBOOKS: Final = {
    HealthCheck.GROUPS: "consumer-stands-still",
    HealthCheck.LAG: "duty-lag",
    HealthCheck.RETENTION: "retention",
    HealthCheck.DELIVERIES: "notices-late",
    HealthCheck.NOTICES: "nobody-told",
    HealthCheck.BOUNDS: "sender-over-bound",
    HealthCheck.CANARY: "canary",
    HealthCheck.RELAY: "no-way-out",
    HealthCheck.AUDIT: "unaccounted",
}
"""Of what an alert rings for as well; everything else stands in `docs/doctor.md`."""


def page(check: HealthCheck) -> str:
    """Where a person reads on, from the root of the repository."""
    runbook = RUNBOOKS.get(check)
    return f"docs/doctor.md#{check}" if runbook is None else f"docs/runbooks/{runbook}.md"


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """One thing that was found."""

    check: HealthCheck
    level: Level
    sentence: str
    since: datetime | None = None
    """None: it cannot be known, or nothing is wrong."""
    advice: str = ""
    """What to do, in a sentence; empty where nothing is to be done."""


def fine(check: HealthCheck, sentence: str) -> Diagnosis:
    """Nothing is wrong with it."""
    return Diagnosis(check=check, level=Level.FINE, sentence=sentence)


def warning(check: HealthCheck, sentence: str, advice: str, since: datetime | None = None) -> Diagnosis:
    """Something will be wrong, or waits for a person."""
    return Diagnosis(check=check, level=Level.WARNING, sentence=sentence, since=since, advice=advice)


def fault(check: HealthCheck, sentence: str, advice: str, since: datetime | None = None) -> Diagnosis:
    """Something is wrong now."""
    return Diagnosis(check=check, level=Level.FAULT, sentence=sentence, since=since, advice=advice)


def unknown(check: HealthCheck, why: str) -> Diagnosis:
    """It could not be looked at."""
    return Diagnosis(check=check, level=Level.UNKNOWN, sentence=why)


def in_order(found: Iterable[Diagnosis]) -> list[Diagnosis]:
    """The faults first, then the warnings; within a level as the checks stand in their list."""
    levels, checks = list(Level), list(HealthCheck)
    return sorted(found, key=lambda one: (levels.index(one.level), checks.index(one.check)))
