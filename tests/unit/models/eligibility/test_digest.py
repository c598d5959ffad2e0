"""A digest is stored, so it stays what it was: the hash of what the models write."""

from datetime import date, datetime, timedelta, timezone
from hashlib import blake2b

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from models.eligibility.decide import decide
from models.eligibility.decide_messages import reference_of
from models.eligibility.digest import digest_of
from models.eligibility.facts import fold
from models.eligibility.simple_decision import SimpleMessageRef, SimpleVerdict
from models.events.person_event import Origin, PersonEvent
from tests.factories import LAW, background, moment, risk
from tests.unit.models.eligibility.histories import Row, history, rows
from tests.unit.models.eligibility.test_written_decision import by_its_model

_OPTIONAL = (
    "contradicted_by",
    "law_confirmed_until",
    "law_known_until",
    "received_on",
    "window_includes_last_day",
)


def by_the_models(said: SimpleVerdict, named: SimpleMessageRef, joined: tuple[str, ...]) -> str:
    decision = by_its_model(said, named)
    verdict, reference = decision.verdict, decision.message
    absent = {name for name in _OPTIONAL if getattr(verdict.evidence, name) is None}
    unsent = {"sent_as"} if reference.sent_as is None else None
    text = verdict.model_dump_json(exclude={"evidence": absent}) + reference.model_dump_json(exclude=unsent)
    return blake2b("|".join((text, *joined)).encode(), digest_size=12).hexdigest()


def judged(message: PersonEvent) -> SimpleVerdict:
    return decide(message, fold((*background(), message), succession=LAW.succession), LAW)


@settings(deadline=None, max_examples=60)
@given(rows)
def test_of_any_history_it_is_what_the_models_write(drawn: list[Row]) -> None:
    facts = fold(history(drawn), (), LAW.succession)
    for message in facts.messages:
        verdict, reference = decide(message, facts, LAW), reference_of(message, "a person")
        assert digest_of(verdict, reference, ()) == by_the_models(verdict, reference, ())


@given(
    st.text(),
    st.datetimes(
        moment(date(1990, 1, 1)).replace(tzinfo=None), moment(date(2099, 12, 31)).replace(tzinfo=None)
    ),
    st.integers(-1439, 1439),
    st.none() | st.text(),
    st.lists(st.text()),
)
def test_of_any_words_and_moments_it_is_what_the_models_write(
    text: str, at: datetime, minutes: int, sent_as: str | None, joined: list[str]
) -> None:
    said_at = at.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    message, numbers = risk(), tuple(joined)
    reference = replace(
        reference_of(message, text),
        registered_at=said_at,
        origin=Origin(topic=text, partition=1, offset=2**40, appended_at=said_at),
        sent_as=sent_as,
    )
    verdict = judged(message)
    assert digest_of(verdict, reference, numbers) == by_the_models(verdict, reference, numbers)


def test_what_a_later_version_has_added_counts() -> None:
    message = risk()
    plain = reference_of(message, "a person")
    origin = Origin.model_validate({**dict(message.origin), "later": [None, 1.5, "æ"]})
    reference = replace(plain, origin=origin)
    verdict = judged(message)
    assert digest_of(verdict, reference, ()) == by_the_models(verdict, reference, ())
    assert digest_of(verdict, reference, ()) != digest_of(verdict, plain, ())


def test_what_was_added_to_the_evidence_later_counts_where_it_is_known() -> None:
    message = risk()
    verdict, reference = judged(message), reference_of(message, "a person")
    other = replace(verdict, evidence=replace(verdict.evidence, received_on=date(2026, 1, 1)))
    assert (
        digest_of(other, reference, ())
        == by_the_models(other, reference, ())
        != digest_of(verdict, reference, ())
    )


def test_what_was_written_before_is_the_same() -> None:
    """As it stands in records: another one would make a revision more of every message."""
    day = date(2025, 9, 1)
    origin = Origin(topic="dropout-risks", partition=1, offset=7, appended_at=moment(day))
    message = risk(day, event_id="11111111-2222-8333-8444-555555555555", origin=origin)
    digest = digest_of(judged(message), reference_of(message, "a person"), ("another",))
    assert digest == "0437baecb724d622b1c8a324"
