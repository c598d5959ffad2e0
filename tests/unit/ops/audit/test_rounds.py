"""The auditor redrives, but nothing for ever, and gives a sign of life only while all holds."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from config.environments import AuditEnvironment
from config.errors import ConfigError
from config.settings import PREFIX, load
from frafaldsvarsel.processes.auditor import auditor
from infra.metrics import Metrics
from ops.audit.heartbeat import Heartbeat
from ops.audit.kafka_log import LogUnreachable
from ops.audit.metrics import AUDIT_METRICS
from ops.audit.report import (
    CHECK_OF,
    STUCK_AFTER_SECONDS,
    AuditReport,
    Check,
    CheckResult,
    GapKind,
    Missing,
    Waiting,
)
from ops.audit.rounds import Redrive, Rounds, RunAudit, drive_nothing

GRACE: Final = timedelta(0)


def missing(offset: int) -> Missing:
    return Missing(hop=Check.RECEIPTS, what="no receipt", topic="enrolments", partition=0, offset=offset)


def sound(**changes: Any) -> AuditReport:
    return AuditReport(accounts=(CheckResult(hop=Check.RECEIPTS, total=1, parts={"accepted": 1}),), **changes)


def unsound(**changes: Any) -> AuditReport:
    account = CheckResult(hop=Check.RECEIPTS, total=1, parts={}, unaccounted=1)
    return AuditReport(accounts=(account,), exceptions=(missing(1).model_copy(update=changes),))


def away(_: timedelta) -> AuditReport:
    raise LogUnreachable("Kafka does not answer.")


@pytest.fixture
def beat(tmp_path: Path) -> Path:
    return tmp_path / "beat"


def rounds(beat: Path, *, redrive: Redrive = drive_nothing) -> tuple[Rounds, Metrics]:
    shown = Metrics(AUDIT_METRICS)
    return Rounds(redrive=redrive, heartbeat=Heartbeat(beat), shown=shown), shown


def value(shown: Metrics, name: str, **labels: str) -> float | None:
    return shown.registry.get_sample_value(name, labels)


def test_the_heart_beats_while_everything_is_accounted_for(beat: Path) -> None:
    going, shown = rounds(beat)
    assert going.round(lambda _: sound(), GRACE) is not None
    assert beat.exists()
    assert value(shown, "frafaldsvarsel_heartbeat_timestamp_seconds")


@pytest.mark.parametrize("count", [lambda _: unsound(), away], ids=["unaccounted", "cannot count"])
def test_nothing_is_sent_while_something_is_missing_or_nobody_can_count(beat: Path, count: RunAudit) -> None:
    going, shown = rounds(beat)
    started = value(shown, "frafaldsvarsel_heartbeat_timestamp_seconds")
    going.round(count, GRACE)
    assert not beat.exists()
    assert value(shown, "frafaldsvarsel_heartbeat_timestamp_seconds") == started


def test_an_auditor_without_a_place_for_its_heartbeat_says_so() -> None:
    shown = Metrics(AUDIT_METRICS)
    going = Rounds(heartbeat=Heartbeat(), shown=shown)
    going.round(lambda _: sound(), GRACE)
    assert value(shown, "frafaldsvarsel_heartbeat_timestamp_seconds") == 0


def test_a_round_that_cannot_count_is_counted(beat: Path) -> None:
    going, shown = rounds(beat)
    assert going.round(away, GRACE) is None
    assert value(shown, "frafaldsvarsel_audit_failures_total") == 1
    assert value(shown, "frafaldsvarsel_audit_rounds_total") == 0


def test_a_heartbeat_that_does_not_arrive_is_counted_and_stops_nothing(tmp_path: Path) -> None:
    going, shown = rounds(tmp_path / "no folder" / "beat")
    assert going.round(lambda _: sound(), GRACE) is not None
    assert value(shown, "frafaldsvarsel_heartbeat_failures_total") == 1


NOON: Final = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("home_at", "age", "beats"),
    [
        (NOON - timedelta(seconds=180), 180, True),
        (NOON - timedelta(seconds=181), 181, False),
        (None, 0, False),
    ],
)
def test_the_heart_beats_while_the_last_canary_is_home_in_time(
    beat: Path, home_at: datetime | None, age: float, beats: bool
) -> None:
    """Before the first one, and when the last is too old, it does not, though everything is accounted for."""
    shown = Metrics(AUDIT_METRICS)
    going = Rounds(
        heartbeat=Heartbeat(beat),
        shown=shown,
        canary_within=timedelta(seconds=180),
        clock=lambda: NOON,
    )
    going.round(lambda _: sound(canary_home_at=home_at), GRACE)
    assert beat.exists() == beats
    assert value(shown, "frafaldsvarsel_canary_age_seconds") == age


def test_where_no_canary_is_expected_none_is_missed(beat: Path) -> None:
    going, shown = rounds(beat)
    going.round(lambda _: sound(), GRACE)
    assert beat.exists()
    assert value(shown, "frafaldsvarsel_canary_age_seconds") == 0


def test_that_no_canary_comes_home_is_said_once(beat: Path, caplog: pytest.LogCaptureFixture) -> None:
    going = Rounds(
        heartbeat=Heartbeat(beat),
        shown=Metrics(AUDIT_METRICS),
        canary_within=GRACE,
        clock=lambda: NOON,
    )
    for _ in range(3):
        going.round(lambda _: sound(), GRACE)
    assert caplog.text.count("no canary has come home in time") == 1


def test_a_gap_is_driven_again_once_and_then_left_to_people(
    beat: Path, caplog: pytest.LogCaptureFixture
) -> None:
    going, shown = rounds(beat, redrive=list)
    for redriven in (None, True, True):
        going.round(lambda _, redriven=redriven: unsound(redriven=redriven), GRACE)  # type: ignore[misc]
    cause = {"hop": "receipts", "what": "no receipt"}
    assert value(shown, "frafaldsvarsel_healings_total", **cause) == 1
    assert value(shown, "frafaldsvarsel_healings_given_up") == 1
    assert going.redriven == {("receipts", "no receipt"): 1}
    assert "redriven: receipts: no receipt: 1 records" in caplog.text


def test_an_attempt_that_drove_nothing_is_no_redrive(beat: Path) -> None:
    """While the broker is away nothing is driven, and nothing is given up."""
    going, shown = rounds(beat)
    for _ in range(3):
        going.round(lambda _: unsound(), GRACE)
    assert going.redriven.total() == 0
    assert value(shown, "frafaldsvarsel_healings_given_up") == 0


def test_a_contradiction_is_never_driven_again(beat: Path) -> None:
    due: list[Missing] = []

    def redrive(missing: Sequence[Missing]) -> list[Missing]:
        due.extend(missing)
        return []

    going, _ = rounds(beat, redrive=redrive)
    going.round(lambda _: unsound(what="receipts that contradict each other"), GRACE)
    assert due == []


def test_a_step_that_does_not_move_is_said_once_and_stops_the_heart(
    beat: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It is an alarm of its own, and nothing is driven again."""
    going, shown = rounds(beat, redrive=list)
    still = Waiting(topic="enrolments", partition=2, seconds=STUCK_AFTER_SECONDS)
    slow = Waiting(topic="benefits", partition=0, seconds=STUCK_AFTER_SECONDS - 1)
    for _ in range(2):
        going.round(lambda _: sound(waiting=(still, slow)), GRACE)
    assert not beat.exists()
    assert going.redriven.total() == 0
    assert caplog.text.count("nothing moves in enrolments/2") == 1
    place = {"topic": "enrolments", "partition": "2"}
    assert value(shown, "frafaldsvarsel_audit_not_moved_seconds", **place) == STUCK_AFTER_SECONDS
    going.round(lambda _: sound(waiting=(slow,)), GRACE)
    assert beat.exists()
    assert value(shown, "frafaldsvarsel_audit_not_moved_seconds", **place) is None


def test_every_redrive_has_a_series_before_the_first_one(beat: Path) -> None:
    """Or the alert could not see the first: a series that begins with it has not grown."""
    _, shown = rounds(beat)
    for lack, hop in CHECK_OF.items():
        assert value(shown, "frafaldsvarsel_healings_total", hop=hop.value, what=lack.value) == 0
    assert set(CHECK_OF) == set(GapKind)


def test_a_run_without_faults_needs_no_redrive(beat: Path) -> None:
    going, _ = rounds(beat, redrive=list)
    for _ in range(3):
        going.round(lambda _: sound(), GRACE)
    assert going.redriven.total() == 0


def test_a_file_that_cannot_be_made_is_a_fault_of_the_configuration(tmp_path: Path) -> None:
    settings = load(
        AuditEnvironment,
        {
            PREFIX + "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
            PREFIX + "DATABASE_URL": "postgresql://nobody.invalid/none",
            PREFIX + "AUDIT_FILE": str(tmp_path / "no folder" / "notes"),
        },
    )
    with pytest.raises(ConfigError, match="FRAFALDSVARSEL_AUDIT_FILE cannot be opened"), auditor(settings):
        pass
