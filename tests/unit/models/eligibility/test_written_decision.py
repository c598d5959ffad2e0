"""A decision that is written quickly is what its model would write, and has every field of it."""

from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import fields, replace
from pydantic import BaseModel

from models.eligibility.decide import decide
from models.eligibility.decide_messages import reference_of
from models.eligibility.decision import Cause, Decision, Evidence, MessageRef, Verdict
from models.eligibility.facts import fold
from models.eligibility.person_record import Decided
from models.eligibility.simple_decision import (
    SimpleCause,
    SimpleDecided,
    SimpleDecision,
    SimpleEvidence,
    SimpleMessageRef,
    SimpleVerdict,
    as_decision,
    write_decided,
    write_decision,
)
from models.events.person_event import Origin
from tests.factories import LAW, risk
from tests.unit.models.eligibility.histories import Row, history, rows


def said(verdict: SimpleVerdict, message: SimpleMessageRef) -> SimpleDecision:
    return SimpleDecision(message=message, revision=3, verdict=verdict, cause=SimpleCause(1, 2))


def by_its_model(verdict: SimpleVerdict, message: SimpleMessageRef) -> Decision:
    return as_decision(said(verdict, message))


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (SimpleEvidence, Evidence),
        (SimpleVerdict, Verdict),
        (SimpleMessageRef, MessageRef),
        (SimpleCause, Cause),
        (SimpleDecided, Decided),
        (SimpleDecision, Decision),
    ],
)
def test_it_has_the_fields_of_its_model_in_their_order(written: type[Struct], read: type[BaseModel]) -> None:
    assert [(each.name, each.required) for each in fields(written)] == [
        (name, field.is_required()) for name, field in read.model_fields.items()
    ]


@settings(deadline=None, max_examples=60)
@given(rows)
def test_of_any_history_it_is_written_as_by_its_model(drawn: list[Row]) -> None:
    facts = fold(history(drawn), (), LAW.succession)
    for message in facts.messages:
        decision = said(decide(message, facts, LAW), reference_of(message, "a person"))
        for each in (decision, replace(decision, sealed="v1.x", joined=("one", "two"))):
            model = as_decision(each)
            assert write_decision(each) == model.model_dump_json(exclude_none=True).encode()
            assert model.verdict.outcome is each.verdict.outcome
            assert (model.message.message_id, model.revision) == (each.message.message_id, each.revision)


@given(
    st.text(),
    st.datetimes(datetime(1990, 1, 1), datetime(2099, 12, 31)),  # noqa: DTZ001 - a zone is drawn too
    st.integers(-1439, 1439),
)
def test_of_any_words_and_moments_it_is_written_as_by_its_model(
    text: str, at: datetime, minutes: int
) -> None:
    moment = at.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    message = replace(
        reference_of(risk(), text),
        registered_at=moment,
        seen_at=moment,
        origin=Origin.model_validate(
            {"topic": text, "partition": 0, "offset": 1, "appended_at": moment, "later": {"a": [1, text]}}
        ),
        sent_as=text,
    )
    verdict = decide(risk(), fold([risk()]), LAW)
    evidence = replace(verdict.evidence, contradicted_by=(text, text), study_start=date(2026, 1, 2))
    decision = said(replace(verdict, evidence=evidence), message)
    assert write_decision(decision) == as_decision(decision).model_dump_json(exclude_none=True).encode()


def test_what_is_remembered_is_written_as_by_its_model() -> None:
    written = write_decided({'900101/a"b': SimpleDecided(2, "digest", SimpleCause(1, 2))})
    model = Decided(revision=2, digest="digest", cause=Cause(partition=1, offset=2))
    assert written == b'{"900101/a\\"b":%b}' % model.model_dump_json(exclude_defaults=True).encode()
