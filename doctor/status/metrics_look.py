"""The same look as `StatusReader` takes, made of what the processes themselves say in their metrics. Pure.

For whoever may ask neither Kafka nor PostgreSQL. Each number has the age at which its process last read it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from doctor.readers.auditor import WANTED as AUDIT_WANTED
from doctor.readers.auditor import AuditSaid, audit_said, moment
from doctor.readers.metrics_page import MetricsPage
from doctor.status.look import LedgerSeen, StatusLook
from infra.metrics import Metric
from ledger import metrics as ledger_metrics
from ledger.queries.duty_figures import DutyState
from notifiers import metrics as notifier_metrics
from ops.audit.consumer_groups import READS
from ops.audit.metrics import ROUND_AT
from ops.lag import metrics as lag_metrics
from ops.lag.sample import FirstWaiting, GroupState, LagSample, PartitionLag
from ops.recovery import metrics as people_metrics

WANTED: Final[tuple[Metric, ...]] = (
    *lag_metrics.LAG_METRICS,
    ledger_metrics.DUTY_TASKS,
    ledger_metrics.UNDECIDED,
    ledger_metrics.FIGURES_AT,
    notifier_metrics.ATTEMPTS,
    notifier_metrics.WAITING,
    notifier_metrics.OLDEST,
    notifier_metrics.FIGURES_AT,
    *AUDIT_WANTED,
    *people_metrics.FOR_PEOPLE_METRICS,
)
"""All that is read of a page."""
_TOO_OLD: Final = timedelta(minutes=3)
"""Six readings of the database that did not come: what they said before is no longer said."""
_LONGEST_LABEL: Final = 60


@dataclass(frozen=True, slots=True)
class Scraped:
    """What the processes that answered said at one moment; by their names."""

    at: datetime
    pages: Mapping[str, MetricsPage]


def look_of(scraped: Scraped, attempts: int | None) -> StatusLook:
    """What it says. `attempts`: to send, so far, as whoever remembers the pages before has counted them."""
    away: dict[str, str] = {}
    pages = list(scraped.pages.values())
    lag = _newest(pages, lag_metrics.SAMPLE_AT)
    sample = None if lag is None else sample_of(lag)
    if sample is None:
        away["kafka"] = "No process says how far the others have come in Kafka."
    audit = _audit(pages)
    if audit is None:
        away["audit"] = "No auditor says what it has counted."
    ledger = _ledger(pages, scraped.at, attempts)
    if ledger.overdue is None or ledger.oldest_seconds is None:
        away["postgresql"] = "No process says what waits in PostgreSQL."
    return StatusLook(
        at=scraped.at,
        sample=sample,
        duty_lag_seconds=None if sample is None or lag is None else lag.one(lag_metrics.DUTY_LAG),
        ledger=ledger,
        audit=audit,
        away=away,
    )


def sample_of(page: MetricsPage) -> LagSample | None:
    """The sample that the lag process serves; None: it has none, or not of every topic that is read."""
    at = moment(page.one(lag_metrics.SAMPLE_AT))
    ends = dict(page.values(lag_metrics.LATEST))
    firsts = dict(page.values(lag_metrics.EARLIEST))
    committed = dict(page.values(lag_metrics.GROUP_OFFSET))
    ages = dict(page.values(lag_metrics.GROUP_LAG_SECONDS))
    if at is None:
        return None
    partitions = []
    for place, records in page.values(lag_metrics.GROUP_LAG):
        group, topic, partition = place
        # What no process of the service reads, whoever names it, takes no room here.
        if topic not in READS.get(group, ()) or place[1:] not in ends or not partition.isdecimal():
            continue
        age, offset, end = ages.get(place), committed.get(place), int(ends[place[1:]])
        waits = None
        if records and age is not None:
            appended_at = at - timedelta(seconds=max(0.0, age))
            waits = FirstWaiting(offset=int(offset or 0), appended_at=appended_at, since=appended_at)
        partitions.append(
            PartitionLag(
                group=group,
                topic=topic,
                partition=int(partition),
                committed=None if offset is None else int(offset),
                first=int(firsts.get(place[1:], 0)),
                end=end,
                waiting=waits,
            )
        )
    seen = {(one.group, one.topic) for one in partitions}
    if not seen.issuperset((group, topic) for group, topics in READS.items() for topic in topics):
        # A topic that is not named is not one on which nothing waits.
        return None
    members = {group: int(number) for (group,), number in page.values(lag_metrics.MEMBERS)}
    groups = {
        group: GroupState(state=state[:_LONGEST_LABEL], members=members[group])
        for (group, state), is_so in page.values(lag_metrics.GROUP_STATE)
        if is_so and group in members
    }
    return LagSample(taken_at=at, partitions=partitions, groups=groups)


def attempts_of(page: MetricsPage) -> Mapping[tuple[str, ...], float] | None:
    """The counters of a notifier, by channel, outcome and status; None: the page is none's."""
    if not page.has(notifier_metrics.FIGURES_AT) and not page.has(notifier_metrics.ATTEMPTS):
        return None
    return dict(page.values(notifier_metrics.ATTEMPTS))


def _ledger(pages: Sequence[MetricsPage], at: datetime, attempts: int | None) -> LedgerSeen:
    duty = _current(pages, ledger_metrics.FIGURES_AT, at)
    notices = _current(pages, notifier_metrics.FIGURES_AT, at)
    people = _newest(pages, people_metrics.FOR_PEOPLE_AT)
    undecided = None if duty is None else duty.one(ledger_metrics.UNDECIDED)
    not_reached = None if people is None else people.one(people_metrics.UNITS_NOT_REACHED)
    return LedgerSeen(
        at=at,
        attempts=attempts,
        waiting=_whole(notices, notifier_metrics.WAITING, sum),
        oldest_seconds=None if notices is None else _of(notices, notifier_metrics.OLDEST, max),
        overdue=None
        if duty is None
        else round(
            sum(
                number
                for (_, state), number in duty.values(ledger_metrics.DUTY_TASKS)
                if state == DutyState.OVERDUE
            )
        ),
        quarantine=None
        if people is None
        else {
            kind[:_LONGEST_LABEL]: round(number)
            for (kind,), number in people.values(people_metrics.QUARANTINE)
            if number
        },
        undecided=None if undecided is None else round(undecided),
        failed_units=None if not_reached is None else round(not_reached),
    )


def _audit(pages: Sequence[MetricsPage]) -> AuditSaid | None:
    newest = _newest(pages, ROUND_AT)
    return None if newest is None else audit_said(newest)


def _newest(pages: Iterable[MetricsPage], at: Metric) -> MetricsPage | None:
    """Of several processes that read the same, the one that read it last."""
    told = [(when, page) for page in pages if (when := page.one(at)) is not None]
    return max(told, key=lambda one: one[0])[1] if told else None


def _current(pages: Iterable[MetricsPage], at: Metric, now: datetime) -> MetricsPage | None:
    """The same, where it was read of late."""
    page = _newest(pages, at)
    read_at = None if page is None else moment(page.one(at))
    return page if read_at is not None and now - read_at <= _TOO_OLD else None


def _whole(
    page: MetricsPage | None, metric: Metric, together: Callable[[Iterable[float]], float]
) -> int | None:
    found = None if page is None else _of(page, metric, together)
    return None if found is None else round(found)


def _of(page: MetricsPage, metric: Metric, together: Callable[[Iterable[float]], float]) -> float | None:
    """None where the page does not name it, as one of an earlier version."""
    values = [value for _, value in page.values(metric)]
    return together(values) if values else None
