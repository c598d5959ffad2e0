"""Whether a delivery still fits its task."""

import pytest

from models.outcome import Occasion
from notifiers.fit import Superseded, superseded_by

CALLS = [Occasion.NEW, Occasion.MORE_MESSAGES, Occasion.TAKEN_OVER]
ALL_CLEAR = [Occasion.HANDED_OVER, Occasion.WITHDRAWN]


@pytest.mark.parametrize("occasion", Occasion)
@pytest.mark.parametrize("task_is_open", [True, False])
def test_a_call_needs_an_open_task_and_an_all_clear_a_closed_one(
    occasion: Occasion, task_is_open: bool
) -> None:
    reason = superseded_by(occasion, task_is_open=task_is_open, recipient="a@b.dk", present=("a@b.dk",))
    if occasion in CALLS:
        assert reason is (None if task_is_open else Superseded.TASK_NOT_OPEN)
    else:
        assert occasion in ALL_CLEAR
        assert reason is (Superseded.TASK_OPEN_AGAIN if task_is_open else None)


def test_a_recipient_who_is_no_longer_the_units_gets_nothing() -> None:
    reason = superseded_by(Occasion.NEW, task_is_open=True, recipient="a@b.dk", present=("c@d.dk",))
    assert reason is Superseded.RECIPIENT_CHANGED


def test_a_unit_without_recipients_is_another_question() -> None:
    assert superseded_by(Occasion.NEW, task_is_open=True, recipient="a@b.dk", present=()) is None
