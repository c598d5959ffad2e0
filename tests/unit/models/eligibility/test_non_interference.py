"""No institution changes what is decided of another one's messages (docs/non-interference.md).

The bounds are set so low that every sender reaches its own. `tests.simulation` holds the same for the whole chain.
"""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.eligibility import bounds
from models.eligibility.conflicts import conflicts, refusals
from models.eligibility.decision import Verdict
from models.events.content import RefusedDuplicate
from models.events.person_event import PersonEvent
from models.reasons import LeftOut
from tests.unit.models.eligibility.arrivals import run, told
from tests.unit.models.eligibility.histories import Row, history, rows
from tests.unit.models.eligibility.hostile import HOSTILE, Claim, claims, hostile_events

pytestmark = pytest.mark.timeout(1800)
THOUSANDS = settings(
    max_examples=3000,
    deadline=None,
    derandomize=True,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
"""The fixture is the same for every example."""


@pytest.fixture
def _low_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, low in (("MAX_EVENTS", 4), ("MAX_ENROLMENTS", 2), ("MAX_FACTS", 3)):
        monkeypatch.setattr(bounds, name, low)


def of_others(steps: Sequence[Any]) -> dict[tuple[str, str], Any]:
    """What is decided of every message but those of the hostile institution, but for its being named beside."""
    return {
        name: (_but_for_the_flag(decision.verdict), decision.message)
        for name, decision in told(steps).items()
        if name[0] != HOSTILE
    }


def _but_for_the_flag(verdict: Verdict) -> Verdict:
    """Without the claims of the hostile institution, which the unit is shown."""
    others = tuple(one for one in verdict.evidence.contradicted_by or () if one != HOSTILE)
    evidence = verdict.evidence.model_copy(update={"contradicted_by": others or None})
    return verdict.model_copy(update={"evidence": evidence})


def interleaved(
    honest: Sequence[PersonEvent], hostile: Sequence[PersonEvent], data: st.DataObject
) -> list[PersonEvent]:
    """Both in one order of arrival; the order of the honest ones among themselves stays."""
    places = data.draw(
        st.lists(st.integers(0, len(honest)), min_size=len(hostile), max_size=len(hostile)), label="where"
    )
    mixed: list[PersonEvent] = []
    for place in range(len(honest) + 1):
        mixed += [event for event, at in zip(hostile, places, strict=True) if at == place]
        mixed += honest[place : place + 1]
    return mixed


@pytest.mark.slow
@pytest.mark.usefixtures("_low_bounds")
@THOUSANDS
@given(drawn=rows, hostile=claims, data=st.data())
def test_what_one_institution_sends_changes_no_decision_on_anothers_message(
    drawn: list[Row], hostile: list[Claim], data: st.DataObject
) -> None:
    """For any history of the others, any events of the one, and any order of arrival."""
    honest = data.draw(st.permutations(history(drawn)), label="order")
    mixed = interleaved(honest, hostile_events(hostile, honest), data)
    assert of_others(run(mixed)) == of_others(run(honest))


@pytest.mark.slow
@pytest.mark.usefixtures("_low_bounds")
@settings(THOUSANDS, max_examples=1200)
@given(drawn=rows, hostile=claims, data=st.data())
def test_what_was_left_out_and_is_released_counts_as_if_there_were_no_bound(
    drawn: list[Row], hostile: list[Claim], data: st.DataObject
) -> None:
    """So nothing is lost by a bound, and of what it leaves out none depends on the order of arrival in the end.

    Without records that are refused: of a last version that is refused later, the older ones may be shortened.
    """
    honest = history(drawn)
    everything = [*honest, *hostile_events(hostile, honest)]
    refused = refusals(everything) | conflicts(everything)
    counting = [
        event
        for event in everything
        if event.origin.place not in refused and not isinstance(event.content, RefusedDuplicate)
    ]
    order = data.draw(st.permutations(counting))
    steps = run(order)
    out = [event for event, step in zip(order, steps, strict=True) if step.left_out is LeftOut.SENDER_BOUND]
    released = [event.model_copy(update={"released": True}) for event in data.draw(st.permutations(out))]
    after = told([*steps, *run(released, steps[-1].record if steps else None, first=len(order))])
    unbounded = _without_bounds(order)
    assert {name: (one.verdict, one.message) for name, one in after.items()} == unbounded


def _without_bounds(order: Sequence[PersonEvent]) -> dict[tuple[str, str], Any]:
    with pytest.MonkeyPatch.context() as patched:
        for name in ("MAX_EVENTS", "MAX_ENROLMENTS", "MAX_FACTS"):
            patched.setattr(bounds, name, 10_000)
        return {name: (one.verdict, one.message) for name, one in told(run(order)).items()}
