"""Several numbers of one person: in whatever order events and joins come, the decisions are those of one number."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.eligibility.decision import Decision, JoinMark, Outcome
from models.events.content import Residence
from models.events.person_event import PersonEvent
from models.reasons import LeftOut
from tests.factories import LAW, background, enrolment, number_change, period, residence, risk
from tests.unit.models.eligibility.arrivals import Told
from tests.unit.models.eligibility.histories import Row, history, rows
from tests.unit.models.eligibility.numbers import Numbers, Said, joined_numbers
from tests.unit.models.eligibility.test_order import MANY, asked, in_the_oracles_words

pytestmark = pytest.mark.timeout(1800)


def last(said: list[Said]) -> Told:
    """Of each message the highest revision."""
    known: Told = {}
    for one in said:
        if isinstance(one, Decision):
            name = (one.message.sender, one.message.message_id)
            if name not in known or known[name].revision <= one.revision:
                known[name] = one
    return known


def at(number: str, *events: PersonEvent) -> list[PersonEvent]:
    """The events as they come under that number."""
    return [event.model_copy(update={"person_id": number}) for event in events]


def run(*events: PersonEvent) -> Numbers:
    """Events that come one after the other, each when all before it have been worked off."""
    numbers = Numbers(("A", "B", "C"))
    for event in events:
        numbers.arrive(event)
        numbers.finish()
    return numbers


def play(numbers: Numbers, events: list[PersonEvent], data: Any) -> None:
    """In any order of arrival and work, with workers that die or lose their partition in between."""
    left = list(data.draw(st.permutations(events)))
    while left or numbers.waiting():
        what = data.draw(st.integers(0, 9))
        waiting = numbers.waiting()
        if left and (what < 4 or not waiting):
            numbers.arrive(left.pop())
        elif what == 9:
            name = data.draw(st.sampled_from(sorted(numbers.of)))
            late = numbers.again if data.draw(st.booleans()) else numbers.overtaken
            late(name, data.draw(st.integers(0, 9)), data.draw(st.integers(0, 9)))
        elif waiting:
            numbers.work(data.draw(st.sampled_from(waiting)))


@pytest.mark.slow
@MANY
@given(drawn=rows, joined=joined_numbers(), data=st.data())
def test_any_order_of_events_and_joins_ends_as_the_oracle_says_of_one_person(
    drawn: list[Row], joined: tuple[list[str], list[PersonEvent]], data: st.DataObject
) -> None:
    """The number that all ends at says of every message what the oracle says of all events together."""
    names, joins = joined
    events = [
        event.model_copy(update={"person_id": data.draw(st.sampled_from(names))}) for event in history(drawn)
    ]
    numbers = Numbers(names)
    play(numbers, [*events, *joins], data)
    root = min(names)
    assert in_the_oracles_words(last(numbers.of[root].decisions)) == asked(events)
    for name, number in numbers.of.items():
        assert number.record.awaited == ()
        if name != root:
            assert number.record.joined_to is not None
            assert number.record.joined_to < name


@pytest.mark.slow
@MANY
@given(drawn=rows, joined=joined_numbers(), data=st.data())
def test_no_revision_is_lower_than_one_of_another_number_that_was_joined_before(
    drawn: list[Row], joined: tuple[list[str], list[PersonEvent]], data: st.DataObject
) -> None:
    """So the last word of a message is the one of the highest revision, wherever it was decided."""
    names, joins = joined
    events = [
        event.model_copy(update={"person_id": data.draw(st.sampled_from(names))}) for event in history(drawn)
    ]
    numbers = Numbers(names)
    play(numbers, [*events, *joins], data)
    root = min(names)
    every = [one for number in numbers.of.values() for one in number.decisions]
    of_root = last(numbers.of[root].decisions)
    assert {name: one.revision for name, one in last(every).items()} == {
        name: one.revision for name, one in of_root.items()
    }
    for name, number in numbers.of.items():
        if name != root:
            marks = [place for place, one in enumerate(number.decisions) if isinstance(one, JoinMark)]
            new = [step for step in number.steps[_joined_at(number.steps) :] if step.decisions]
            assert marks
            assert not new


def _joined_at(steps: Any) -> int:
    return next(place for place, step in enumerate(steps) if step.record.joined_to is not None)


@pytest.mark.parametrize("place", range(5))
@pytest.mark.parametrize(("old", "new"), [("A", "B"), ("B", "A")])
def test_a_benefit_under_the_old_number_counts_for_a_message_under_the_new_one(
    place: int, old: str, new: str
) -> None:
    """Wherever the join stands among the events."""
    events = [
        *at(old, period(), residence()),
        *at(new, enrolment(), risk()),
    ]
    events.insert(place, number_change(new, person_id=old))
    numbers = run(*events)
    (decision,) = last(numbers.of["A"].decisions).values()
    assert decision.verdict.outcome is Outcome.OBLIGED
    assert decision.message.person_id == "A"
    assert decision.message.sent_as == (new if new != "A" else None)


def test_a_message_goes_on_from_the_revision_that_it_had() -> None:
    """And the decision names the number whose rows are this one's from now on."""
    numbers = run(*at("B", *background(), risk()), number_change("A", person_id="B"))
    assert [one.revision for one in numbers.of["B"].decisions if isinstance(one, Decision)] == [1]
    assert numbers.of["B"].decisions[-1] == JoinMark(person_id="B", joined_to="A")
    assert [(one.revision, one.joined) for one in numbers.of["A"].decisions if isinstance(one, Decision)] == [
        (2, ("B",))
    ]


def test_nothing_is_decided_between_the_parts_of_what_a_number_holds() -> None:
    """Else a message would lose its enrolment, and its task, until the next part comes."""
    own = risk()
    numbers = run(*at("A", *background(), own), *at("B", *(residence("0751", name="other"), risk())))
    numbers.arrive(number_change("A", person_id="B"))
    numbers.work("B")
    before = len(numbers.of["A"].decisions)
    numbers.work("A")
    awaited = numbers.of["A"].record.awaited
    assert awaited == ("B",)
    assert len(numbers.of["A"].decisions) == before
    numbers.work("A")
    assert numbers.of["A"].record.awaited == ()
    assert len(numbers.of["A"].decisions) == before + 2


def test_a_second_new_number_for_an_old_one_is_left_out_until_it_is_released() -> None:
    """Two people may be in question."""
    second = number_change("A", person_id="B")
    numbers = run(number_change("C", person_id="B"), *at("B", *background()), *at("A", risk()), second)
    assert numbers.of["B"].steps[-1].left_out is LeftOut.JOINED_ELSEWHERE
    assert numbers.of["B"].record.changed_to == "C"
    (decision,) = last(numbers.of["A"].decisions).values()
    assert decision.verdict.outcome is Outcome.UNDECIDED
    numbers.arrive(second.model_copy(update={"released": True}))
    numbers.finish()
    (decision,) = last(numbers.of["A"].decisions).values()
    assert decision.verdict.outcome is Outcome.OBLIGED


def test_a_repeat_of_the_join_forwards_nothing_again() -> None:
    """A file that is published twice costs one event, and a record that is driven again the whole forward."""
    join = number_change("A", person_id="B")
    numbers = run(*at("B", *background(), risk()), join)
    assert len(numbers.of["A"].log) == 4
    numbers.arrive(number_change("A", person_id="B"))
    numbers.finish()
    assert len(numbers.of["A"].log) == 4
    numbers.arrive(join)
    numbers.finish()
    assert len(numbers.of["A"].log) == 8


def test_what_does_not_fit_where_it_is_forwarded_to_is_left_out_there() -> None:
    """The bounds are those of one record; the last word of a message is kept then."""
    many = [residence("0101", name=f"home {one}") for one in range(300)]
    numbers = run(*at("A", *many), *at("B", *(residence("0751", name=f"b{one}") for one in range(2)), risk()))
    numbers.arrive(number_change("A", person_id="B"))
    numbers.finish()
    steps = numbers.of["A"].steps[-3:]
    assert [step.left_out for step in steps] == [LeftOut.SENDER_BOUND, LeftOut.SENDER_BOUND, None]
    assert steps[-1].decisions
    assert sum(isinstance(one.content, Residence) for one in numbers.of["A"].record.events) == 300
    assert LAW
