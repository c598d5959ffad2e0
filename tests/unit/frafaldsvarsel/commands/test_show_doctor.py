"""What a doctor has found, in a terminal of 80 columns."""

from datetime import UTC, datetime, timedelta
from typing import Final

from doctor.diagnosis import Diagnosis, HealthCheck, fault, fine, in_order, unknown, warning
from frafaldsvarsel.commands.show_doctor import lines_of

NOW: Final = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LONG: Final = "Every word of this sentence is needed, " * 4


def shown(*found: Diagnosis, everything: bool = False, width: int = 80) -> list[str]:
    lines = lines_of(in_order(found), NOW, width, everything=everything)
    return [part for line in lines for part in line.plain.split("\n")]


def test_the_whole_stands_as_an_operator_reads_it() -> None:
    found = shown(
        fine(HealthCheck.DISK, "Room."),
        unknown(HealthCheck.OUTBOX, "See postgresql."),
        unknown(HealthCheck.SCHEMA, "See postgresql."),
        warning(HealthCheck.LAW, "It ends.", "Read the next."),
        fault(HealthCheck.GROUPS, "No ledger runs.", "Start it.", NOW - timedelta(minutes=12)),
        fault(HealthCheck.SETTINGS, "A is missing.", "Correct it."),
        fault(HealthCheck.SETTINGS, "B is missing.", "Correct it."),
    )
    assert found == [
        "✗ settings  A is missing.",
        "✗ settings  B is missing.",
        "  → Correct it.",
        "  docs/doctor.md#settings",
        "",
        "✗ groups  No ledger runs.",
        "  since 2026-03-02 09:48 (12 min)",
        "  → Start it.",
        "  docs/runbooks/consumer-stands-still.md",
        "",
        "! law  It ends.",
        "  → Read the next.",
        "  docs/doctor.md#law",
        "",
        "? schema, outbox",
        "  See postgresql.",
        "",
        "✓ 1 of 7 are fine (--all lists them).",
    ]


def test_nothing_is_wider_than_the_terminal() -> None:
    found = shown(
        fault(HealthCheck.GROUPS, LONG, LONG),
        unknown(HealthCheck.LAG, LONG),
        fine(HealthCheck.DISK, LONG),
        everything=True,
    )
    assert max(map(len, found)) <= 80
    assert [line for line in found if line != line.rstrip()] == []


def test_what_is_fine_is_listed_when_it_is_asked_for() -> None:
    assert shown(fine(HealthCheck.DISK, "Room."), everything=True) == ["✓ disk  Room."]


def test_a_sentence_in_brackets_is_no_markup() -> None:
    assert shown(fault(HealthCheck.GROUPS, "It is [red]so[/].", ""))[0] == "✗ groups  It is [red]so[/]."
