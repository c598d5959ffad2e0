"""What the processes say in their metrics, made into the look that the terminal's status takes itself."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from doctor.readers.metrics_page import MetricsPage, read_metrics
from doctor.status.answer import status_answer
from doctor.status.look import LedgerSeen, StatusLook
from doctor.status.metrics_look import WANTED, Scraped, attempts_of, look_of
from infra.figures import Figure
from ledger import metrics as ledger_metrics
from models.service_status import Level, StatusAnswer, StepName
from notifiers import metrics as notifier_metrics
from ops.lag.sample import LagSample
from ops.recovery import metrics as people_metrics
from tests.service_metrics import (
    EMAIL,
    audit_registry,
    lag_registry,
    lag_sample,
    ledger_registry,
    notices_registry,
    people_registry,
)

NOW: Final = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
AT: Final = NOW.timestamp()


def sample(**waits: int) -> LagSample:
    return lag_sample(NOW, **waits)


def read(served: CollectorRegistry) -> MetricsPage:
    return read_metrics(generate_latest(served).decode(), WANTED)


def lag_page(seen: LagSample | None, now: datetime = NOW) -> MetricsPage:
    return read(lag_registry(seen, now))


def ledger(*figures: Figure, at: float = AT) -> MetricsPage:
    return read(ledger_registry(*figures, at=at))


def notices(*figures: Figure, at: float = AT) -> MetricsPage:
    return read(notices_registry(*figures, at=at))


def auditor(unaccounted: int, at: float = AT) -> MetricsPage:
    return read(audit_registry(unaccounted, at))


WHOLE: Final = {
    "ledger": ledger(
        (ledger_metrics.DUTY_TASKS, ("0101", "overdue"), 3),
        (ledger_metrics.DUTY_TASKS, ("0751", "overdue"), 1),
        (ledger_metrics.DUTY_TASKS, ("0101", "waiting"), 9),
        (ledger_metrics.UNDECIDED, (), 6),
    ),
    "notify": notices(
        (notifier_metrics.WAITING, EMAIL, 2),
        (notifier_metrics.WAITING, ("webhook",), 1),
        (notifier_metrics.OLDEST, EMAIL, 130.5),
        (notifier_metrics.OLDEST, ("webhook",), 4),
    ),
    "audit": auditor(4),
    "audit-people": read(
        people_registry(
            (people_metrics.QUARANTINE, ("input",), 3),
            (people_metrics.QUARANTINE, ("bounce",), 0),
            (people_metrics.UNITS_NOT_REACHED, (), 2),
            at=AT,
        )
    ),
}


def answer(pages: Iterable[tuple[str, MetricsPage]], attempts: int | None = 7) -> StatusAnswer:
    return status_answer(None, look_of(Scraped(NOW, dict(pages)), attempts))


def test_the_answer_is_the_one_that_the_servers_themselves_would_give() -> None:
    """The same rule over the same state, read by both ways."""
    seen = sample(dropout_risks=700, person_events=50, decisions=10)
    by_metrics = answer([*WHOLE.items(), ("lag", lag_page(seen))])
    asked = StatusLook(
        at=NOW,
        sample=seen,
        duty_lag_seconds=seen.duty_age(NOW),
        ledger=LedgerSeen(
            at=NOW,
            attempts=7,
            waiting=3,
            oldest_seconds=130.5,
            overdue=4,
            quarantine={"input": 3},
            undecided=6,
            failed_units=2,
        ),
    )
    direct = status_answer(None, asked)
    assert by_metrics.flow == direct.flow
    assert by_metrics.people == direct.people
    assert by_metrics.promises == replace(direct.promises, unaccounted=4, counted_at=NOW)
    assert by_metrics.promises.duty_lag_seconds == 703.0
    assert by_metrics.away == {}
    assert [one.level for one in by_metrics.flow] == [
        Level.UNKNOWN, Level.FAULT, Level.FINE, Level.FAULT, Level.WARNING,
    ]  # fmt: skip


def test_rates_are_made_of_two_looks() -> None:
    earlier = NOW - timedelta(seconds=10)
    quiet = lag_page(replace(sample(), taken_at=earlier), earlier)
    before = look_of(Scraped(earlier, {"lag": quiet}), 10)
    now = look_of(Scraped(NOW, {"lag": lag_page(sample(dropout_risks=0)), "notify": WHOLE["notify"]}), 15)
    rates = {one.step: one.per_second for one in status_answer(before, now).flow}
    assert rates[StepName.SENDERS] == 0.3
    assert rates[StepName.NOTIFY] == 0.5


def test_without_any_page_everything_is_unknown_and_nothing_is_0() -> None:
    seen = answer([], None)
    assert {step.waiting for step in seen.flow} == {None}
    assert {step.level for step in seen.flow} == {Level.UNKNOWN}
    said, waits = seen.promises, seen.people
    assert (said.unaccounted, said.duty_lag_seconds, said.overdue_without_contact) == (None, None, None)
    assert said.oldest_undelivered_seconds is None
    assert (waits.quarantine, waits.undecided_past_review, waits.units_not_reached) == (None, None, None)
    assert seen.away.keys() == {"kafka", "postgresql", "audit"}


@pytest.mark.parametrize("gone", WHOLE)
def test_one_that_is_away_takes_its_own_numbers_with_it_and_no_others(gone: str) -> None:
    seen = answer((name, one) for name, one in WHOLE.items() if name != gone)
    unknown = {
        "ledger": seen.promises.overdue_without_contact,
        "notify": seen.promises.oldest_undelivered_seconds,
        "audit": seen.promises.unaccounted,
        "audit-people": seen.people.quarantine,
    }
    assert [name for name, number in unknown.items() if number is None] == [gone]


def test_figures_that_nobody_has_read_of_late_are_unknown() -> None:
    """While PostgreSQL is away its processes serve none; a clock that stands still must not hide that."""
    old = (NOW - timedelta(minutes=4)).timestamp()
    seen = answer([("a", ledger((ledger_metrics.UNDECIDED, (), 1), at=old)), ("b", notices(at=old))])
    assert seen.people.undecided_past_review is None
    assert seen.promises.overdue_without_contact is None
    assert seen.flow[-1].waiting is None


def test_of_two_that_read_the_same_the_later_counts_and_they_are_not_added() -> None:
    late, early = auditor(4), auditor(9, AT - 60)
    assert answer([("a", late), ("b", early)]).promises.unaccounted == 4
    assert answer([("a", early), ("b", late)]).promises.unaccounted == 4


def test_a_lag_process_that_kafka_does_not_answer_says_nothing() -> None:
    """Its last sample is too old: then the partitions are absent, and none of them has 0 records."""
    stale = lag_page(sample(dropout_risks=5), NOW + timedelta(minutes=5))
    for seen in (answer([("lag", stale)]), answer([("lag", lag_page(None))])):
        assert seen.flow[1].waiting is None
        assert seen.promises.duty_lag_seconds is None
        assert "kafka" in seen.away


def test_a_topic_that_is_missing_is_not_one_on_which_nothing_waits() -> None:
    whole = sample()
    part = replace(whole, partitions=[one for one in whole.partitions if one.topic != "decisions"])
    assert answer([("lag", lag_page(part))]).flow[3].waiting is None


def test_a_record_that_could_not_be_read_makes_the_ages_unknown_and_not_the_number() -> None:
    whole = sample(decisions=10)
    blind = replace(whole, partitions=[replace(one, waiting=None) for one in whole.partitions])
    seen = answer([("lag", lag_page(blind))])
    assert (seen.flow[3].waiting, seen.flow[3].oldest_seconds) == (3, None)
    assert seen.promises.duty_lag_seconds is None


def test_groups_and_topics_of_others_take_no_room() -> None:
    whole = sample()
    strange = [replace(whole.partitions[0], group=f"g{number}") for number in range(50)]
    found = look_of(
        Scraped(NOW, {"lag": lag_page(replace(whole, partitions=[*whole.partitions, *strange]))}), 0
    )
    assert found.sample is not None
    assert len(found.sample.partitions) == len(whole.partitions)


def test_only_a_notifier_has_counters_of_attempts() -> None:
    assert attempts_of(WHOLE["audit"]) is None
    assert attempts_of(WHOLE["notify"]) == {}
