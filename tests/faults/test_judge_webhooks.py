"""The judge of webhooks finds what is planted, and nothing where all is well."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import uuid4

import pytest

from tests.faults.judge_webhooks import judge_hooks
from tests.faults.observation import DeliverySeen, HookSeen, Seen, TaskSeen
from tests.faults.verdict import Verdict

UNIT, OTHER = "jc-0101", "jc-0147"


def all_well() -> Seen:
    """One task, one mail and one webhook, which came twice."""
    task = TaskSeen(
        uuid4(), "p1", "e1", UNIT, "open", date(2026, 10, 9), datetime(2026, 10, 2, tzinfo=UTC), 0, "FV-1"
    )
    mail = DeliverySeen(uuid4(), task.id, "new", "m1", "a@jc.example", "delivered")
    booked = replace(mail, id=uuid4(), recipient="http://jc.example/hook", channel="webhook")
    hook = HookSeen(str(booked.id), UNIT, UNIT, "FV-1", "new", "d", signed=True, answered=False)
    return Seen(
        tasks=[task],
        deliveries=[mail, booked],
        hooks=[hook, replace(hook, answered=True)],
        hooked=frozenset({UNIT}),
    )


def judged(seen: Seen) -> Verdict:
    verdict = Verdict()
    judge_hooks(seen, verdict)
    return verdict


def test_a_webhook_that_came_twice_is_a_copy_and_no_violation() -> None:
    verdict = judged(all_well())
    assert (verdict.violations, verdict.copies) == (0, 1), verdict.findings


def test_where_no_unit_has_an_endpoint_no_webhook_is_wanted() -> None:
    seen = all_well()
    seen.hooks, seen.hooked = [], frozenset()
    del seen.deliveries[1]
    assert judged(seen).violations == 0


def _never_came(seen: Seen) -> None:
    seen.hooks.clear()


def _never_answered(seen: Seen) -> None:
    seen.hooks.pop()


def _other_words(seen: Seen) -> None:
    seen.hooks[1] = replace(seen.hooks[1], digest="e")


def _other_id(seen: Seen) -> None:
    seen.hooks[1] = replace(seen.hooks[1], id=str(uuid4()))


def _other_endpoint(seen: Seen) -> None:
    seen.hooks[1] = replace(seen.hooks[1], unit=OTHER)


def _not_signed(seen: Seen) -> None:
    seen.hooks[0] = replace(seen.hooks[0], signed=False)


def _of_no_task(seen: Seen) -> None:
    seen.hooks[:] = [replace(hook, task="FV-2") for hook in seen.hooks]


def _never_booked(seen: Seen) -> None:
    """Neither it nor its row: only the mail tells that it is wanted."""
    seen.hooks.clear()
    del seen.deliveries[1]


def _stuck(seen: Seen) -> None:
    seen.deliveries[1] = replace(seen.deliveries[1], status="exhausted")


@pytest.mark.parametrize(
    ("spoil", "figure"),
    [
        (_never_came, "lost"),
        (_never_answered, "lost"),
        (_other_words, "duplicate_mails"),
        (_other_id, "duplicate_mails"),
        (_other_endpoint, "wrong_unit"),
        (_not_signed, "wrong"),
        (_of_no_task, "phantom"),
        (_never_booked, "lost"),
        (_stuck, "lost"),
    ],
)
def test_whatever_is_wrong_with_a_webhook_is_found(spoil: Callable[[Seen], None], figure: str) -> None:
    seen = all_well()
    spoil(seen)
    assert getattr(judged(seen), figure) > 0


def test_an_endpoint_that_is_gone_is_owed_nothing_more() -> None:
    seen = all_well()
    seen.hooks.clear()
    seen.gone = frozenset({UNIT})
    seen.deliveries[1] = replace(seen.deliveries[1], status="refused")
    verdict = judged(seen)
    assert (verdict.violations, verdict.refused) == (0, 1)


@pytest.mark.parametrize("status", ["delivered", "refused"])
def test_that_another_units_endpoint_is_gone_excuses_nothing(status: str) -> None:
    seen = all_well()
    seen.hooks.clear()
    seen.hooked, seen.gone = frozenset({UNIT, OTHER}), frozenset({OTHER})
    seen.deliveries[1] = replace(seen.deliveries[1], status=status)
    verdict = judged(seen)
    assert (verdict.lost, verdict.refused) == (3, 0)


@pytest.mark.parametrize(("hears_of_the_end", "lost"), [(True, 0), (False, 2)])
def test_of_a_task_that_was_withdrawn_meanwhile_the_endpoint_need_only_hear_the_end(
    hears_of_the_end: bool, lost: int
) -> None:
    seen = all_well()
    mail, booked = seen.deliveries
    seen.tasks[0] = replace(seen.tasks[0], status="withdrawn")
    seen.deliveries[1] = replace(booked, status="superseded")
    ending = replace(booked, id=uuid4(), occasion="withdrawn")
    seen.deliveries += [replace(mail, id=uuid4(), occasion="withdrawn"), ending]
    hook = replace(seen.hooks[0], id=str(ending.id), occasion="withdrawn", answered=True)
    seen.hooks = [hook] if hears_of_the_end else []
    if not hears_of_the_end:
        seen.deliveries.pop()
    assert judged(seen).lost == lost
