"""What a ledger says of its own work: how old answers are, and whether it can go on."""

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta

from prometheus_client import generate_latest

from config.topics import Topic
from frafaldsvarsel.processes.ledger_watch import LedgerWatch
from infra.traces import Span, Traces, intake_span, trace_of
from ledger.consume.projected import ANSWERS, Projected
from models.events.receipt import Receipt, ReceiptStatus
from tests import scrape
from tests.factories import origin

NOW = datetime(2026, 10, 7, 12, tzinfo=UTC)


def watching() -> LedgerWatch:
    return LedgerWatch(lambda: None, clock=NOW.timestamp)


def shown(watch: LedgerWatch) -> dict[str, float]:
    return scrape.values(generate_latest(watch.metrics.registry).decode())


def batch(*answers: tuple[str, datetime]) -> Projected:
    times: defaultdict[str, list[datetime]] = defaultdict(list)
    for answer, at in answers:
        times[answer].append(at)
    return Projected(records=Counter({str(Topic.DECISIONS): 4}), answers=times, seconds=0.25)


def test_it_is_ready_while_it_knows_its_positions() -> None:
    heard: list[bool] = []
    watch = LedgerWatch(lambda: heard.append(True))
    assert list(watch.health.missing) == ["positions"]
    watch.ready()
    assert list(watch.health.missing) == []
    watch.lost()
    assert list(watch.health.missing) == ["positions"]
    assert watch.health.is_alive
    watch.ready()
    assert heard == [True, True]


def test_an_answer_is_as_old_as_its_message_at_the_broker() -> None:
    watch = watching()
    late, soon, ahead = (NOW - timedelta(seconds=seconds) for seconds in (61, 3, -5))
    watch.projected(batch(("obliged", late), ("obliged", soon), ("rejected", ahead)))
    found = shown(watch)
    assert found['frafaldsvarsel_answer_seconds_bucket{answer="obliged",le="60.0"}'] == 1
    assert found['frafaldsvarsel_answer_seconds_count{answer="obliged"}'] == 2
    assert found['frafaldsvarsel_answer_seconds_sum{answer="obliged"}'] == 64
    assert found['frafaldsvarsel_answer_seconds_sum{answer="rejected"}'] == 0, "a broker's clock may be ahead"
    assert found["frafaldsvarsel_ledger_transaction_seconds_count"] == 1
    assert found["frafaldsvarsel_ledger_position_timestamp_seconds"] == NOW.timestamp()
    assert found['frafaldsvarsel_ledger_records_total{topic="decisions"}'] == 4


def test_every_answer_is_served_from_the_start_so_that_its_first_one_is_growth() -> None:
    watch = watching()
    before = shown(watch)
    for answer in ANSWERS:
        assert before[f'frafaldsvarsel_answer_seconds_count{{answer="{answer}"}}'] == 0
        watch.projected(batch((answer, NOW)))
    assert shown(watch).keys() == before.keys(), "no series is made later: their number is fixed"


def test_what_was_booked_is_told_in_the_trace_of_each_record() -> None:
    """The receipt hangs on intake's span, a decision on match's: both ids follow from the record's place."""
    told: list[Span] = []
    watch = watching()
    place = origin(offset=7)
    receipt = Receipt(origin=place, status=ReceiptStatus.ACCEPTED)
    projected = Projected(records=Counter(), answers={}, seconds=0.25, receipts=[receipt], decisions=[])
    watch.projected(projected)
    watch.traces = Traces(ratio=1, tell=told.append, clock=lambda: 2_000_000_000)
    watch.projected(projected)
    (span,) = told
    assert (span.trace, span.parent) == (trace_of(place), intake_span(trace_of(place)))
    assert (span.began_ns, span.ended_ns) == (1_750_000_000, 2_000_000_000)
