"""Which records of a batch are somebody's first answer."""

from types import SimpleNamespace

from aiokafka import TopicPartition

from ledger.consume.batch import Batch
from ledger.consume.projected import projected
from models.events.event_types import InputTopic
from models.events.receipt import Receipt, ReceiptStatus
from models.reasons import Rejection
from tests.factories import risk
from tests.integration.ledger.ledger_fixture import accepted
from tests.unit.ledger.decisions import ARRIVED, decided


def refused(topic: InputTopic, event: Receipt) -> Receipt:
    update = {
        "status": ReceiptStatus.REJECTED,
        "reason": Rejection.NOT_JSON,
        "origin": event.origin.model_copy(update={"topic": str(topic)}),
    }
    return event.model_copy(update=update)


def records(*offsets: int) -> list[SimpleNamespace]:
    return [SimpleNamespace(offset=offset) for offset in offsets]


def test_a_first_decision_answers_and_so_does_the_refusal_of_a_message() -> None:
    """A fact is no message, an accepted message waits for its decision, and a revision changes an answer."""
    receipt = accepted(risk(ARRIVED.date()))
    batch = Batch()
    batch.receipts += [
        receipt,
        refused(InputTopic.DROPOUT_RISKS, receipt),
        refused(InputTopic.ENROLMENTS, receipt),
    ]
    batch.decisions += [decided("one"), decided("one", revision=2)]
    made = projected(batch, {}, 0.5)
    assert made.answers == {
        "rejected": [receipt.origin.appended_at],
        "obliged": [decided("one").message.origin.appended_at],
    }


def test_a_record_that_has_to_wait_is_counted_when_it_is_read_again() -> None:
    batch = Batch()
    batch.next_offsets = {("receipts", 0): 13, ("decisions", 0): 21, ("decisions", 1): 40}
    polled = {
        TopicPartition("receipts", 0): records(10, 11, 12),
        TopicPartition("decisions", 0): records(20, 21, 22),
        TopicPartition("decisions", 1): records(40),
    }
    assert projected(batch, polled, 0.5).records == {"receipts": 3, "decisions": 1}
