"""The register's word that a person has another number: both sealed, both pseudonyms from then on."""

from dataclasses import replace
from typing import Any

import pytest

from models.events.content import NumberChange
from models.events.event_types import InputTopic
from models.events.receipt import ReceiptStatus
from models.reasons import Rejection
from tests.factories import INSTITUTION, MADE_UP_CPR
from tests.unit.streams.senders import (
    NEW_CPR,
    Senders,
    number_change_event,
    received,
    risk_event,
    with_data,
)
from tests.unit.streams.written_answer import WrittenAnswer, judged

SENDERS = Senders()


def taken(event: Any, **made: Any) -> WrittenAnswer:
    ready = SENDERS.made(event, topic=InputTopic.RESIDENCES, **made)
    return judged(received(ready), SENDERS.context)


def test_it_becomes_an_event_of_the_old_number_that_names_the_new_one_as_a_pseudonym() -> None:
    """Neither number stands anywhere in it."""
    found = taken(number_change_event())
    assert found.event is not None
    vault = SENDERS.context.vault
    assert found.event.person_id == vault.person_id(MADE_UP_CPR)
    assert isinstance(found.event.content, NumberChange)
    assert found.event.content.new_person_id == vault.person_id(NEW_CPR)
    text = found.event.model_dump_json() + found.receipt.model_dump_json()
    assert MADE_UP_CPR not in text
    assert NEW_CPR not in text


def test_another_new_number_is_another_content() -> None:
    """And the same one, sealed anew, is a repeat."""
    first, again = taken(number_change_event()), taken(number_change_event())
    other = taken(with_data(number_change_event(), new_cpr="0202021234"))
    assert first.receipt.fingerprint == again.receipt.fingerprint != other.receipt.fingerprint


@pytest.mark.parametrize(
    ("fields", "reason", "detail"),
    [
        ({"new_cpr": MADE_UP_CPR}, Rejection.WRONG_FIELD, "new_cpr"),
        ({"new_cpr": f"{MADE_UP_CPR[:6]}-{MADE_UP_CPR[6:]}"}, Rejection.WRONG_FIELD, "new_cpr"),
        ({"new_cpr": "3102011234"}, Rejection.NOT_A_PERSON, "new_cpr"),
        ({"new_cpr": None}, Rejection.MISSING_FIELD, "new_cpr"),
        ({"cpr": "3102011234"}, Rejection.NOT_A_PERSON, None),
    ],
)
def test_what_is_no_other_number_is_refused(
    fields: dict[str, Any], reason: Rejection, detail: str | None
) -> None:
    found = taken(with_data(number_change_event(), **fields))
    assert (found.receipt.status, found.receipt.reason, found.receipt.detail) == (
        ReceiptStatus.REJECTED,
        reason,
        detail,
    )


def test_a_number_in_the_clear_is_refused() -> None:
    data = {**number_change_event().data}
    sealed = SENDERS.made(number_change_event(), topic=InputTopic.RESIDENCES)
    assert sealed.value is not None
    found = taken(number_change_event(), data={**data, "new_cpr": NEW_CPR})
    assert found.receipt.reason is Rejection.CPR_NOT_SEALED


def test_only_a_register_joins_two_numbers() -> None:
    """An institution would make two students one."""
    event = number_change_event()
    source = risk_event().source
    found = taken(replace(event, sender=INSTITUTION, source=source))
    assert found.receipt.reason is Rejection.NOT_SENDERS_TYPE
