"""What the processes of a service would serve as metrics, by their own exporters."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from prometheus_client import CollectorRegistry

from config.topics import BY_NAME
from infra.figures import Figure
from infra.metrics import Metric, Metrics, Snapshot
from ledger import metrics as ledger_metrics
from notifiers import metrics as notifier_metrics
from ops.audit.consumer_groups import LEDGER, READS, WORKER
from ops.audit.metrics import AUDIT_METRICS, ROUND_AT, UNACCOUNTED
from ops.lag.export import registry
from ops.lag.sample import FirstWaiting, GroupState, LagSample, PartitionLag
from ops.lag.watch import LagWatch
from ops.recovery import metrics as people_metrics

LEDGER_STOPPED: Final = {
    WORKER: GroupState(state="Stable", members=2),
    LEDGER: GroupState(state="Empty", members=0),
}


def lag_sample(at: datetime, **waits: int) -> LagSample:
    """Every partition that is read; of a topic (with `_` for `-`) the first has three records that wait, for so many
    seconds."""
    partitions = []
    for group, topics in READS.items():
        for topic in topics:
            for number in range(BY_NAME[topic].partitions):
                seconds = waits.get(topic.replace("-", "_")) if number == 0 else None
                since = at - timedelta(seconds=seconds or 0)
                waiting = FirstWaiting(offset=5, appended_at=since, since=since - timedelta(seconds=3))
                partitions.append(
                    PartitionLag(
                        group=group,
                        topic=topic,
                        partition=number,
                        committed=None if number == 1 else 5,
                        first=5 if number == 1 else 2,
                        end=5 if seconds is None else 8,
                        waiting=None if seconds is None else waiting,
                    )
                )
    return LagSample(taken_at=at, partitions=partitions, groups=LEDGER_STOPPED)


def lag_registry(seen: LagSample | None, now: datetime) -> CollectorRegistry:
    """The lag process's, at `now`."""
    watch = LagWatch(timedelta(seconds=10))
    if seen is not None:
        watch.take(seen, 0.1)
    return registry(watch, lambda: now)


def figures_registry(served: Sequence[Metric], *figures: Figure) -> CollectorRegistry:
    """Of somebody who serves these figures."""
    shown, metrics = Snapshot(served), Metrics(())
    metrics.registry.register(shown)
    shown.show(figures)
    return metrics.registry


def ledger_registry(*figures: Figure, at: float) -> CollectorRegistry:
    """A ledger's, with figures that were read at `at`."""
    return figures_registry(ledger_metrics.DUTY_METRICS, *figures, (ledger_metrics.FIGURES_AT, (), at))


def notices_registry(*figures: Figure, at: float) -> CollectorRegistry:
    """A notifier's."""
    return figures_registry(
        notifier_metrics.DELIVERY_METRICS, *figures, (notifier_metrics.FIGURES_AT, (), at)
    )


def people_registry(*figures: Figure, at: float) -> CollectorRegistry:
    """What waits for people, of an auditor."""
    return figures_registry(
        people_metrics.FOR_PEOPLE_METRICS, *figures, (people_metrics.FOR_PEOPLE_AT, (), at)
    )


def audit_registry(unaccounted: int, at: float) -> CollectorRegistry:
    """The rest of an auditor's."""
    metrics = Metrics(AUDIT_METRICS)
    metrics.set(UNACCOUNTED, unaccounted, "receipts")
    metrics.set(UNACCOUNTED, 0, "decisions")
    metrics.set(ROUND_AT, at)
    return metrics.registry


EMAIL: Final = ("email",)


def troubled() -> dict[str, CollectorRegistry]:
    """A service, at this moment, whose ledger stands still and whose relay refuses."""
    now = datetime.now(UTC)
    at = now.timestamp()
    return {
        "lag": lag_registry(lag_sample(now, decisions=823, receipts=130), now),
        "ledger": ledger_registry(
            (ledger_metrics.DUTY_TASKS, ("0101", "overdue"), 12), (ledger_metrics.UNDECIDED, (), 3), at=at
        ),
        "notify": notices_registry(
            (notifier_metrics.WAITING, EMAIL, 2), (notifier_metrics.OLDEST, EMAIL, 400), at=at
        ),
        "audit": audit_registry(0, at),
        "audit-people": people_registry(
            (people_metrics.QUARANTINE, ("input",), 4),
            (people_metrics.QUARANTINE, ("delivery",), 1),
            (people_metrics.UNITS_NOT_REACHED, (), 1),
            at=at,
        ),
    }
