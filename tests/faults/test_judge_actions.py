"""The judge of what people did finds whatever contradicts their acts."""

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID, uuid5

import pytest

from tests.faults.judge import judge
from tests.faults.observation import ActSeen, Promised, Seen
from tests.faults.sound_observation import OTHER_UNIT, RULES, SPACE, TASK, all_well

GIVEN, OTHER_TASK = uuid5(SPACE, "given"), uuid5(SPACE, "other task")


def _act(number: int, kind: str, *, task: UUID = TASK, to_unit: str | None = None) -> ActSeen:
    return ActSeen(uuid5(SPACE, f"{kind} {number} {task}"), task, number, kind, to_unit, number)


def worked() -> Seen:
    """The person was sought, the task handed over, and closed by the other unit."""
    seen = all_well()
    seen.acts = [
        _act(1, "attempt"),
        _act(2, "hand_over", to_unit=OTHER_UNIT),
        replace(_act(1, "attempt", task=OTHER_TASK), serial=3),
        replace(_act(2, "close", task=OTHER_TASK), serial=4),
    ]
    seen.promised = [Promised(act.id, act.task_id, act.kind) for act in seen.acts]
    first = replace(seen.tasks[0], status="withdrawn", attempts=1)
    seen.tasks = [first, replace(first, id=OTHER_TASK, unit_id=OTHER_UNIT, status="closed")]
    seen.messages[0] = replace(seen.messages[0], task_id=OTHER_TASK)
    return seen


def _act_missing(seen: Seen) -> None:
    del seen.acts[3]


def _act_with_a_hole(seen: Seen) -> None:
    seen.promised = []
    seen.acts[3] = replace(seen.acts[3], number=3)


def _another_act(seen: Seen) -> None:
    seen.acts[0] = replace(seen.acts[0], kind="take")


def _opened_again_by_nobody(seen: Seen) -> None:
    seen.tasks[1] = replace(seen.tasks[1], status="open")


def _attempt_not_counted(seen: Seen) -> None:
    seen.tasks[1] = replace(seen.tasks[1], attempts=0)


def _given_to_a_third(seen: Seen) -> None:
    seen.tasks[1] = replace(seen.tasks[1], unit_id="jc-0461")


def _left_behind(seen: Seen) -> None:
    seen.messages[0] = replace(seen.messages[0], task_id=TASK)


def _open_and_empty(seen: Seen) -> None:
    seen.tasks.append(replace(seen.tasks[0], id=GIVEN, status="open", attempts=0))


@pytest.mark.parametrize(
    ("plant", "figure"),
    [
        (_act_missing, "lost"),
        (_act_with_a_hole, "lost"),
        (_another_act, "wrong"),
        (_opened_again_by_nobody, "wrong"),
        (_attempt_not_counted, "wrong"),
        (_given_to_a_third, "wrong_unit"),
        (_left_behind, "lost"),
        (_open_and_empty, "phantom"),
    ],
)
def test_what_contradicts_the_acts_is_found(plant: Callable[[Seen], None], figure: str) -> None:
    seen = worked()
    assert judge(seen, RULES).findings == []
    plant(seen)
    verdict = judge(seen, RULES)
    assert getattr(verdict, figure) > 0, verdict
