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


def seconds(index: AuditIndex, passed: int, *, minute: int, since: int | None, sent: int = 0) -> float | None:
    """What is said at a minute of a step that has passed so far; the oldest has waited since another minute."""
    context = SimpleNamespace(
        now=NOON + timedelta(minutes=minute),
        index=index,
        moment=SimpleNamespace(passed={PLACE: passed}),
        oldest={} if since is None else {PLACE: NOON + timedelta(minutes=since)},
        rows=lambda sql: [("deliveries", sent), ("maildir", 0), ("steps", 0)],
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


def test_after_five_minutes_it_is_said() -> None:
    almost, just = (
        Waiting(topic="enrolments", partition=2, seconds=STUCK_AFTER_SECONDS - less) for less in (1, 0)
    )
    assert AuditReport(accounts=(), waiting=(almost, just)).stuck == (just,)
