"""A person is erased: what was appended before the cut-off is gone and stays away, in whatever order it comes."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.eligibility.apply_event import AppliedEvent
from models.eligibility.decision import Decision, ErasureMark
from models.eligibility.erase import erased_by
from models.eligibility.person_record import PersonRecord
from models.events.fingerprints import same_content
from models.events.person_event import Origin, PersonEvent
from tests import factories as make
from tests.factories import PERSON
from tests.unit.models.eligibility.arrivals import Told, run
from tests.unit.models.eligibility.histories import Row, history, rows
from tests.unit.models.eligibility.numbers import Numbers, joined_numbers
from tests.unit.models.eligibility.test_join import play
from tests.unit.models.eligibility.test_order import MANY, THOUSANDS, asked, in_the_oracles_words

pytestmark = pytest.mark.timeout(1800)


def cut(
    events: Sequence[PersonEvent], place: int
) -> tuple[PersonEvent, list[PersonEvent], list[PersonEvent]]:
    """The erasure at the append time of one of `events`, what is erased, and what comes later.

    Without later repeats of what is erased: one that is applied before the erasure is known as the record that it
    repeats, and goes with it (docs/decisions/0054).
    """
    at = events[place].origin.appended_at
    before = [one for one in events if one.origin.appended_at < at]
    later = [
        one
        for one in events
        if one.origin.appended_at >= at
        and not any(one.identity == gone.identity and same_content(one, gone) for gone in before)
    ]
    return erasure(at=events[place].origin), before, later


def erasure(at: Origin, person: str = PERSON) -> PersonEvent:
    """As the command writes it."""
    origin = Origin(topic="erasures", partition=0, offset=0, appended_at=at.appended_at)
    return erased_by(person, origin, "a request")


def remembered(steps: Sequence[AppliedEvent]) -> Told:
    """What a reader of `decisions` knows who forgets when it is told to."""
    known: Told = {}
    for said in (one for step in steps for one in step.said):
        if isinstance(said, ErasureMark):
            known = {
                name: one
                for name, one in known.items()
                if one.message.origin.appended_at >= said.erased_before
            }
        elif isinstance(said, Decision):
            name = (said.message.sender, said.message.message_id)
            if name not in known or known[name].revision <= said.revision:
                known[name] = said
    return known


@pytest.mark.slow
@THOUSANDS
@given(drawn=rows, data=st.data())
def test_in_any_order_with_any_repetition_only_what_came_later_is_known(
    drawn: list[Row], data: st.DataObject
) -> None:
    """Redriven, replayed, applied before or after the erasure, and the erasure more than once."""
    events = history(drawn)
    word, before, later = cut(events, data.draw(st.integers(0, len(events) - 1)))
    repeated = data.draw(st.lists(st.sampled_from([*events, word]), max_size=4))
    repeated = [one for one in repeated if one in before or one in later or one is word]
    steps = run(data.draw(st.permutations([*before, *later, word, *repeated])))
    record = steps[-1].record
    assert record.erased_before == word.origin.appended_at
    assert {one.origin.place for one in record.events} <= {one.origin.place for one in later}
    assert in_the_oracles_words(remembered(steps)) == asked(later)
    texts = record.model_dump_json()
    gone = {one.fingerprint for one in before} - {one.fingerprint for one in later}
    assert not any(fingerprint in texts for fingerprint in gone)


@pytest.mark.slow
@MANY
@given(drawn=rows, data=st.data())
def test_the_record_does_not_say_whether_the_person_was_known_before(
    drawn: list[Row], data: st.DataObject
) -> None:
    """But for revisions and the offset: the same as of a person of whom only the later events ever came."""
    events = history(drawn)
    word, before, later = cut(events, data.draw(st.integers(0, len(events) - 1)))
    one = run(data.draw(st.permutations([*before, *later, word])))[-1].record
    other = run([word, *later])[-1].record
    assert _known(one) == _known(other)


def _known(record: PersonRecord) -> tuple[object, ...]:
    events = {event.origin.place: event for event in record.events}
    return events, record.erased_before, set(record.decided), record.joined, record.awaited


@pytest.mark.slow
@MANY
@given(drawn=rows, joined=joined_numbers(), data=st.data())
def test_the_numbers_of_one_person_are_erased_together(
    drawn: list[Row], joined: tuple[list[str], list[PersonEvent]], data: st.DataObject
) -> None:
    """Events, joins, forwards and the erasure of each number in any order: nothing of before is left anywhere.

    And no number waits for ever for what another one can no longer forward.
    """
    names, joins = joined
    events = [
        event.model_copy(update={"person_id": data.draw(st.sampled_from(names))}) for event in history(drawn)
    ]
    at = data.draw(st.sampled_from(events)).origin
    numbers = Numbers(names)
    play(numbers, [*events, *joins, *(erasure(at, name) for name in names)], data)
    for number in numbers.of.values():
        held = [one.origin for one in number.record.events]
        held += [one.origin for one in number.record.superseded]
        assert all(one.appended_at >= at.appended_at for one in held)
        assert number.record.awaited == ()


def test_a_gravestone_holds_the_cut_off_and_nothing_else() -> None:
    events = make.background()
    message = make.risk()
    last = max(one.origin.appended_at for one in (*events, message))
    at = make.origin(appended_at=last + timedelta(days=1))
    record = run([*events, message, erasure(at)])[-1].record
    assert set(record.model_dump(exclude_defaults=True)) == {"person_id", "applied", "erased_before"}


def test_what_is_dropped_is_counted_as_applied_and_says_nothing() -> None:
    message = make.risk()
    at = make.origin(appended_at=message.origin.appended_at + timedelta(seconds=1))
    erased, dropped = run([erasure(at), message])
    assert (erased.erased, dropped.erased) == (True, True)
    assert (dropped.said, dropped.changed, dropped.record.applied) == ((), 0, 1)


def test_an_earlier_erasure_that_comes_late_takes_nothing_back() -> None:
    message = make.risk()
    early = make.origin(appended_at=message.origin.appended_at - timedelta(days=1))
    late = make.origin(appended_at=message.origin.appended_at + timedelta(days=1))
    record = run([erasure(late), erasure(early), message])[-1].record
    assert record.erased_before == late.appended_at
    assert record.events == ()
