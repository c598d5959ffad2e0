"""Alerts beside those of the eight troubles that can ring and end on a running service within a minute."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from confluent_kafka import Producer

from config.topics import Topic
from tests.faults.rig import WORKERS, Rig
from tests.walks.troubles import Stage, old_facts
from tests.walks.watched_rig import AUDIT, LAG

_WITHIN: Final = 90.0
_LONG: Final = timedelta(minutes=11)
_ASIDE: Final = """
CREATE TABLE put_aside AS SELECT * FROM receipts WHERE status = 'rejected' ORDER BY recorded_at LIMIT 1
"""
_TAKE: Final = """
DELETE FROM receipts WHERE (topic, partition, "offset") IN (SELECT topic, partition, "offset" FROM put_aside)
"""
_BACK: Final = "INSERT INTO receipts SELECT * FROM put_aside"


@dataclass(frozen=True, slots=True)
class Ring:
    """An alert, what makes it ring and what ends it."""

    alert: str
    staged: str
    stage: Callable[[Stage], None]
    lift: Callable[[Stage], None]


@dataclass(frozen=True, slots=True)
class Rung:
    """That it rang, and ended. `missing`: why not; empty where both."""

    alert: str
    staged: str
    rang_after: float = 0.0
    ended_after: float = 0.0
    missing: str = ""


def ring(on: Stage, one: Ring) -> Rung:
    """Never raises for what the service does."""
    began = time.monotonic()
    try:
        try:
            one.stage(on)
            on.watched.alarms.wait_for(one.alert, seconds=_WITHIN)
            rang = time.monotonic()
        finally:
            one.lift(on)
        lifted = time.monotonic()
        on.watched.alarms.wait_for_end(one.alert, seconds=_WITHIN)
    except (TimeoutError, AssertionError) as error:
        return Rung(one.alert, one.staged, missing=str(error) or type(error).__name__)
    ended = time.monotonic()
    return Rung(one.alert, one.staged, round(rang - began, 1), round(ended - lifted, 1))


def _held(*names: str) -> Callable[[Stage], None]:
    return lambda on: on.rig.children.hold(*names)


def _started(*names: str) -> Callable[[Stage], None]:
    return lambda on: on.rig.children.release(*names)


def _long_wait(on: Stage) -> None:
    on.rig.children.hold(*WORKERS)
    old_facts(on, datetime.now(UTC) - _LONG)


def _foreign(on: Stage) -> None:
    producer = Producer({"bootstrap.servers": on.rig.direct, "log_level": 0})
    producer.produce(str(Topic.RECEIPTS), b"{}", b"nobody", partition=0)
    assert producer.flush(20) == 0


def _foreign_dismissed(on: Stage) -> None:
    on.watched.command(
        "quarantine", "dismiss", "--kind", "foreign", "--because", "a test wrote it", "--as", "walks", "--yes"
    )


def _taken_away(on: Stage) -> None:
    _do(on.rig, _ASIDE, _TAKE)


def _put_back(on: Stage) -> None:
    _do(on.rig, _BACK, "DROP TABLE put_aside")


def _do(rig: Rig, *statements: str) -> None:
    with rig.connect() as connection, connection.transaction():
        for statement in statements:
            connection.execute(statement.encode())


RINGS: Final = (
    Ring("FrafaldsvarselLagUnknown", "`lag` is ended, and started again", _held(LAG), _started(LAG)),
    Ring(
        "FrafaldsvarselAuditStandsStill",
        "the audit is ended, and started again",
        _held(AUDIT),
        _started(AUDIT),
    ),
    Ring(
        "FrafaldsvarselDutyLagLong",
        "the workers stand still, and the first facts that wait are eleven minutes old; then they are started",
        _long_wait,
        _started(*WORKERS),
    ),
    Ring(
        "FrafaldsvarselForeignRecords",
        "somebody writes a record on `receipts`; then it is dismissed with a reason",
        _foreign,
        _foreign_dismissed,
    ),
    Ring(
        "FrafaldsvarselUnaccounted",
        "somebody deletes a receipt in the database; then it is put back",
        _taken_away,
        _put_back,
    ),
)
