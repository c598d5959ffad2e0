"""Which records of a batch are somebody's first answer."""

from datetime import timedelta

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
    made = projected(batch, ["receipts", "receipts", "receipts", "decisions", "decisions"], 0.5)
    assert made.records == {"receipts": 3, "decisions": 2}
    assert [answer for answer, _ in made.answers] == ["rejected", "obliged"]
    assert made.answers[0][1] == receipt.origin.appended_at
    assert made.answers[1][1] - decided("one").message.origin.appended_at == timedelta(0)
