"""Disk, heartbeat, the auditor's last word, clocks."""

from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from doctor.judgements import machine
from doctor.judgements.clocks import ClockReadings, clocks
from doctor.readers.auditor import AuditSaid
from doctor.readers.machine import Room, Rooms
from models.service_status import Level

NOW: Final = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
GB: Final = 1024**3


def room(free: float, total: float = 100, *, files: float = 1.0, read_only: bool = False) -> Room:
    return Room(("AUDIT_FILE",), round(free * GB), round(total * GB), files, read_only)


@pytest.mark.parametrize(
    ("one", "level"),
    [
        (room(50), Level.FINE),
        (room(9), Level.WARNING),
        (room(0.9), Level.FAULT),
        (room(0.05), Level.FAULT),
        (room(200, 10_000), Level.FINE),
        (room(0.8, 1), Level.WARNING),
        (room(50, files=0.05), Level.WARNING),
        (room(50, files=0.001), Level.FAULT),
        (room(50, read_only=True), Level.FAULT),
    ],
)
def test_room_on_the_disk(one: Room, level: Level) -> None:
    """A part of a large disk is much; of a small one, little is left by any measure."""
    [found] = machine.disk(Rooms([one], []))
    assert found.level is level, found.sentence


def test_a_folder_that_is_not_there_is_named_by_its_variable() -> None:
    [found] = machine.disk(Rooms([room(50)], ["WORKER_DATA_DIR"]))
    assert (found.level, "WORKER_DATA_DIR" in found.sentence) == (Level.WARNING, True)


def test_a_heartbeat_has_a_place_and_comes() -> None:
    assert machine.heartbeat(False, None, NOW).level is Level.WARNING
    assert machine.heartbeat(True, None, NOW).level is Level.FINE
    assert machine.heartbeat(True, NOW - timedelta(minutes=4), NOW).level is Level.FINE
    silent = machine.heartbeat(True, NOW - timedelta(minutes=6), NOW)
    assert (silent.level, silent.since) == (Level.FAULT, NOW - timedelta(minutes=6))


@pytest.mark.parametrize(
    ("unaccounted", "minutes", "level"), [(0, 1, Level.FINE), (2, 1, Level.FAULT), (0, 6, Level.FAULT)]
)
def test_what_the_auditor_last_said(unaccounted: int, minutes: int, level: Level) -> None:
    said = AuditSaid(unaccounted, NOW - timedelta(minutes=minutes), None)
    assert machine.audit(said, NOW).level is level


def test_an_auditor_that_has_not_come_to_an_end_has_said_nothing() -> None:
    assert machine.audit(AuditSaid(0, None, None), NOW).level is Level.WARNING


@pytest.mark.parametrize(
    ("postgres", "newest", "canary", "levels"),
    [
        (0.2, -9000.0, 0.8, [Level.FINE]),
        (-6.0, None, None, [Level.WARNING]),
        (61.0, None, None, [Level.FAULT]),
        (0.0, 61.0, None, [Level.FAULT]),
        (0.0, 0.0, -120.0, [Level.FAULT]),
        (None, None, None, [Level.FINE]),
    ],
)
def test_clocks_that_go_wrong(
    postgres: float | None, newest: float | None, canary: float | None, levels: list[Level]
) -> None:
    """An old record says nothing of the brokers' clock; one of the future does."""
    found = clocks(
        ClockReadings(postgres_ahead=postgres, newest_ahead=newest, brokers_ahead_of_canary=canary)
    )
    assert [one.level for one in found] == levels
