"""The quick reading of a decision and pydantic's: what the first takes, the second takes, and as the same."""

import json
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.json import encode
from pydantic import ValidationError

from models.eligibility.decision import (
    Decision,
    ErasureMark,
    JoinMark,
)
from models.eligibility.simple_decision import (
    as_decision,
    content_of,
    differ_in_evidence_alone,
    read_simple_decision,
    stored_decision,
)
from tests.unit.models.records import records, spoilt, written

DECISIONS = records(Decision)


@given(DECISIONS)
@settings(max_examples=100)
def test_a_decision_is_read_as_pydantic_reads_it(decision: Decision) -> None:
    value = written(decision)
    plain = read_simple_decision(value)
    assert plain is not None
    assert written(as_decision(plain)) == written(Decision.model_validate_json(value))


@given(DECISIONS)
@settings(max_examples=100)
def test_it_is_stored_as_pydantic_stores_it(decision: Decision) -> None:
    plain = read_simple_decision(written(decision))
    assert plain is not None
    stored = json.loads(encode(content_of(plain)))
    assert stored == json.loads(encode(content_of(decision)))
    assert stored_decision(stored, plain.sealed) == plain


@given(spoilt(Decision))
@settings(max_examples=400)
def test_what_is_taken_pydantic_takes_too(value: bytes) -> None:
    plain = read_simple_decision(value)
    if plain is not None:
        assert written(as_decision(plain)) == written(Decision.model_validate_json(value))


def later_field(decision: Decision) -> Decision:
    """As a later version writes it."""
    return Decision.model_validate_json(written(decision)[:-1] + b',"of_a_later_version":1}')


@given(DECISIONS, st.dates(), st.booleans(), st.booleans(), st.booleans())
@settings(max_examples=100)
def test_two_are_compared_alike_whichever_way_each_was_read(
    decision: Decision, other_date: date, says_other: bool, quick: bool, other_quick: bool
) -> None:
    evidence = decision.verdict.evidence.model_copy(update={"message_date": other_date})
    law = {"law_version": decision.verdict.law_version + "x"} if says_other else {}
    verdict = decision.verdict.model_copy(update={"evidence": evidence} | law)
    other = decision.model_copy(update={"verdict": verdict})
    one = read_simple_decision(written(decision)) if quick else later_field(decision)
    two = read_simple_decision(written(other)) if other_quick else later_field(other)
    assert one is not None
    assert two is not None
    assert differ_in_evidence_alone(one, two) is not says_other


@given(st.one_of(records(JoinMark), records(ErasureMark)))
def test_a_mark_is_none(mark: JoinMark | ErasureMark) -> None:
    assert read_simple_decision(written(mark)) is None


@given(DECISIONS)
@settings(max_examples=20)
def test_what_a_later_version_adds_is_left_to_pydantic_which_keeps_it(decision: Decision) -> None:
    value = written(later_field(decision))
    assert read_simple_decision(value) is None
    stored = json.loads(encode(content_of(Decision.model_validate_json(value))))
    assert isinstance(stored_decision(stored, None), Decision)
    assert stored["of_a_later_version"] == 1


@pytest.mark.parametrize("value", [b"", b"null", b"[]", b"{", b"\xff", b"{}"])
def test_what_is_no_decision_is_none(value: bytes) -> None:
    assert read_simple_decision(value) is None
    with pytest.raises(ValidationError):
        Decision.model_validate_json(value)
