"""Behind what a duty waits."""

from datetime import UTC, datetime, timedelta

from config.topics import Topic
from ops.audit.consumer_groups import LEDGER, WORKER
from ops.lag.sample import FirstWaiting, LagSample, PartitionLag

NOW = datetime(2026, 10, 1, tzinfo=UTC)


def sample(group: str) -> LagSample:
    """One record of `person-events` that has waited for an hour."""
    at = NOW - timedelta(hours=1)
    waiting = FirstWaiting(offset=0, appended_at=at, since=at)
    lag = PartitionLag(
        group=group, topic=Topic.PERSON_EVENTS, partition=0, committed=0, first=0, end=1, waiting=waiting
    )
    return LagSample(taken_at=NOW, partitions=[lag], groups={})


def test_a_person_event_that_match_has_not_read_delays_a_duty() -> None:
    assert sample(WORKER).duty_age(NOW) == 3600


def test_one_that_the_ledger_has_not_read_delays_figures_alone() -> None:
    """Started for the first time, the ledger reads all of them: nobody is to be woken for that."""
    assert sample(LEDGER).duty_age(NOW) == 0
