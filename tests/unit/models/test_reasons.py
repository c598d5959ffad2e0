"""The closed lists of reasons travel as their codes and explain themselves."""

import re

import pytest
from pydantic import TypeAdapter

from models.reasons import DecisionReason, Reason, Rejection

ALL = [*Rejection, *DecisionReason]


@pytest.mark.parametrize("reason", ALL)
def test_a_reason_is_its_code_and_has_a_sentence(reason: Reason) -> None:
    """One sentence, and no value from a record in it."""
    assert reason == reason.value == str(reason) == reason.name.lower()
    assert re.fullmatch(r"[A-Z][^\n]+\.", reason.text)
    adapter: TypeAdapter[Reason] = TypeAdapter(type(reason))
    assert adapter.validate_json(adapter.dump_json(reason)) is reason


def test_no_code_stands_in_both_lists() -> None:
    """A code alone says what it is about."""
    assert len({str(reason) for reason in ALL}) == len(ALL)
