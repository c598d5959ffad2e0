"""A sender that has taken over another speaks for it from the day of the merger on, and for nobody else."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.eligibility.bounds import MAX_ENROLMENTS, MAX_EVENTS
from models.eligibility.facts import Facts, fold
from models.eligibility.succession import Succession, Takeover
from models.events.person_event import PersonEvent
from models.reasons import DecisionReason
from tests.factories import (
    CLOSED_INSTITUTION,
    CLOSED_MUNICIPALITY,
    CLOSED_REGISTER,
    DAY,
    INSTITUTION,
    LAW,
    MERGED_ON,
    MUNICIPALITY,
    OTHER_INSTITUTION,
    REGISTER,
    annulment,
    background,
    enrolment,
    enrolment_end,
    judge,
    make_law,
    moment,
    origin,
    period,
    residence,
    risk,
    withdrawal,
)
from tests.unit.models.eligibility.arrivals import run, told
from tests.unit.models.eligibility.histories import Row, history, rows
from tests.unit.models.eligibility.hostile import HOSTILE, Claim, claims, hostile_events
from tests.unit.models.eligibility.test_non_interference import interleaved

pytestmark = pytest.mark.timeout(1800)
BEFORE = datetime(2026, 3, 1, 12, tzinfo=UTC)
AFTER = datetime(2026, 3, 2, 12, tzinfo=UTC)


def had(at: datetime, **more: Any) -> dict[str, Any]:
    """A record that the brokers had at that moment."""
    return {"origin": origin(appended_at=at), **more}


def in_any_order(events: Sequence[PersonEvent]) -> Facts:
    """What they come to, the same in every order."""
    (facts,) = {fold(order, succession=LAW.succession) for order in permutations(events)}
    return facts


class TestWhatASuccessorMaySay:
    def test_it_ends_what_the_other_number_registered(self) -> None:
        registered = enrolment(institution=CLOSED_INSTITUTION, **had(BEFORE))
        ended = enrolment_end(date(2025, 9, 1), at=moment(DAY), **had(AFTER))
        (known,) = in_any_order([registered, ended]).enrolments
        assert (known.institution_number, known.ended_on) == (CLOSED_INSTITUTION, date(2025, 9, 1))

    def test_it_corrects_it_and_there_is_one_enrolment(self) -> None:
        registered = enrolment(institution=CLOSED_INSTITUTION, **had(BEFORE))
        corrected = enrolment(
            start=date(2025, 8, 18), at=moment(DAY), kind="enrolment.corrected", **had(AFTER)
        )
        ended = enrolment_end(date(2025, 12, 1), **had(AFTER))
        (known,) = in_any_order([registered, corrected, ended]).enrolments
        assert (known.study_start, known.ended_on) == (date(2025, 8, 18), date(2025, 12, 1))

    def test_it_takes_back_a_message(self) -> None:
        message = risk(institution=CLOSED_INSTITUTION, **had(BEFORE))
        taken_back = withdrawal(message, sender=INSTITUTION, **had(AFTER))
        assert judge(message, background()).reason is DecisionReason.OBLIGED
        assert judge(message, (*background(), taken_back)).reason is DecisionReason.WITHDRAWN

    def test_it_takes_back_its_own_message_of_the_same_id_with_the_others(self) -> None:
        message = risk(institution=CLOSED_INSTITUTION, **had(BEFORE))
        again = risk(event_id=message.event_id, **had(AFTER))
        taken_back = withdrawal(again, **had(AFTER))
        for one, other in ((message, again), (again, message)):
            assert judge(one, (*background(), other, taken_back)).reason is DecisionReason.WITHDRAWN

    def test_a_municipality_annuls_and_a_register_moves(self) -> None:
        said = period(municipality=CLOSED_MUNICIPALITY, **had(BEFORE))
        annulled = annulment(at=moment(DAY), sender=MUNICIPALITY, **had(AFTER))
        assert in_any_order([said, annulled]).periods == ()
        home = residence(sender=CLOSED_REGISTER, **had(BEFORE))
        moved = residence("0751", sender=REGISTER, at=moment(DAY), **had(AFTER))
        assert [one.municipality_code for one in in_any_order([home, moved]).homes] == ["0751"]


class TestWhatItMayNot:
    def test_before_the_merger_it_speaks_for_itself_alone(self) -> None:
        registered = enrolment(institution=CLOSED_INSTITUTION, **had(BEFORE))
        ended = enrolment_end(date(2025, 9, 1), at=moment(DAY), **had(BEFORE))
        (known,) = in_any_order([registered, ended]).enrolments
        assert known.ended_on is None

    def test_what_it_had_registered_itself_before_stays_its_own(self) -> None:
        """Two numbers may have used one id for two enrolments."""
        others = enrolment(institution=CLOSED_INSTITUTION, start=date(2025, 1, 6), **had(BEFORE))
        own = enrolment(**had(BEFORE))
        ended = enrolment_end(date(2025, 9, 1), at=moment(DAY), **had(AFTER))
        known = in_any_order([others, own, ended]).enrolments
        assert {one.institution_number: one.ended_on for one in known} == {
            CLOSED_INSTITUTION: None,
            INSTITUTION: date(2025, 9, 1),
        }

    @pytest.mark.parametrize("sender", [OTHER_INSTITUTION, CLOSED_INSTITUTION])
    def test_nobody_speaks_for_another_and_a_closed_one_not_for_its_successor(self, sender: str) -> None:
        registered = enrolment(**had(BEFORE))
        ended = enrolment_end(date(2025, 9, 1), institution=sender, at=moment(DAY), **had(AFTER))
        (known,) = in_any_order([registered, ended]).enrolments
        assert known.ended_on is None


class TestAChainOfMergers:
    FIRST, SECOND = date(2026, 1, 1), date(2026, 2, 1)
    CHAIN = Succession({"C": (Takeover("B", SECOND),), "B": (Takeover("A", FIRST),)})

    @pytest.mark.parametrize(
        ("had_by", "day", "owner"),
        [
            ({"A": date(2025, 1, 1)}, SECOND, "A"),
            ({"A": date(2025, 1, 1)}, date(2026, 1, 31), "C"),  # B is not taken over yet
            ({"A": date(2025, 1, 1), "B": date(2025, 2, 1)}, SECOND, "B"),  # the nearest
            ({"A": date(2025, 1, 1), "B": date(2026, 1, 1)}, SECOND, "A"),  # B spoke for A then
            ({"A": date(2025, 1, 1), "C": date(2026, 1, 31)}, SECOND, "C"),
            ({"A": date(2025, 1, 1), "C": SECOND}, SECOND, "A"),
            ({}, SECOND, "C"),
        ],
    )
    def test_the_nearest_that_has_registered_it_owns_it(
        self, had_by: dict[str, date], day: date, owner: str
    ) -> None:
        assert self.CHAIN.owner("C", day, had_by.get) == owner

    def test_a_register_that_leads_in_a_circle_ends_the_search(self) -> None:
        circle = Succession({"A": (Takeover("B", self.FIRST),), "B": (Takeover("A", self.FIRST),)})
        assert circle.owner("A", self.SECOND, {"B": self.SECOND}.get) == "B"
        assert circle.speaks_for("A", self.SECOND) == {"A", "B"}


numbers = st.sampled_from("ABCDE")
days = st.dates(date(2026, 1, 1), date(2026, 1, 6))


@settings(max_examples=2000, deadline=None, derandomize=True, database=None)
@given(
    links=st.dictionaries(
        numbers, st.lists(st.builds(Takeover, numbers, days), max_size=3).map(tuple), max_size=5
    ),
    firsts=st.dictionaries(numbers, days),
    sender=numbers,
    day=days,
)
def test_nobody_comes_to_own_anything_without_a_link(
    links: dict[str, tuple[Takeover, ...]], firsts: dict[str, date], sender: str, day: date
) -> None:
    """Whatever the register says, circles included."""
    succession = Succession(links)
    assert succession.owner(sender, day, firsts.get) in succession.speaks_for(sender, day)


class TestBeyondTheBound:
    def test_a_full_successor_still_ends_corrects_and_takes_back_what_it_has_taken_over(self) -> None:
        registered = [
            enrolment(institution=CLOSED_INSTITUTION, name=f"old {n}", **had(BEFORE))
            for n in range(MAX_ENROLMENTS)
        ]
        message = risk(institution=CLOSED_INSTITUTION, **had(BEFORE))
        own = [enrolment(name=f"own {n}", **had(AFTER)) for n in range(MAX_ENROLMENTS)]
        flood = [risk(**had(AFTER)) for _ in range(MAX_EVENTS - MAX_ENROLMENTS)]
        record = run([*registered, message, *own, *flood])[-1].record
        ends = [
            enrolment_end(date(2025, 9, 1), name=f"old {n}", at=moment(DAY), **had(AFTER))
            for n in range(MAX_ENROLMENTS - 1)
        ]
        corrected = enrolment(name="old 29", kind="enrolment.corrected", at=moment(DAY), **had(AFTER))
        said = [*ends, corrected, withdrawal(message, sender=INSTITUTION, **had(AFTER))]
        steps = run(said, record, first=1000)
        assert {step.left_out for step in steps} == {None}
        facts = fold(steps[-1].record.events, steps[-1].record.superseded, LAW.succession)
        assert len(facts.enrolments) == 2 * MAX_ENROLMENTS
        assert sum(one.ended_on is not None for one in facts.enrolments) == MAX_ENROLMENTS - 1
        assert message.identity in facts.withdrawn

    def test_that_it_had_registered_it_itself_is_remembered_however_often_it_corrects_it(self) -> None:
        others = enrolment(institution=CLOSED_INSTITUTION, **had(BEFORE))
        own = enrolment(**had(BEFORE))
        corrections = [
            enrolment(kind="enrolment.corrected", at=moment(DAY) + timedelta(seconds=n), **had(AFTER))
            for n in range(MAX_EVENTS + 50)
        ]
        record = run([others, own, *corrections])[-1].record
        assert record.superseded
        facts = fold(record.events, record.superseded, LAW.succession)
        assert {one.institution_number for one in facts.enrolments} == {CLOSED_INSTITUTION, INSTITUTION}


TAKEN_OVER_BY_THE_HOSTILE = make_law(
    successors={CLOSED_INSTITUTION: INSTITUTION, OTHER_INSTITUTION: HOSTILE},
    succession=Succession({**LAW.succession.links, HOSTILE: (Takeover(OTHER_INSTITUTION, MERGED_ON),)}),
)
_ITS_OWN = (HOSTILE, OTHER_INSTITUTION)


def _of_others(events: Sequence[PersonEvent]) -> dict[tuple[str, str], Any]:
    found = {}
    for name, decision in told(run(events, law=TAKEN_OVER_BY_THE_HOSTILE)).items():
        if name[0] not in _ITS_OWN:
            evidence = decision.verdict.evidence
            others = tuple(one for one in evidence.contradicted_by or () if one not in _ITS_OWN)
            found[name] = decision.verdict.model_copy(
                update={"evidence": evidence.model_copy(update={"contradicted_by": others})}
            )
    return found


@pytest.mark.slow
@settings(max_examples=1500, deadline=None, derandomize=True, database=None, print_blob=True)
@given(drawn=rows, hostile=claims, data=st.data())
def test_a_hostile_institution_that_takes_over_another_harms_that_one_alone(
    drawn: list[Row], hostile: list[Claim], data: st.DataObject
) -> None:
    honest = data.draw(st.permutations(history(drawn)), label="order")
    mixed = interleaved(honest, hostile_events(hostile, honest), data)
    assert _of_others(mixed) == _of_others(honest)
