"""What the ledger tells of other people: what moved away is gone, what was taken back elsewhere counts here."""

from datetime import date, timedelta
from itertools import permutations
from typing import Any

import pytest

from models.eligibility.bounds import MAX_TOLD
from models.eligibility.facts import Facts, fold
from models.events.content import Content, HandedOver, MovedAway
from models.events.person_event import PersonEvent
from models.events.subject import rank_of, subject_of
from models.reasons import DecisionReason
from tests.factories import (
    CLOSED_INSTITUTION,
    DAY,
    INSTITUTION,
    LAW,
    LEDGER,
    OTHER_INSTITUTION,
    annulment,
    background,
    enrolment,
    enrolment_end,
    event,
    judge,
    moment,
    origin,
    period,
    refusal,
    residence,
    residence_annulment,
    risk,
    withdrawal,
)
from tests.unit.models.eligibility.arrivals import run


def _word(of: PersonEvent, **more: Any) -> dict[str, Any]:
    subject = subject_of(of)
    assert subject is not None
    return {
        "subject": subject.kind,
        "name": subject.name,
        "owner": of.sender,
        "owned_since": of.origin.appended_at.date(),
        "sender": of.sender,
        "registered_at": of.registered_at,
        **of.origin.model_dump(),
        **more,
    }


def _said(word: Content, at: PersonEvent) -> PersonEvent:
    return event(word, sender=LEDGER, at=at.registered_at, origin=origin(topic="ledger/word"))


def moved(to: PersonEvent) -> PersonEvent:
    """The ledger's word that the version `to` is another person's."""
    return _said(MovedAway.model_validate(_word(to, kind="subject.moved", rank=rank_of(to))), to)


def handed_over(what: PersonEvent) -> PersonEvent:
    """The ledger's word that `what` was said about another person."""
    word = _word(what, kind="subject.taken_back", event_id=what.event_id, says=what.content.model_dump())
    return _said(HandedOver.model_validate(word), what)


def in_any_order(*events: PersonEvent) -> Facts:
    (facts,) = {fold(order, succession=LAW.succession) for order in permutations(events)}
    return facts


class TestWhatHasMovedAway:
    @pytest.mark.parametrize(
        ("here", "there", "field"),
        [
            (enrolment(), enrolment(kind="enrolment.corrected"), "enrolments"),
            (period(), period(kind="benefit-period.corrected"), "periods"),
            (residence(), residence("0751", at=moment(DAY)), "homes"),
        ],
    )
    def test_is_gone(self, here: PersonEvent, there: PersonEvent, field: str) -> None:
        assert getattr(in_any_order(here), field)
        assert getattr(in_any_order(here, moved(there)), field) == ()

    def test_comes_back_with_a_later_version(self) -> None:
        here, there = enrolment(), enrolment(at=moment(DAY))
        back = enrolment(at=moment(DAY) + timedelta(hours=1), start=date(2025, 8, 18))
        (known,) = in_any_order(here, moved(there), back).enrolments
        assert known.study_start == date(2025, 8, 18)

    def test_an_equal_version_moves_nothing(self) -> None:
        """The same record may stand with two people: a new CPR."""
        here = enrolment()
        assert in_any_order(here, moved(here)).enrolments

    def test_stays_where_the_version_is_refused(self) -> None:
        here, there = enrolment(), enrolment(at=moment(DAY))
        assert in_any_order(here, moved(there), refusal(there)).enrolments

    def test_is_not_what_is_held_here(self) -> None:
        """Under another number of this person. Whose it is, is found out here; the word may be older than that."""
        formers = enrolment(institution=CLOSED_INSTITUTION, origin=origin(appended_at=moment(DAY)))
        own = enrolment(at=moment(DAY), origin=origin(appended_at=moment(DAY)))
        word = moved(own)
        said = word.content.model_copy(update={"owner": CLOSED_INSTITUTION, "sender": CLOSED_INSTITUTION})
        known = in_any_order(formers, own, word.model_copy(update={"content": said})).enrolments
        assert len(known) == 2

    def test_a_message_does_not_move(self) -> None:
        """Two of one id: the later one is refused."""
        message = risk()
        word = moved(risk(at=message.registered_at + timedelta(hours=1), event_id=message.event_id))
        assert in_any_order(message, word).messages == (message,)

    def test_is_nobody_elses(self) -> None:
        """One institution's words never move another one's enrolment of that id."""
        here = enrolment()
        assert in_any_order(here, moved(enrolment(institution=OTHER_INSTITUTION, at=moment(DAY)))).enrolments


class TestWhatWasTakenBackElsewhere:
    def test_ends(self) -> None:
        end = enrolment_end(date(2025, 9, 1), at=moment(DAY))
        (known,) = in_any_order(enrolment(), handed_over(end)).enrolments
        assert known.ended_on == date(2025, 9, 1)

    def test_counts_in_the_order_of_registration(self) -> None:
        end = enrolment_end(date(2025, 9, 1), at=moment(DAY))
        later = enrolment(kind="enrolment.corrected", at=moment(DAY) + timedelta(hours=1))
        (known,) = in_any_order(enrolment(), handed_over(end), later).enrolments
        assert known.ended_on is None

    def test_annuls(self) -> None:
        assert in_any_order(period(), handed_over(annulment(at=moment(DAY)))).periods == ()
        assert in_any_order(residence(), handed_over(residence_annulment(at=moment(DAY)))).homes == ()

    def test_withdraws(self) -> None:
        message = risk()
        said = withdrawal(message)
        word = handed_over(said)
        assert judge(message, (*background(), word)).reason is DecisionReason.WITHDRAWN
        assert judge(message, (*background(), word, refusal(said))).reason is DecisionReason.OBLIGED
        others = handed_over(withdrawal(message, sender=OTHER_INSTITUTION))
        assert judge(message, (*background(), others)).reason is DecisionReason.OBLIGED


def test_a_residence_that_was_annulled_is_gone_until_it_is_registered_again() -> None:
    gone = residence_annulment(at=moment(DAY))
    assert in_any_order(residence(), gone).homes == ()
    assert in_any_order(residence(), gone, residence(at=moment(DAY) + timedelta(hours=1))).homes


def test_of_words_without_end_the_latest_are_kept_and_nothing_of_others_is_left_out() -> None:
    here = enrolment()
    words = [moved(enrolment(at=moment(DAY) + timedelta(minutes=n))) for n in range(400)]
    steps = run([here, *words, refusal(here), enrolment(institution=OTHER_INSTITUTION)])
    assert {step.left_out for step in steps} == {None}
    assert sum(isinstance(one.content, MovedAway) for one in steps[-1].record.events) == MAX_TOLD
    known = fold(steps[-2].record.events, steps[-2].record.superseded).enrolments
    assert all(one.institution_number != INSTITUTION for one in known)
