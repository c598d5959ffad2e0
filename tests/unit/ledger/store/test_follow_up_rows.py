"""What becomes a row for the follow-up report, and since when it is known."""

from datetime import UTC, datetime, timedelta

import pytest

from config.topics import Topic
from infra.kafka_record import KafkaRecord
from ledger.consume.batch import Batch
from ledger.store.follow_up_rows import FactKind, FactRow, fact_of
from models.events.person_event import Forwarded, PersonEvent
from models.events.simple_event import read_simple_event
from tests.factories import enrolment, enrolment_end, period, residence, risk
from tests.unit.ledger.decisions import ARRIVED, decided

LATER = ARRIVED + timedelta(days=30)


def row_of(event: PersonEvent) -> FactRow:
    """The row of a record that was written much later than its sender's was appended."""
    row = fact_of(event, partition=3, offset=7, written_at=LATER)
    assert row is not None
    return row


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        (enrolment(), FactKind.ENROLMENT),
        (enrolment_end(LATER.date()), FactKind.ENROLMENT_END),
        (period(), FactKind.PERIOD),
        (residence(), FactKind.RESIDENCE),
    ],
)
def test_a_fact_is_known_since_the_brokers_had_it(event: PersonEvent, kind: FactKind) -> None:
    row = row_of(event)
    assert (row.kind, row.known_at, row.person_id) == (kind, event.origin.appended_at, event.person_id)


@pytest.mark.parametrize(
    "change", [{"forwarded": Forwarded(by="another", sent_as="another")}, {"released": True}]
)
def test_what_came_by_another_way_is_known_since_then(change: dict[str, object]) -> None:
    """Otherwise a report as of a day before a join or a release would count otherwise than it did."""
    assert row_of(enrolment().model_copy(update=change)).known_at == LATER


@pytest.mark.parametrize(
    "event",
    [
        enrolment(ended_on=LATER.date()),
        enrolment(kind="enrolment.corrected"),
        period(),
        period(kind="benefit-period.corrected"),
        residence(),
        risk(),
    ],
)
def test_an_event_that_is_read_quickly_is_the_same_fact(event: PersonEvent) -> None:
    simple = read_simple_event(event.model_dump_json(exclude_none=True).encode())
    assert simple is not None
    place = {"partition": 3, "offset": 7}
    assert fact_of(simple, **place, written_at=LATER) == fact_of(event, **place, written_at=LATER)


def test_a_message_is_no_fact() -> None:
    assert fact_of(risk(), partition=3, offset=7, written_at=LATER) is None


def test_every_decision_is_a_verdict_with_the_time_of_its_record() -> None:
    batch = Batch()
    value = decided("message").model_dump_json(exclude_none=True).encode()
    at = datetime(2026, 9, 3, 10, tzinfo=UTC)
    batch.take(KafkaRecord(Topic.DECISIONS, 1, 5, int(at.timestamp() * 1000), None, value))
    (row,) = batch.verdicts
    assert (row.partition, row.offset, row.known_at, row.outcome) == (1, 5, at, "obliged")


def test_what_was_taken_out_of_the_log_is_no_fact() -> None:
    """A tombstone is the brokers' business."""
    batch = Batch()
    batch.take(KafkaRecord(Topic.PERSON_EVENTS, 1, 5, 0, None, None))
    assert batch.facts == []
