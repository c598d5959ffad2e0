"""The judge of case systems finds what is planted, and nothing where each was told what is so."""

from collections.abc import Callable
from dataclasses import replace
from uuid import uuid4

import pytest

from tests.faults.judge_api_calls import judge_calls
from tests.faults.observation import ActSeen, CallSeen, Seen
from tests.faults.verdict import Verdict


def all_well() -> Seen:
    """One deed done, its rival told that the task has changed, and a person who came by the pages."""
    done = CallSeen("rig-one/a", uuid4(), "take", '"1"', 200)
    late = replace(done, by="rig-two/b", status=412)
    act = ActSeen(uuid4(), done.task_id, 1, "take", None, 1, "rig-one/a")
    person = replace(act, id=uuid4(), number=2, serial=2, by="sub-anna")
    return Seen(acts=[act, person], calls=[done, late])


def judged(seen: Seen) -> Verdict:
    verdict = Verdict()
    judge_calls(seen, verdict)
    return verdict


def test_where_each_was_told_what_is_so_nothing_is_found() -> None:
    assert judged(all_well()).violations == 0


def _gone(seen: Seen) -> None:
    del seen.acts[0]


def _twice(seen: Seen) -> None:
    seen.acts.append(replace(seen.acts[0], id=uuid4(), number=3, serial=3))


def _another(seen: Seen) -> None:
    seen.acts[0] = replace(seen.acts[0], kind="release")


def _refused_and_there(seen: Seen) -> None:
    seen.acts.append(replace(seen.acts[0], id=uuid4(), by="rig-two/b"))


def _nobody_sent_it(seen: Seen) -> None:
    seen.acts.append(replace(seen.acts[0], id=uuid4(), by="rig-two/c"))


def _both_won(seen: Seen) -> None:
    seen.calls[1] = replace(seen.calls[1], status=200)
    seen.acts.append(replace(seen.acts[0], id=uuid4(), by="rig-two/b"))


@pytest.mark.parametrize(
    ("plant", "figure"),
    [
        (_gone, "lost"),
        (_twice, "wrong"),
        (_another, "wrong"),
        (_refused_and_there, "phantom"),
        (_nobody_sent_it, "phantom"),
        (_both_won, "wrong"),
    ],
)
def test_each_disagreement_is_found_once(plant: Callable[[Seen], None], figure: str) -> None:
    seen = all_well()
    plant(seen)
    verdict = judged(seen)
    assert (verdict.violations, getattr(verdict, figure)) == (1, 1), verdict.findings
