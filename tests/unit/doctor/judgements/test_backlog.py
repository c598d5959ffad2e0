"""What one look at the consumer groups means."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

from config.topics import Topic
from doctor.judgements import backlog
from models.events.event_types import InputTopic
from models.service_status import Level
from ops.audit.consumer_groups import LEDGER, WORKER
from ops.lag.sample import FirstWaiting, GroupState, LagSample, PartitionLag

NOW: Final = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
STABLE: Final = GroupState(state="Stable", members=1)
EMPTY: Final = GroupState(state="Empty", members=0)


def part(*, waits: int = 0, age: timedelta = timedelta(0), group: str = WORKER, **more: Any) -> PartitionLag:
    topic = str(InputTopic.DROPOUT_RISKS) if group == WORKER else str(Topic.DECISIONS)
    waiting = FirstWaiting(offset=10, appended_at=NOW - age, since=NOW - age) if waits else None
    values = {"committed": 10, "first": 0, "end": 10 + waits, "waiting": waiting} | more
    return PartitionLag(group=group, topic=topic, partition=1, **values)


def sample(*partitions: PartitionLag, worker: GroupState | None = STABLE) -> LagSample:
    groups = {LEDGER: STABLE} | ({} if worker is None else {WORKER: worker})
    return LagSample(taken_at=NOW, partitions=partitions, groups=groups)


@pytest.mark.parametrize(
    ("worker", "waits", "level", "said"),
    [
        (STABLE, 5, Level.FINE, "worker (1), ledger (1)"),
        (EMPTY, 5, Level.FAULT, "No worker reads, and 5 records wait for it."),
        (EMPTY, 0, Level.WARNING, "nothing waits for it yet"),
        (GroupState(state="PreparingRebalance", members=2), 0, Level.WARNING, "anew (PreparingRebalance)"),
        (None, 0, Level.UNKNOWN, "does not describe"),
    ],
)
def test_a_process_that_does_not_read_is_a_fault_where_something_waits(
    worker: GroupState | None, waits: int, level: Level, said: str
) -> None:
    found = list(backlog.groups(sample(part(waits=waits, age=timedelta(minutes=3)), worker=worker)))
    [one] = found
    assert (one.level, said in one.sentence) == (level, True)
    if level is Level.FAULT:
        assert one.since == NOW - timedelta(minutes=3)
        assert "frafaldsvarsel worker" in one.advice


@pytest.mark.parametrize(
    ("age", "level"),
    [
        (timedelta(minutes=2), Level.FINE),
        (timedelta(minutes=2, seconds=1), Level.WARNING),
        (timedelta(minutes=10), Level.WARNING),
        (timedelta(minutes=10, seconds=1), Level.FAULT),
    ],
)
def test_an_old_record_that_may_be_a_duty_is_said_as_the_alerts_say_it(age: timedelta, level: Level) -> None:
    [one] = backlog.lag(sample(part(waits=2, age=age)), NOW)
    assert one.level is level
    assert one.since == (None if level is Level.FINE else NOW - age)


def test_an_age_that_could_not_be_read_is_not_called_fine() -> None:
    [one] = backlog.lag(sample(part(waits=2, waiting=None)), NOW)
    assert one.level is Level.UNKNOWN


def test_what_is_no_duty_and_has_waited_long_is_told_as_well() -> None:
    at = FirstWaiting(offset=1, appended_at=NOW - timedelta(minutes=11), since=NOW)
    receipts = PartitionLag(
        group=LEDGER, topic=Topic.RECEIPTS, partition=2, committed=1, first=0, end=41, waiting=at
    )
    found = list(backlog.lag(sample(receipts), NOW))
    assert [one.level for one in found] == [Level.FINE, Level.WARNING]
    assert "40 records beside the duties waited long, the oldest 11 min: receipts/2." in found[1].sentence
    assert found[1].since == at.appended_at


def test_retention_that_comes_near_and_that_has_passed() -> None:
    assert [one.level for one in backlog.retention(sample(part(waits=1)), NOW)] == [Level.FINE]
    near_its_end = part(waits=1, age=timedelta(days=29))
    [near] = backlog.retention(sample(near_its_end), NOW)
    assert (near.level, "in 6 days" in near.sentence) == (Level.FAULT, True)
    # As the brokers have it now, and not as the topic was meant to be made.
    more = replace(sample(near_its_end), kept={str(InputTopic.DROPOUT_RISKS): timedelta(days=400)})
    assert [one.level for one in backlog.retention(more, NOW)] == [Level.FINE]
    less = replace(sample(part(waits=1)), kept={str(InputTopic.DROPOUT_RISKS): timedelta(days=3)})
    [soon] = backlog.retention(less, NOW)
    assert "in 3 days" in soon.sentence
    for_ever = replace(sample(near_its_end), kept={str(InputTopic.DROPOUT_RISKS): None})
    assert [one.level for one in backlog.retention(for_ever, NOW)] == [Level.FINE]
    [passed] = backlog.retention(sample(part(first=14, end=14)), NOW)
    assert (passed.level, "4 records were removed" in passed.sentence) == (Level.FAULT, True)
    never = part(committed=None, first=14, end=14)
    assert [one.level for one in backlog.retention(sample(never), NOW)] == [Level.FINE]
