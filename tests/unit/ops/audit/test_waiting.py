"""A step is stuck from when it last moved, or from when the oldest has waited: whichever came later."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, Final, cast

import pytest

from ops.audit.checks.context import CheckContext
from ops.audit.index import AuditIndex
from ops.audit.report import STUCK_AFTER_SECONDS, AuditReport, Waiting
from ops.audit.waiting import waiting

NOON: Final = datetime(2026, 11, 24, 12, tzinfo=UTC)
PLACE: Final = ("enrolments", 2)


@pytest.fixture
def index() -> Iterator[AuditIndex]:
    made = AuditIndex()
    made.begin("this cluster")
    yield made
    made.close()


def seconds(index: AuditIndex, passed: int | None, *, minute: int, since: int | None) -> float | None:
    """What is said at a minute of a step that has passed so far; the oldest has waited since another minute."""
    context = SimpleNamespace(
        now=NOON + timedelta(minutes=minute),
        index=index,
        moment=SimpleNamespace(passed={} if passed is None else {PLACE: passed}),
        oldest={} if since is None else {PLACE: NOON + timedelta(minutes=since)},
        rows=lambda sql: [("deliveries/email", minute), ("steps/due", None)],
    )
    found = waiting(cast(CheckContext, cast(Any, context)))
    return next((one.seconds for one in found if (one.topic, one.partition) == PLACE), None)


def test_a_step_that_stands_still_with_work_is_counted_from_when_it_was_first_seen_there(
    index: AuditIndex,
) -> None:
    assert [seconds(index, 7, minute=minute, since=-60) for minute in (0, 2, 10)] == [0, 120, 600]


def test_a_step_that_moves_is_not_stuck_however_old_its_work_is(index: AuditIndex) -> None:
    assert [seconds(index, passed, minute=passed, since=-600) for passed in range(4)] == [0, 0, 0, 0]


def test_a_quiet_step_is_not_stuck_and_its_next_record_is_not_at_once(index: AuditIndex) -> None:
    assert seconds(index, 7, minute=0, since=None) is None
    assert seconds(index, 7, minute=600, since=None) is None
    assert seconds(index, 7, minute=601, since=600) == 60


def test_a_step_that_moved_and_stopped_again_is_counted_from_there(index: AuditIndex) -> None:
    seconds(index, 7, minute=0, since=-60)
    assert seconds(index, 8, minute=10, since=-60) == 0
    assert seconds(index, 8, minute=11, since=-60) == 60


def test_a_step_that_never_said_how_far_it_has_come_is_stuck_like_any_other(index: AuditIndex) -> None:
    """A worker that was never started, a partition that was never used, a topic `progress` that is lost."""
    assert [seconds(index, None, minute=minute, since=0) for minute in (0, 10, 600)] == [0, 600, 36_000]


def test_who_was_without_work_until_just_now_is_not_stuck_though_its_work_is_old(index: AuditIndex) -> None:
    """What an hour's outage before it has held up comes to the ledger at once, and it has not moved for an hour."""
    for minute in (0, 30, 60):
        assert seconds(index, 7, minute=minute, since=None) is None
    assert seconds(index, 7, minute=61, since=-60) == 60


def test_after_five_minutes_it_is_said() -> None:
    almost, just = (
        Waiting(topic="enrolments", partition=2, seconds=STUCK_AFTER_SECONDS - less) for less in (1, 0)
    )
    assert AuditReport(accounts=(), waiting=(almost, just)).stuck == (just,)
