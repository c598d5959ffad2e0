"""What Prometheus reads of a sample: whole, with ages of the moment of reading, and nothing where it is unknown."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from config.topics import BY_NAME, Topic
from models.events.event_types import InputTopic
from ops.lag.export import registry
from ops.lag.sample import FirstWaiting, GroupState, LagSample, PartitionLag
from ops.lag.watch import LagWatch

AT: Final = datetime(2026, 8, 17, 8, 0, tzinfo=UTC)
INTERVAL: Final = timedelta(seconds=10)
PLACE: Final = {"group": "g", "topic": "dropout-risks", "partition": "0"}


class Clock:
    def __init__(self) -> None:
        self.now = AT

    def __call__(self) -> datetime:
        return self.now


class Read:
    """A watch, and what a scrape gets."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.watch = LagWatch(INTERVAL)
        self._registry = registry(self.watch, self.clock)

    def value(self, name: str, **labels: str) -> float | None:
        return self._registry.get_sample_value(name, labels)

    def names(self) -> set[str]:
        return {sample.name for family in self._registry.collect() for sample in family.samples}

    def take(self, *partitions: PartitionLag, **groups: GroupState) -> None:
        self.watch.take(LagSample(taken_at=self.clock.now, partitions=partitions, groups=groups), 0.2)


def one(
    committed: int | None = 4,
    end: int = 10,
    waited: float | None = 3.0,
    *,
    topic: str = InputTopic.DROPOUT_RISKS,
    since: float | None = None,
    partition: int = 0,
    first: int = 0,
) -> PartitionLag:
    """A partition whose first waiting record is `waited` seconds old at `AT`; `since`: what it came from."""
    waiting = None
    if waited is not None:
        appended = AT - timedelta(seconds=waited)
        came = appended if since is None else AT - timedelta(seconds=since)
        waiting = FirstWaiting(offset=committed or first, appended_at=appended, since=came)
    return PartitionLag(
        group="g",
        topic=str(topic),
        partition=partition,
        committed=committed,
        first=first,
        end=end,
        waiting=waiting,
    )


def test_before_the_first_sample_nothing_is_known() -> None:
    assert Read().names() == {"frafaldsvarsel_lag_sample_timestamp_seconds"}
    assert Read().value("frafaldsvarsel_lag_sample_timestamp_seconds") == 0


def test_a_sample_has_the_names_that_dashboards_know() -> None:
    read = Read()
    read.take(one(), one(committed=10, waited=None, partition=1), g=GroupState(state="Stable", members=2))
    assert read.value("kafka_consumergroup_group_offset", **PLACE) == 4
    assert read.value("kafka_consumergroup_group_lag", **PLACE) == 6
    assert read.value("kafka_consumergroup_group_lag_seconds", **PLACE) == 3
    assert read.value("kafka_consumergroup_group_lag_seconds", **PLACE | {"partition": "1"}) == 0
    assert read.value("kafka_partition_latest_offset", topic="dropout-risks", partition="0") == 10
    assert read.value("kafka_partition_earliest_offset", topic="dropout-risks", partition="0") == 0
    assert read.value("kafka_consumergroup_group_max_lag", group="g") == 6
    assert read.value("kafka_consumergroup_group_max_lag_seconds", group="g") == 3
    assert read.value("kafka_consumergroup_group_sum_lag", group="g") == 6
    assert read.value("kafka_consumergroup_group_topic_sum_lag", group="g", topic="dropout-risks") == 6
    assert read.value("kafka_consumergroup_group_state", group="g", state="Stable") == 1
    assert read.value("kafka_consumergroup_members", group="g") == 2
    assert read.value("frafaldsvarsel_lag_sample_timestamp_seconds") == AT.timestamp()
    retention = BY_NAME["dropout-risks"].retention_days
    assert retention is not None
    headroom = read.value("frafaldsvarsel_retention_headroom_seconds", **PLACE)
    assert headroom == retention * 86_400 - 3


def test_what_waited_at_two_looks_grows_with_the_clock_and_what_moves_does_not() -> None:
    """A record that is done a moment after the look must not look ten seconds old at the next scrape."""
    read = Read()
    read.take(one())
    read.clock.now += timedelta(seconds=7)
    assert read.value("kafka_consumergroup_group_lag_seconds", **PLACE) == 3
    read.clock.now = AT + INTERVAL
    read.take(one())
    read.clock.now += timedelta(seconds=7)
    assert read.value("kafka_consumergroup_group_lag_seconds", **PLACE) == 20
    assert read.value("frafaldsvarsel_duty_lag_seconds") == 20
    read.take(one(committed=5, waited=2))
    assert read.value("kafka_consumergroup_group_lag_seconds", **PLACE) == 19, "another record waits now"


def test_a_clock_that_differs_makes_no_negative_age() -> None:
    read = Read()
    read.take(one(waited=-5))
    assert read.value("kafka_consumergroup_group_lag_seconds", **PLACE) == 0
    assert read.value("frafaldsvarsel_duty_lag_seconds") == 0


def test_a_group_that_never_committed_has_everything_to_do() -> None:
    read = Read()
    read.take(one(committed=None, first=2))
    assert read.value("kafka_consumergroup_group_offset", **PLACE) is None
    assert read.value("kafka_consumergroup_group_lag", **PLACE) == 8


def test_what_could_not_be_read_is_absent_and_never_zero() -> None:
    read = Read()
    read.take(one(waited=None))
    assert read.value("kafka_consumergroup_group_lag", **PLACE) == 6
    assert read.value("kafka_consumergroup_group_lag_seconds", **PLACE) is None
    assert read.value("kafka_consumergroup_group_max_lag_seconds", group="g") is None
    assert read.value("frafaldsvarsel_duty_lag_seconds") is None
    assert read.value("kafka_consumergroup_group_state", group="g", state="Stable") is None


def test_when_kafka_is_away_nothing_freezes() -> None:
    read = Read()
    read.take(one())
    read.clock.now += 3 * INTERVAL
    assert read.value("kafka_consumergroup_group_lag", **PLACE) == 6
    read.clock.now += timedelta(seconds=1)
    assert read.names() == {
        "frafaldsvarsel_lag_sample_timestamp_seconds",
        "frafaldsvarsel_lag_sample_seconds",
    }


@pytest.mark.parametrize(
    "topic", [InputTopic.DROPOUT_RISKS, InputTopic.RESIDENCES, Topic.PERSON_EVENTS, Topic.DECISIONS]
)
def test_a_duty_waits_from_the_senders_record_on_whichever_step_is_behind(topic: str) -> None:
    read = Read()
    read.take(one(topic=topic, waited=1, since=90), one(topic=InputTopic.BENEFITS, waited=40))
    assert read.value("frafaldsvarsel_duty_lag_seconds") == 90


@pytest.mark.parametrize("topic", [InputTopic.CONTROL_TOTALS, Topic.RECEIPTS, Topic.APPLIED])
def test_what_can_make_no_duty_is_no_duty_that_waits(topic: str) -> None:
    read = Read()
    read.take(one(topic=topic, waited=500))
    assert read.value("frafaldsvarsel_duty_lag_seconds") == 0


def test_a_status_is_one_of_four() -> None:
    read = Read()
    for _ in range(10):
        read.take(one(), g=GroupState(state="Empty", members=0))
        read.clock.now += INTERVAL
    said = {
        status: read.value("frafaldsvarsel_consumer_status", **PLACE, status=status)
        for status in ("ok", "slow", "stalled", "stopped")
    }
    assert said == {"ok": 0, "slow": 0, "stalled": 0, "stopped": 1}


def test_what_is_kept_for_ever_has_no_end_that_comes_near() -> None:
    read = Read()
    read.take(one(topic=Topic.PERSON_EVENTS, waited=9))
    assert BY_NAME["person-events"].retention_days is None
    assert (
        read.value("frafaldsvarsel_retention_headroom_seconds", **PLACE | {"topic": "person-events"}) is None
    )


def test_headroom_follows_what_the_brokers_are_told_now() -> None:
    """Somebody has raised the retention, or lowered it: the table of the topics does not know that."""
    read = Read()
    sample = LagSample(taken_at=AT, partitions=[one(waited=86_400.0)], groups={})
    name = "frafaldsvarsel_retention_headroom_seconds"
    read.watch.take(sample, 0.2)
    assert read.value(name, **PLACE) == 34 * 86_400
    read.watch.take(replace(sample, kept={PLACE["topic"]: timedelta(days=3)}), 0.2)
    assert read.value(name, **PLACE) == 2 * 86_400
    read.watch.take(replace(sample, kept={PLACE["topic"]: None}), 0.2)
    assert read.value(name, **PLACE) is None
