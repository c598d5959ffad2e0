"""Which deeds are whole in themselves, and which have a place as a task stands."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from models.tasks.actions import (
    NOT_REACHED_AFTER,
    Acknowledge,
    Action,
    ActionRefusal,
    Close,
    ContactAttempt,
    ContactForm,
    Ending,
    HandOver,
    HandOverReason,
    Initiative,
    NoInitiative,
    Note,
    Release,
    Reopen,
    ReopenReason,
    Take,
    TaskState,
    refusal,
)
from models.tasks.notes import NoteCode
from models.tasks.status import TaskStatus

CAME = datetime(2026, 10, 1, 8, tzinfo=UTC)
NOW = CAME + timedelta(days=2)
OPEN = TaskState(status=TaskStatus.OPEN, unit_id="jc-0101", appended_at=CAME, attempts=0, reached=False)
CLOSED = replace(OPEN, status=TaskStatus.CLOSED)
CONTACT = Close(ending=Ending.CONTACT_MADE, initiatives=(Initiative.MENTOR,))
NOT_REACHED = Close(ending=Ending.NOT_REACHED)
REOPEN = Reopen(reason=ReopenReason.CONTACT_LOST)
_deeds: TypeAdapter[Action] = TypeAdapter(Action)


def attempt(at: datetime) -> ContactAttempt:
    return ContactAttempt(at=at, form=ContactForm.PHONE, reached=False)


def over(unit: str) -> HandOver:
    return HandOver(to_unit=unit, reason=HandOverReason.AGREED)


@pytest.mark.parametrize(
    ("task", "deed", "because"),
    [
        (OPEN, Acknowledge(), None),
        (OPEN, Take(), None),
        (OPEN, Release(), None),
        (OPEN, attempt(NOW), None),
        (OPEN, attempt(CAME), None),
        (OPEN, attempt(NOW + timedelta(minutes=5)), None),
        (OPEN, attempt(NOW + timedelta(minutes=6)), ActionRefusal.ATTEMPT_OUT_OF_TIME),
        (OPEN, attempt(CAME - timedelta(seconds=1)), ActionRefusal.ATTEMPT_OUT_OF_TIME),
        (OPEN, CONTACT, ActionRefusal.NO_CONTACT_RECORDED),
        (replace(OPEN, reached=True, attempts=1), CONTACT, None),
        (replace(OPEN, attempts=2), NOT_REACHED, ActionRefusal.NOT_REACHED_YET),
        (replace(OPEN, attempts=3), NOT_REACHED, None),
        (OPEN, over("jc-0751"), None),
        (OPEN, over("jc-0101"), ActionRefusal.SAME_UNIT),
        (OPEN, over("jc-9999"), ActionRefusal.UNKNOWN_UNIT),
        (OPEN, REOPEN, ActionRefusal.TASK_NOT_CLOSED),
        (CLOSED, REOPEN, None),
        (replace(CLOSED, open_successor=True), REOPEN, ActionRefusal.ANOTHER_TASK_IS_OPEN),
        (replace(CLOSED, obliged=False), REOPEN, ActionRefusal.NOTHING_OBLIGES),
        (replace(OPEN, status=TaskStatus.WITHDRAWN), REOPEN, ActionRefusal.TASK_NOT_CLOSED),
        *(
            (CLOSED, deed, ActionRefusal.TASK_NOT_OPEN)
            for deed in (Acknowledge(), Take(), CONTACT, over("jc-0751"))
        ),
        (replace(OPEN, status=TaskStatus.WITHDRAWN), attempt(NOW), ActionRefusal.TASK_NOT_OPEN),
    ],
)
def test_a_deed_is_allowed_or_refused_as_the_task_stands(
    task: TaskState, deed: Action, because: ActionRefusal | None
) -> None:
    units = frozenset({"jc-0101", "jc-0751"})
    assert refusal(task, deed, now=NOW, not_reached_after=3, units=units) is because


@pytest.mark.parametrize(
    "said",
    [
        {"ending": "contact_made"},
        {"ending": "contact_made", "initiatives": ["mentor", "mentor"]},
        {"ending": "contact_made", "initiatives": ["none"]},
        {"ending": "contact_made", "initiatives": ["none", "mentor"], "none_because": "not_wanted"},
        {"ending": "contact_made", "initiatives": ["mentor"], "none_because": "not_wanted"},
        {"ending": "not_reached", "initiatives": ["mentor"]},
        {"ending": "not_reached", "none_because": "not_wanted"},
        {"ending": "lapsed"},
        {"ending": "contact_made", "initiatives": ["mentor"], "words": "he said that"},
    ],
)
def test_a_task_is_not_closed_without_a_whole_outcome(said: dict[str, Any]) -> None:
    """Contact asks for a decision, none for its reason; and there is no room for what a young person has said."""
    with pytest.raises(ValidationError):
        _deeds.validate_python({"kind": "close", **said})


@pytest.mark.parametrize(
    "deed",
    [
        Acknowledge(),
        CONTACT,
        Close(ending=Ending.CONTACT_MADE, initiatives=(Initiative.MENTOR, Initiative.OTHER_OFFER)),
        Close(
            ending=Ending.CONTACT_MADE, initiatives=(Initiative.NONE,), none_because=NoInitiative.NOT_WANTED
        ),
        NOT_REACHED,
        REOPEN,
        over("jc-0751"),
        attempt(NOW),
        *(Note(note=code) for code in NoteCode),
    ],
)
def test_a_deed_that_is_written_down_is_read_as_the_same(deed: Action) -> None:
    assert _deeds.validate_python(deed.model_dump(mode="json", exclude_none=True)) == deed


def test_where_a_municipality_has_said_nothing_three_attempts_are_enough() -> None:
    assert NOT_REACHED_AFTER == 3


def test_an_attempt_has_a_time_with_an_offset() -> None:
    with pytest.raises(ValidationError):
        ContactAttempt(at=NOW.replace(tzinfo=None), form=ContactForm.PHONE, reached=True)
