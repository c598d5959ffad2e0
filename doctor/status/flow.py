"""The flow from the senders' topics to the mail: how much each step does, and how much waits before it. Pure."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from config.topics import Topic
from doctor.diagnosis import Level
from doctor.judgements.backlog import LONG, SLOW
from doctor.status.look import LedgerSeen, StatusLook
from models.events.event_types import InputTopic
from ops.audit.consumer_groups import LEDGER, READS, WORKER
from ops.lag.sample import LagSample, PartitionLag


class StepName(StrEnum):
    """The steps, in the order of the flow."""

    SENDERS = "senders"
    """What comes in."""
    INTAKE = "intake"
    MATCH = "match"
    LEDGER = "ledger"
    NOTIFY = "notify"


_READS: Final[dict[StepName, tuple[str, frozenset[str]]]] = {
    StepName.INTAKE: (WORKER, frozenset(map(str, InputTopic))),
    StepName.MATCH: (WORKER, frozenset({str(Topic.PERSON_EVENTS)})),
    StepName.LEDGER: (LEDGER, frozenset(READS[LEDGER])),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowStep:
    """One step. What is None is not known."""

    step: StepName
    per_second: float | None
    """Records that came in, or that it has finished, between two looks; of `notify` attempts to send."""
    waiting: int | None
    """Records, or notices, before it; None for the senders."""
    oldest_seconds: float | None
    """The age of the oldest of these; 0 where none waits."""
    group_state: str | None = None
    """As Kafka names it; None where it reads no topic."""
    members: int | None = None

    @property
    def level(self) -> Level:
        """How a person should take it."""
        if self.waiting is None:
            return (
                Level.FINE if self.step is StepName.SENDERS and self.per_second is not None else Level.UNKNOWN
            )
        if self.waiting and self.members == 0:
            return Level.FAULT
        return by_age(self.oldest_seconds)


def by_age(seconds: float | None) -> Level:
    """As the alerts have it: two minutes, ten minutes."""
    if seconds is None:
        return Level.UNKNOWN
    if seconds > LONG.total_seconds():
        return Level.FAULT
    return Level.WARNING if seconds > SLOW.total_seconds() else Level.FINE


def flow(before: StatusLook | None, now: StatusLook) -> list[FlowStep]:
    """Every step; rates are None without a look before."""
    earlier = None if before is None else before.sample
    return [
        FlowStep(
            step=StepName.SENDERS,
            per_second=_rate(earlier, now.sample, _came_in),
            waiting=None,
            oldest_seconds=None,
        ),
        *(_reading(step, earlier, now.sample) for step in _READS),
        _notifying(None if before is None else before.ledger, now.ledger),
    ]


def oldest_undelivered_seconds(ledger: LedgerSeen) -> float:
    """Of the notices that should have gone out."""
    return max((_age(one.oldest, ledger.at) for one in ledger.deliveries), default=0.0)


def _reading(step: StepName, before: LagSample | None, sample: LagSample | None) -> FlowStep:
    if sample is None:
        return FlowStep(step=step, per_second=None, waiting=None, oldest_seconds=None)
    group, topics = _READS[step]
    own = [one for one in sample.partitions if one.group == group and one.topic in topics]
    state = sample.groups.get(group)
    return FlowStep(
        step=step,
        per_second=_rate(before, sample, lambda one: _done(one, group, topics)),
        waiting=sum(one.records for one in own),
        oldest_seconds=_oldest(own, sample.taken_at),
        group_state=None if state is None else state.state,
        members=None if state is None else state.members,
    )


def _notifying(before: LedgerSeen | None, now: LedgerSeen | None) -> FlowStep:
    if now is None:
        return FlowStep(step=StepName.NOTIFY, per_second=None, waiting=None, oldest_seconds=None)
    return FlowStep(
        step=StepName.NOTIFY,
        per_second=None
        if before is None
        else _each_second(now.attempts - before.attempts, before.at, now.at),
        waiting=sum(one.number for one in now.deliveries),
        oldest_seconds=oldest_undelivered_seconds(now),
    )


def _oldest(own: Sequence[PartitionLag], at: datetime) -> float | None:
    ages = [None if one.waiting is None else _age(one.waiting.appended_at, at) for one in own if one.records]
    known = [age for age in ages if age is not None]
    return max(known, default=0.0) if len(known) == len(ages) else None


def _rate(
    before: LagSample | None, now: LagSample | None, count: Callable[[PartitionLag], int]
) -> float | None:
    if before is None or now is None:
        return None
    # A partition at a time: one that begins anew, as where a topic was made again, takes nothing from the others.
    earlier = {one.place: count(one) for one in before.partitions}
    done = sum(max(0, count(one) - earlier.get(one.place, count(one))) for one in now.partitions)
    return _each_second(done, before.taken_at, now.taken_at)


def _came_in(one: PartitionLag) -> int:
    return one.end if one.topic in _READS[StepName.INTAKE][1] else 0


def _done(one: PartitionLag, group: str, topics: Collection[str]) -> int:
    return one.next_offset if one.group == group and one.topic in topics else 0


def _each_second(number: int, before: datetime, now: datetime) -> float | None:
    seconds = (now - before).total_seconds()
    return None if seconds <= 0 else round(max(0, number) / seconds, 3)


def _age(since: datetime, now: datetime) -> float:
    return max(0.0, (now - since).total_seconds())
