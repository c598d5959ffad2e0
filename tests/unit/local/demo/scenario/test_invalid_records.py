"""Every bad record is refused for the reason that the story gives, and nothing else is refused."""

from collections.abc import Sequence

from models.cpr import normalise
from models.events.event_types import CONTROL_TOTAL
from publisher.events import PlainEvent
from tests.unit.local.demo.scenario.conftest import Answer


def test_every_bad_record_is_refused_for_its_own_reason_and_every_good_one_accepted(
    answers: Sequence[Answer],
) -> None:
    for answer in answers:
        receipt = answer.taken.receipt
        assert (receipt.reason and receipt.reason.value) == answer.wanted, receipt.detail


def test_no_receipt_tells_anything_about_the_person(answers: Sequence[Answer]) -> None:
    for answer in answers:
        event = answer.item if isinstance(answer.item, PlainEvent) else answer.item.event
        if "cpr" not in event.data:
            assert event.type == CONTROL_TOTAL
            continue
        assert normalise(event.data["cpr"]) not in answer.taken.receipt.model_dump_json()
