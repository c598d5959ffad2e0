"""What ten samples say of a consumer."""

from collections.abc import Sequence
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.lag.consumer_status import WINDOW, ConsumerStatus, Seen, status

TEN: Final = range(WINDOW)


def moving(step: int, grows: int, behind: int = 50) -> list[Seen]:
    """A window in which the consumer comes on by `step` and the end by `grows` for each sample."""
    return [Seen(100 + step * turn, 100 + behind + grows * turn) for turn in TEN]


@pytest.mark.parametrize(
    ("window", "members", "wanted"),
    [
        ([], 1, None),
        ([Seen(0, 0)], 1, ConsumerStatus.OK),
        ([Seen(7, 7)], 0, ConsumerStatus.OK),
        (moving(0, 0)[:-1], 1, None),
        (moving(0, 0), 1, ConsumerStatus.STALLED),
        (moving(0, 5), 1, ConsumerStatus.STALLED),
        (moving(0, 5), None, ConsumerStatus.STALLED),
        (moving(0, 5), 0, ConsumerStatus.STOPPED),
        # It moves, and no sample shows a smaller lag than the one before.
        (moving(1, 1), 1, ConsumerStatus.SLOW),
        (moving(1, 9), 1, ConsumerStatus.SLOW),
        # A backlog that is worked off is no fault, however long it is.
        (moving(2, 1, behind=100_000), 1, ConsumerStatus.OK),
        # Never at its end, and by now past what was the end at the first sample: everything takes its moment.
        (moving(8, 8), 1, ConsumerStatus.OK),
        # It was at its end once: a burst came after that.
        ([Seen(100, 100), *moving(0, 0)[1:]], 1, ConsumerStatus.OK),
        # An offset that was set back.
        ([Seen(100 - turn, 500) for turn in TEN], 1, ConsumerStatus.STALLED),
    ],
)
def test_a_window_says(window: list[Seen], members: int | None, wanted: ConsumerStatus | None) -> None:
    assert status(window, members) == wanted


@st.composite
def windows(draw: st.DrawFn) -> list[Seen]:
    """A full window of a consumer that never goes back."""
    offsets = sorted(draw(st.lists(st.integers(0, 100), min_size=WINDOW, max_size=WINDOW)))
    ends = sorted(draw(st.lists(st.integers(0, 200), min_size=WINDOW, max_size=WINDOW)))
    return [Seen(offset, max(offset, end)) for offset, end in zip(offsets, ends, strict=True)]


@given(window=windows(), members=st.none() | st.integers(0, 3))
def test_who_is_called_stalled_has_done_nothing_and_who_is_called_ok_has_done_something(
    window: list[Seen], members: int | None
) -> None:
    found = status(window, members)
    assert found is not None, "a full window always says something"
    moved = window[-1].next_offset - window[0].next_offset
    if found in (ConsumerStatus.STALLED, ConsumerStatus.STOPPED):
        assert moved == 0
        assert all(seen.lag > 0 for seen in window)
        assert (found is ConsumerStatus.STOPPED) == (members == 0)
    if found is ConsumerStatus.SLOW:
        assert moved > 0
        assert window[-1].lag >= window[0].lag
    if found is ConsumerStatus.OK:
        assert moved > 0 or any(seen.lag == 0 for seen in window)


@given(window=windows(), more=st.integers(1, 50))
def test_more_work_never_makes_it_look_better(window: list[Seen], more: int) -> None:
    """The same consumer with a longer backlog at every sample."""
    rank: Sequence[ConsumerStatus] = list(ConsumerStatus)
    longer = [Seen(seen.next_offset, seen.end + more) for seen in window]
    before, after = status(window, 1), status(longer, 1)
    assert before is not None
    assert after is not None
    assert rank.index(after) >= rank.index(before)
