"""What one look at the consumer groups means: who does not run, what waits, what retention comes near to. Pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

from doctor.diagnosis import Diagnosis, HealthCheck, fault, fine, unknown, warning
from doctor.words import age, duration, number_of, some
from models.service_status import LONG, SLOW
from ops.audit.consumer_groups import LEDGER, WORKER
from ops.lag.sample import LagSample, PartitionLag

HEADROOM: Final = timedelta(days=7)
PROCESSES: Final[Mapping[str, str]] = {WORKER: "worker", LEDGER: "ledger"}
"""Which process reads for a group."""
STABLE: Final = "Stable"
_LOOK: Final = (
    "`frafaldsvarsel lag --once`: the first step from the top that is behind is the one to look at."
)
_WHERE_IT_RUNS: Final = (
    "Where it runs, it has left its group and waits for a server: see kafka and postgresql, and its log."
)
_NOBODY: Final = frozenset({"Empty", "Dead"})


def groups(sample: LagSample) -> Iterable[Diagnosis]:
    """Whether each process reads."""
    well = []
    for group, process in PROCESSES.items():
        state = sample.groups.get(group)
        waits, since = _behind(sample, group)
        if state is None:
            yield unknown(HealthCheck.GROUPS, f"Kafka does not describe the group {group}.")
        elif state.state in _NOBODY and waits:
            yield fault(
                HealthCheck.GROUPS,
                f"No {process} reads, and {number_of(waits, 'record')} {'waits' if waits == 1 else 'wait'} for it.",
                f"Start the process: `frafaldsvarsel {process}`. {_WHERE_IT_RUNS}",
                since,
            )
        elif state.state in _NOBODY:
            yield warning(
                HealthCheck.GROUPS,
                f"No {process} reads; nothing waits for it yet.",
                f"Start the process: `frafaldsvarsel {process}`. {_WHERE_IT_RUNS}",
            )
        elif state.state != STABLE:
            yield warning(
                HealthCheck.GROUPS,
                f"The {process}s share their partitions anew ({state.state}).",
                "Look again in a minute. If it stays so, see for what its log waits.",
            )
        else:
            well.append(f"{process} ({state.members})")
    if len(well) == len(PROCESSES):
        yield fine(HealthCheck.GROUPS, f"Processes read: {', '.join(well)}.")


def lag(sample: LagSample, now: datetime) -> Iterable[Diagnosis]:
    """How long the oldest record waits that may make a duty, and whatever else has waited long."""
    since = sample.duty_since
    if sample.duty_age(now) is None:
        yield unknown(HealthCheck.LAG, "A record waits that could not be read, so its age is not known.")
    elif since is None or now - since <= SLOW:
        waits = sum(one.records for one in sample.partitions)
        yield fine(
            HealthCheck.LAG,
            "Nothing that may make a duty waits long." if waits else "Nothing waits.",
        )
    if since is not None and now - since > SLOW:
        worst = max(sample.partitions, key=lambda one: one.records)
        yield (fault if now - since > LONG else warning)(
            HealthCheck.LAG,
            f"The oldest record that may make a duty has waited {age(since, now)}; the most waits at "
            f"{_place(worst)} ({number_of(worst.records, 'record')}).",
            _LOOK,
            since,
        )
    beside = [
        one
        for one in sample.partitions
        if not one.delays_a_duty and one.waiting is not None and now - one.waiting.appended_at > LONG
    ]
    if beside:
        begun = min(one.waiting.appended_at for one in beside if one.waiting is not None)
        yield warning(
            HealthCheck.LAG,
            f"{number_of(sum(one.records for one in beside), 'record')} beside the duties waited long, the oldest "
            f"{age(begun, now)}: {some([_place(one) for one in beside])}.",
            _LOOK,
            begun,
        )


def retention(sample: LagSample, now: datetime) -> Iterable[Diagnosis]:
    """Whether anything was removed before it was read, or soon is."""
    passed = [one for one in sample.partitions if one.committed is not None and one.committed < one.first]
    near = [
        (max(left, timedelta(0)), one)
        for one in sample.partitions
        if (left := sample.headroom(one, now)) is not None and left < HEADROOM
    ]
    for one in passed:
        yield fault(
            HealthCheck.RETENTION,
            f"{_place(one)}: {number_of(one.first - (one.committed or 0), 'record')} "
            "were removed before they were read.",
            "Ask the senders to send them again; the audit names the places.",
        )
    if near:
        left, one = min(near, key=lambda each: each[0])
        yield fault(
            HealthCheck.RETENTION,
            f"{_place(one)}: retention may remove what waits in {duration(left.total_seconds())}.",
            "Let the process read; if it cannot be in time, raise `retention.ms` of the topic first.",
            one.waiting.appended_at if one.waiting else None,
        )
    if not (passed or near):
        yield fine(HealthCheck.RETENTION, "Retention is far from everything that waits.")


def _place(one: PartitionLag) -> str:
    return f"{one.topic}/{one.partition}"


def _behind(sample: LagSample, group: str) -> tuple[int, datetime | None]:
    own = [one for one in sample.partitions if one.group == group]
    since = min((one.waiting.appended_at for one in own if one.waiting is not None), default=None)
    return sum(one.records for one in own), since
