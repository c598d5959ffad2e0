"""The wrong person, mergers, and ids that name nothing: public cases, played in many orders of arrival.

The ledger's words arrive among the events, and each ending is held against the oracle too.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final

import pytest

from models.events.person_event import PersonEvent
from models.reasons import DecisionReason as Reason
from tests.factories import (
    CLOSED_INSTITUTION,
    DAY,
    START,
    enrolment,
    enrolment_end,
    moment,
    origin,
    risk,
)
from tests.unit.models.eligibility.people import by_the_oracle, outcome
from tests.unit.models.eligibility.wrong_person_cases import CASES, SOON, A, B, Case, known, study

ORDERS: Final = 25
BEFORE: Final = datetime(2026, 3, 1, 12, tzinfo=UTC)
"""A merger of the tests' register, and after it."""
AFTER: Final = datetime(2026, 3, 2, 12, tzinfo=UTC)


def merged(of: str, person: str, at: datetime, **more: Any) -> PersonEvent:
    return enrolment(
        name=f"study {of}",
        institution=CLOSED_INSTITUTION,
        at=at,
        origin=origin(appended_at=BEFORE),
        person_id=person,
        **more,
    )


def transferred_in_a_merger() -> Case:
    """The old number ends it as a transfer, and the new one registers it under an id of its own."""
    message = risk(SOON, person_id=A)
    end = enrolment_end(
        DAY - timedelta(days=30),
        name=f"study {A}",
        institution=CLOSED_INSTITUTION,
        origin=origin(appended_at=BEFORE),
        person_id=A,
    )
    anew = enrolment(name="anew", start=START, at=SOON, origin=origin(appended_at=AFTER), person_id=A)
    events = (*known(A, "study"), merged(A, A, moment(START)), end, anew, message)
    return Case(events, {message: Reason.OBLIGED})


def begun_anew_in_a_merger() -> Case:
    """The new number gives the day of the merger for the start: it is taken at its word."""
    message = risk(SOON, person_id=A)
    began = START - timedelta(days=300)
    day = DAY - timedelta(days=30)
    old = merged(A, A, moment(began), start=began, ended_on=day)
    anew = enrolment(name="anew", start=day, origin=origin(appended_at=AFTER), person_id=A)
    return Case((*known(A, "study"), old, anew, message), {message: Reason.OBLIGED})


def moved_by_the_successor() -> Case:
    """The predecessor registered it about the wrong one."""
    mine, theirs = risk(person_id=A), risk(person_id=B)
    events = (
        *known(A, "study"),
        *known(B, "study"),
        merged(A, A, moment(START)),
        study(A, B, SOON, origin=origin(appended_at=AFTER)),
        mine,
        theirs,
    )
    return Case(events, {mine: Reason.ENROLMENT_UNKNOWN, theirs: Reason.OBLIGED})


def moved_by_the_successor_too_early() -> Case:
    """Before the day of the merger its word is about an enrolment of its own: both have one."""
    mine, theirs = risk(person_id=A), risk(person_id=B)
    events = (
        *known(A, "study"),
        *known(B, "study"),
        merged(A, A, moment(START)),
        study(A, B, SOON, origin=origin(appended_at=BEFORE)),
        mine,
        theirs,
    )
    return Case(events, {mine: Reason.OBLIGED, theirs: Reason.OBLIGED})


MERGERS: Final[tuple[Callable[[], Case], ...]] = (
    transferred_in_a_merger,
    begun_anew_in_a_merger,
    moved_by_the_successor,
    moved_by_the_successor_too_early,
)


@pytest.mark.parametrize("case", [*CASES, *MERGERS], ids=lambda case: case.__name__)
async def test_it_ends_as_it_must_in_any_order(case: Callable[[], Case]) -> None:
    told = case()
    right = by_the_oracle(told.events)
    wanted = {(one.sender, one.event_id, one.person_id): reason.value for one, reason in told.reasons.items()}
    assert {name: said["reason"] for name, said in right.verdicts.items()} == wanted
    assert right.names_nothing == {one.event_id for one in told.nothing}
    for seed in range(ORDERS):
        assert await outcome(told.events, Random(seed)) == right, seed
