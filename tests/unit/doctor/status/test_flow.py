"""The flow from topic to mail, made of two looks."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

from config.topics import Topic
from doctor.status.answer import status_answer
from doctor.status.flow import flow
from doctor.status.look import LedgerSeen, StatusLook
from models.events.event_types import InputTopic
from models.service_status import FlowStep, Level, StepName, by_age
from ops.audit.consumer_groups import LEDGER, WORKER
from ops.lag.sample import FirstWaiting, GroupState, LagSample, PartitionLag

NOW: Final = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ENROLMENTS: Final = str(InputTopic.ENROLMENTS)


def part(
    group: str, topic: str, committed: int | None, end: int, age: float = 0, **more: Any
) -> PartitionLag:
    waits = end > (committed or 0)
    at = NOW - timedelta(seconds=age)
    waiting = FirstWaiting(offset=committed or 0, appended_at=at, since=at) if waits else None
    values: dict[str, Any] = {"first": 0, "partition": 0, "waiting": waiting} | more
    return PartitionLag(group=group, topic=topic, committed=committed, end=end, **values)


def look(*partitions: PartitionLag, at: datetime = NOW, members: int = 1, **more: Any) -> StatusLook:
    state = GroupState(state="Stable" if members else "Empty", members=members)
    groups = {WORKER: state, LEDGER: state}
    return StatusLook(at=at, sample=LagSample(taken_at=at, partitions=partitions, groups=groups), **more)


def seen(attempts: int, at: datetime, waiting: int = 0, oldest_seconds: float = 0.0) -> LedgerSeen:
    return LedgerSeen(at=at, attempts=attempts, waiting=waiting, oldest_seconds=oldest_seconds)


def of(steps: list[FlowStep], name: StepName) -> FlowStep:
    [one] = [one for one in steps if one.step is name]
    return one


def test_each_step_has_its_rate_and_what_waits_before_it() -> None:
    before = look(
        part(WORKER, ENROLMENTS, 10, 10),
        part(WORKER, Topic.PERSON_EVENTS, 5, 9),
        part(LEDGER, Topic.DECISIONS, 3, 5),
        part(LEDGER, Topic.RECEIPTS, 8, 10),
        at=NOW - timedelta(seconds=4),
        ledger=seen(100, NOW - timedelta(seconds=4)),
    )
    now = look(
        part(WORKER, ENROLMENTS, 18, 20, 7),
        part(WORKER, Topic.PERSON_EVENTS, 9, 9),
        part(LEDGER, Topic.DECISIONS, 5, 6, 130),
        part(LEDGER, Topic.RECEIPTS, 10, 12, 20),
        ledger=seen(106, NOW, 3, 50.0),
    )
    steps = flow(before, now)
    assert [one.step for one in steps] == list(StepName)
    assert [one.per_second for one in steps] == [2.5, 2.0, 1.0, 1.0, 1.5]
    assert [one.waiting for one in steps] == [None, 2, 0, 3, 3]
    assert [one.oldest_seconds for one in steps] == [None, 7.0, 0.0, 130.0, 50.0]
    assert [one.level for one in steps] == [Level.FINE, Level.FINE, Level.FINE, Level.WARNING, Level.FINE]


def test_a_first_look_has_no_rates() -> None:
    assert {one.per_second for one in flow(None, look(part(WORKER, ENROLMENTS, 1, 1)))} == {None}


def test_a_topic_that_was_made_again_gives_no_rate_below_zero() -> None:
    before = look(
        part(WORKER, ENROLMENTS, 90, 90),
        part(WORKER, ENROLMENTS, 4, 4, partition=1),
        at=NOW - timedelta(seconds=1),
    )
    now = look(part(WORKER, ENROLMENTS, 2, 2), part(WORKER, ENROLMENTS, 6, 6, partition=1))
    assert of(flow(before, now), StepName.INTAKE).per_second == 2.0


def test_what_could_not_be_read_is_not_called_young() -> None:
    unread = look(part(WORKER, ENROLMENTS, 1, 5, waiting=None))
    intake = of(flow(None, unread), StepName.INTAKE)
    assert (intake.oldest_seconds, intake.level) == (None, Level.UNKNOWN)
    assert unread.sample is not None
    assert unread.sample.duty_age(unread.sample.taken_at) is None


def test_work_without_a_process_is_a_fault_however_young() -> None:
    steps = flow(None, look(part(WORKER, ENROLMENTS, 1, 2, 1), members=0))
    assert of(steps, StepName.INTAKE).level is Level.FAULT
    assert of(steps, StepName.MATCH).level is Level.FINE


def test_while_kafka_is_away_the_last_step_is_still_seen_and_the_other_way_round() -> None:
    no_kafka = flow(None, StatusLook(at=NOW, ledger=seen(1, NOW)))
    assert [one.waiting for one in no_kafka] == [None, None, None, None, 0]
    assert {one.level for one in no_kafka[:4]} == {Level.UNKNOWN}
    no_database = flow(None, look(part(WORKER, ENROLMENTS, 1, 1)))
    assert [one.waiting for one in no_database] == [None, 0, 0, 0, None]


@pytest.mark.parametrize(
    ("seconds", "level"),
    [
        (None, Level.UNKNOWN),
        (0.0, Level.FINE),
        (120.0, Level.FINE),
        (121.0, Level.WARNING),
        (601.0, Level.FAULT),
    ],
)
def test_ages_are_judged_as_the_alerts_judge_them(seconds: float | None, level: Level) -> None:
    assert by_age(seconds) is level


def test_a_database_that_takes_nothing_is_said_beside_what_it_answers() -> None:
    ledger = replace(seen(0, NOW), read_only=True)
    assert "read-only" in status_answer(None, look(ledger=ledger)).away["postgresql"]
    assert status_answer(None, look(ledger=seen(0, NOW))).away == {}
