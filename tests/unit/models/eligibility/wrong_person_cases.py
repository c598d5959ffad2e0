"""Public cases of the wrong person and of ids that name nothing, each as a small history.

Where they come from stands in `docs/edges.md`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from models.events.person_event import PersonEvent
from models.reasons import DecisionReason as Reason
from tests.factories import (
    DAY,
    OTHER_INSTITUTION,
    START,
    annulment,
    enrolment,
    enrolment_end,
    moment,
    period,
    residence,
    residence_annulment,
    risk,
    withdrawal,
)

A: Final = "wrong" * 5
B: Final = "right" * 5
SOON: Final = moment(DAY)
LATER: Final = SOON + timedelta(hours=1)
LAST: Final = SOON + timedelta(hours=2)


@dataclass(frozen=True)
class Case:
    """A history; the reasons of the messages of A and B at its end; and what names nothing."""

    events: tuple[PersonEvent, ...]
    reasons: Mapping[PersonEvent, Reason]
    nothing: tuple[PersonEvent, ...] = ()


def known(person: str, *without: str) -> list[PersonEvent]:
    """All that makes a message obliged, under names of the person's own."""
    facts = {
        "study": enrolment(name=f"study {person}", person_id=person),
        "help": period(name=f"help {person}", person_id=person),
        "home": residence(name=f"home {person}", person_id=person),
    }
    return [event for name, event in facts.items() if name not in without]


def study(of: str, person: str, at: datetime, **more: Any) -> PersonEvent:
    """The enrolment that was registered of one, said about another."""
    fields: dict[str, Any] = {"name": f"study {of}", "kind": "enrolment.corrected", "at": at}
    return enrolment(**{**fields, **more}, person_id=person)


def re_pointed() -> Case:
    """Everything of a duplicate is written anew about the one that stays."""
    mine, theirs = risk(person_id=A), risk(person_id=B)
    moved = (
        study(A, B, SOON),
        period(name=f"help {A}", kind="benefit-period.corrected", at=SOON, person_id=B),
        residence(name=f"home {A}", at=SOON, person_id=B),
    )
    return Case((*known(A), *moved, mine, theirs), {mine: Reason.ENROLMENT_UNKNOWN, theirs: Reason.OBLIGED})


def there_and_back() -> Case:
    mine, theirs = risk(person_id=A), risk(person_id=B)
    moved = (study(A, B, SOON), study(A, A, LATER))
    events = (*known(A), *known(B, "study"), *moved, mine, theirs)
    return Case(events, {mine: Reason.OBLIGED, theirs: Reason.ENROLMENT_UNKNOWN})


def back_within_one_moment() -> Case:
    """Both with one time: as the brokers had them."""
    mine, theirs = risk(person_id=A), risk(person_id=B)
    moved = (study(A, B, SOON), study(A, A, SOON), study(A, B, SOON))
    events = (*known(A), *known(B, "study"), *moved, mine, theirs)
    return Case(events, {mine: Reason.ENROLMENT_UNKNOWN, theirs: Reason.OBLIGED})


def onto_itself() -> Case:
    mine = risk(person_id=A)
    return Case((*known(A), study(A, A, SOON), mine), {mine: Reason.OBLIGED})


def message_stays_behind() -> Case:
    """The study is moved, and the message is not: it is taken back, and raised about the right one."""
    mine, theirs = risk(person_id=A), risk(LATER, person_id=B)
    events = (*known(A), *known(B, "study"), study(A, B, SOON), mine, withdrawal(mine, person_id=B), theirs)
    return Case(events, {mine: Reason.WITHDRAWN, theirs: Reason.OBLIGED})


def late_word_of_the_old() -> Case:
    """Somebody who has not heard of the move corrects the old one; it was registered before."""
    mine, theirs = risk(person_id=A), risk(person_id=B)
    moved = (study(A, B, LATER), study(A, A, SOON, start=START + timedelta(days=7)))
    events = (*known(A), *known(B, "study"), *moved, mine, theirs)
    return Case(events, {mine: Reason.ENROLMENT_UNKNOWN, theirs: Reason.OBLIGED})


def same_state_again() -> Case:
    """A synchronisation sends the old state once more under a new id, with its old time."""
    mine, theirs = risk(person_id=A), risk(person_id=B)
    again = study(A, A, moment(START), kind="enrolment.registered")
    events = (*known(A), *known(B, "study"), study(A, B, SOON), again, mine, theirs)
    return Case(events, {mine: Reason.ENROLMENT_UNKNOWN, theirs: Reason.OBLIGED})


def end_under_the_old() -> Case:
    theirs = risk(LATER, person_id=B)
    end = enrolment_end(START, name=f"study {A}", at=LATER, person_id=A)
    return Case(
        (*known(A), *known(B, "study"), study(A, B, SOON), end, theirs), {theirs: Reason.ENROLMENT_ENDED}
    )


def void_before_its_message() -> Case:
    message = risk(person_id=A)
    return Case((withdrawal(message, person_id=B), *known(A), message), {message: Reason.WITHDRAWN})


def void_of_an_unknown_id() -> Case:
    message = risk(person_id=A)
    said = withdrawal(risk(), person_id=A)
    return Case((*known(A), message, said), {message: Reason.OBLIGED}, (said,))


def void_of_a_void() -> Case:
    """A withdrawal is no message: it stays, and who would take it back is told."""
    message = risk(person_id=A)
    first = withdrawal(message, person_id=A)
    second = withdrawal(first, person_id=A)
    return Case((*known(A), message, first, second), {message: Reason.WITHDRAWN}, (second,))


def void_by_another() -> Case:
    message = risk(person_id=A)
    others = withdrawal(message, sender=OTHER_INSTITUTION, person_id=B)
    return Case((*known(A), message, others), {message: Reason.OBLIGED}, (others,))


def void_twice() -> Case:
    """Whatever is gone already is no typing error."""
    message = risk(person_id=A)
    gone = [annulment(name=f"help {A}", at=SOON + timedelta(minutes=n), person_id=A) for n in range(2)]
    ends = [enrolment_end(date(2025, 12, day), name=f"study {A}", person_id=A) for day in (1, 1)]
    return Case((*known(A), *gone, *ends, message), {message: Reason.NO_TARGET_GROUP_PERIOD_KNOWN})


def deleted_and_made_anew() -> Case:
    """Annulled of one, and registered of the other under another id."""
    mine, theirs = risk(person_id=A), risk(person_id=B)
    gone = residence_annulment(name=f"home {A}", at=SOON, person_id=A)
    anew = residence(name="another home", at=SOON, person_id=B)
    return Case(
        (*known(A), gone, *known(B, "home"), anew, mine, theirs),
        {mine: Reason.RESIDENCE_UNKNOWN, theirs: Reason.OBLIGED},
    )


def deleted_and_made_anew_under_one_id(at: datetime = LATER, then: Reason = Reason.OBLIGED) -> Case:
    """A move that is sent as a deletion and a creation."""
    mine, theirs = risk(person_id=A), risk(person_id=B)
    gone = residence_annulment(name=f"home {A}", at=SOON, person_id=A)
    anew = residence(name=f"home {A}", at=at, person_id=B)
    return Case(
        (*known(A), gone, *known(B, "home"), anew, mine, theirs),
        {mine: Reason.RESIDENCE_UNKNOWN, theirs: then},
    )


def deleted_and_made_anew_in_one_moment() -> Case:
    """What is annulled in a moment counts after what is registered in it: as the contract says."""
    return deleted_and_made_anew_under_one_id(SOON, Reason.RESIDENCE_UNKNOWN)


def corrected_after_its_end() -> Case:
    """A later correction without the end is a study that goes on."""
    mine = risk(LAST, person_id=A)
    end = enrolment_end(START, name=f"study {A}", at=SOON, person_id=B)
    return Case((*known(A), end, study(A, A, LATER), mine), {mine: Reason.OBLIGED})


def two_students_under_one_number() -> Case:
    """Two enrolments about one, of which one is another's."""
    mine, theirs = risk(person_id=A), risk(person_id=B)
    wrong = enrolment(name="theirs", person_id=A)
    right = enrolment(name="theirs", kind="enrolment.corrected", at=SOON, person_id=B)
    events = (*known(A), wrong, *known(B, "study"), right, mine, theirs)
    return Case(events, {mine: Reason.OBLIGED, theirs: Reason.OBLIGED})


def both_enrolled() -> Case:
    """The one that stays has an enrolment of its own."""
    theirs = risk(person_id=B)
    end = enrolment_end(START, name=f"study {B}", at=LATER, person_id=B)
    return Case((*known(A), *known(B), study(A, B, SOON), end, theirs), {theirs: Reason.OBLIGED})


def one_id_for_everybody() -> Case:
    """A class's id in the place of the enrolment's: the last one has it, and people see the messages of the others."""
    mine, theirs = risk(person_id=A), risk(person_id=B)
    studies = [
        enrolment(name="class", at=moment(START) + timedelta(seconds=n), person_id=p)
        for n, p in ((0, A), (1, B))
    ]
    events = (*known(A, "study"), *known(B, "study"), *studies, mine, theirs)
    return Case(events, {mine: Reason.ENROLMENT_UNKNOWN, theirs: Reason.OBLIGED})


CASES: Final[tuple[Callable[[], Case], ...]] = (
    re_pointed,
    there_and_back,
    back_within_one_moment,
    onto_itself,
    message_stays_behind,
    late_word_of_the_old,
    same_state_again,
    end_under_the_old,
    void_before_its_message,
    void_of_an_unknown_id,
    void_of_a_void,
    void_by_another,
    void_twice,
    deleted_and_made_anew,
    deleted_and_made_anew_under_one_id,
    deleted_and_made_anew_in_one_moment,
    corrected_after_its_end,
    two_students_under_one_number,
    both_enrolled,
    one_id_for_everybody,
)
