"""Intake's answer as whoever reads the topics has it."""

from dataclasses import dataclass

from models.events.accepted_event import as_person_event, write_person_event
from models.events.person_event import PersonEvent
from models.events.receipt import Receipt
from models.events.simple_receipt import write_receipt
from streams.intake import Context, InputRecord, validate_record


@dataclass(frozen=True)
class WrittenAnswer:
    """`streams.intake.Validated`, written and read again."""

    receipt: Receipt
    event: PersonEvent | None
    rejected_payload: str | None


def judged(record: InputRecord, context: Context) -> WrittenAnswer:
    """What intake answers to `record`: in the bytes that the models of receipts and events would write."""
    validated = validate_record(record, context)
    written = write_receipt(validated.receipt)
    receipt = Receipt.model_validate_json(written)
    assert receipt.model_dump_json(exclude_none=True).encode() == written
    event = None
    if validated.event is not None:
        event = as_person_event(validated.event)
        assert event.model_dump_json(exclude_none=True).encode() == write_person_event(validated.event)
    return WrittenAnswer(receipt, event, validated.rejected_payload)
