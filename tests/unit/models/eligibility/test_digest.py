"""A digest is stored, so it stays what it was: the hash of what the models write."""

from datetime import date, datetime, timedelta, timezone
from hashlib import blake2b

from hypothesis import given, settings
from hypothesis import strategies as st

from models.eligibility.decide import decide
from models.eligibility.decide_messages import reference_of
from models.eligibility.decision import MessageRef, Verdict
from models.eligibility.digest import digest_of
from models.eligibility.facts import fold
from models.events.person_event import Origin
from tests.factories import LAW, background, judge, moment, risk
from tests.unit.models.eligibility.histories import Row, history, rows

_OPTIONAL = (
    "contradicted_by",
    "law_confirmed_until",
    "law_known_until",
    "received_on",
    "window_includes_last_day",
)


def by_the_models(verdict: Verdict, reference: MessageRef, joined: tuple[str, ...]) -> str:
    absent = {name for name in _OPTIONAL if getattr(verdict.evidence, name) is None}
    unsent = {"sent_as"} if reference.sent_as is None else None
    said = verdict.model_dump_json(exclude={"evidence": absent}) + reference.model_dump_json(exclude=unsent)
    return blake2b("|".join((said, *joined)).encode(), digest_size=12).hexdigest()


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
    reference = reference_of(message, text).model_copy(
        update={
            "registered_at": said_at,
            "origin": Origin(topic=text, partition=1, offset=2**40, appended_at=said_at),
            "sent_as": sent_as,
        }
    )
    read = MessageRef.model_validate_json(reference.model_dump_json())
    verdict = judge(message, background())
    digest = by_the_models(verdict, reference, numbers)
    assert digest_of(verdict, reference, numbers) == digest_of(verdict, read, numbers) == digest


def test_what_a_later_version_has_added_counts() -> None:
    message = risk()
    plain = reference_of(message, "a person")
    origin = Origin.model_validate({**dict(message.origin), "later": [None, 1.5, "æ"]})
    reference = plain.model_copy(update={"origin": origin})
    verdict = judge(message, background())
    assert digest_of(verdict, reference, ()) == by_the_models(verdict, reference, ())
    assert digest_of(verdict, reference, ()) != digest_of(verdict, plain, ())


def test_what_was_added_to_the_evidence_later_counts_where_it_is_known() -> None:
    message = risk()
    verdict, reference = judge(message, background()), reference_of(message, "a person")
    evidence = verdict.evidence.model_copy(update={"received_on": date(2026, 1, 1)})
    other = verdict.model_copy(update={"evidence": evidence})
    assert (
        digest_of(other, reference, ())
        == by_the_models(other, reference, ())
        != digest_of(verdict, reference, ())
    )
