"""What a later version has added to a record is kept and passed on; what a sender has added is refused."""

import json
from collections.abc import Iterator
from typing import Any, get_args

import pytest
from pydantic import BaseModel, ValidationError

from models.base import Travelling
from models.eligibility.apply_event import apply
from models.eligibility.decision import Cause, Decision
from models.eligibility.person_record import PersonRecord
from models.events.content import Risk
from models.events.event_types import EVENT_TYPES
from models.events.person_event import PersonEvent
from models.events.receipt import Applied, AppliedEntry, Receipt, ReceiptStatus, RepeatKind, RepeatReceipt
from tests.factories import LAW, PERSON, background, origin, risk, uuid
from tests.unit.models.events.test_contract import BY_KIND, DATA

LATER = {"added_later": {"by": "the next version"}}
STEP = apply(PersonRecord(person_id=PERSON, events=background()), risk(), Cause(partition=0, offset=4), LAW)
RECORDS: tuple[Travelling, ...] = (
    risk(),
    STEP.record,
    STEP.decisions[0],
    Receipt(origin=origin(), status=ReceiptStatus.ACCEPTED),
    RepeatReceipt(origin=origin(), repeat=RepeatKind.DUPLICATE, sender="280051", event_id=uuid("e")),
    Applied(
        partition=0,
        entries=(
            AppliedEntry(
                offset=1,
                origin_topic="enrolments",
                origin_partition=0,
                origin_offset=1,
                person_id=PERSON,
                changed=0,
            ),
        ),
    ),
)


def by_the_next_version(written: Any) -> Any:
    """A field more in every object of a record."""
    if isinstance(written, list):
        return [by_the_next_version(inner) for inner in written]
    if not isinstance(written, dict):
        return written
    return {name: by_the_next_version(inner) for name, inner in written.items()} | LATER


def models_in(held: Any) -> Iterator[type[BaseModel]]:
    """Every model in an annotation, however deep."""
    for inner in get_args(held):
        yield from models_in(inner)
    if isinstance(held, type) and issubclass(held, BaseModel):
        yield held
        for field in held.model_fields.values():
            yield from models_in(field.annotation)


def test_whatever_is_inside_a_record_that_travels_travels() -> None:
    found = {model for record in RECORDS for model in models_in(type(record))}
    assert Risk in found
    assert [model.__name__ for model in found if not issubclass(model, Travelling)] == []


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
def test_what_is_unknown_is_passed_on_at_every_depth(record: Travelling) -> None:
    written = by_the_next_version(json.loads(record.model_dump_json(exclude_none=True)))
    if "decided" in written:  # a table of its own, by message
        del written["decided"]["added_later"]
    read = type(record).model_validate_json(json.dumps(written))
    assert json.loads(read.model_dump_json(exclude_none=True)) == written


def test_a_person_who_takes_one_more_event_keeps_what_the_next_version_has_added() -> None:
    later = PersonEvent.model_validate_json(json.dumps(json.loads(risk().model_dump_json()) | LATER))
    first = apply(PersonRecord(person_id=PERSON, **LATER), later, Cause(partition=0, offset=0), LAW)
    second = apply(first.record, background()[0], Cause(partition=0, offset=1), LAW)
    assert second.record.model_extra == LATER
    assert second.record.events[0].model_extra == LATER


def test_a_decision_is_the_same_whatever_the_next_version_has_added_to_its_events() -> None:
    later = PersonEvent.model_validate_json(json.dumps(json.loads(risk().model_dump_json()) | LATER))
    given = apply(
        PersonRecord(person_id=PERSON, events=background()), later, Cause(partition=0, offset=4), LAW
    )
    assert [decision.verdict for decision in given.decisions] == [
        decision.verdict for decision in STEP.decisions
    ]


@pytest.mark.parametrize("kind", DATA)
def test_a_sender_who_adds_a_field_is_refused(kind: str) -> None:
    data = EVENT_TYPES[BY_KIND[kind].name].data
    with pytest.raises(ValidationError, match="added_later"):
        data.model_validate_json(json.dumps(DATA[kind] | LATER))


def test_a_decision_of_unknown_outcome_is_not_guessed_at() -> None:
    written = json.loads(STEP.decisions[0].model_dump_json())
    written["verdict"]["outcome"] = "perhaps"
    with pytest.raises(ValidationError):
        Decision.model_validate_json(json.dumps(written))
