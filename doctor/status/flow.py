"""The flow from the senders' topics to the mail: how much each step does, and how much waits before it. Pure."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Final

from config.topics import Topic
from doctor.status.look import LedgerSeen, StatusLook
from models.events.event_types import InputTopic
from models.service_status import FlowStep, StepName
from ops.audit.consumer_groups import LEDGER, READS, WORKER
from ops.lag.sample import LagSample, PartitionLag

_READS: Final[dict[StepName, tuple[str, frozenset[str]]]] = {
    StepName.INTAKE: (WORKER, frozenset(map(str, InputTopic))),
    StepName.MATCH: (WORKER, frozenset({str(Topic.PERSON_EVENTS)})),
    StepName.LEDGER: (LEDGER, frozenset(READS[LEDGER])),
}


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
        if before is None or now.attempts is None or before.attempts is None
        else _each_second(now.attempts - before.attempts, before.at, now.at),
        waiting=now.waiting,
        oldest_seconds=now.oldest_seconds,
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
