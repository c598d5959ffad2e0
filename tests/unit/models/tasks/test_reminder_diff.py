"""Planning again changes only what must change, and nothing that fired fires again for the same reason."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.tasks.reminder_diff import KeptReminder, ReminderStatus, StopReason, diff_reminders
from models.tasks.reminders import Reminder, ReminderInputs, ReminderKind, plan
from models.tasks.status import TaskStatus
from tests.factories import moment
from tests.unit.models.tasks.test_reminders import a_policy, a_task

POLICY: Final = a_policy()
OPENED: Final = moment(date(2026, 3, 23), "02:00")


class Shelf:
    """The steps of one task, as the ledger keeps them."""

    def __init__(self) -> None:
        self.rows: dict[UUID, tuple[Reminder, ReminderStatus, StopReason | None, datetime | None]] = {}
        self.fired: list[tuple[ReminderKind, int, datetime]] = []

    def plan(self, task: ReminderInputs, now: datetime) -> int:
        """Plan again; how many rows changed."""
        found = diff_reminders(task, plan(task, POLICY), self.kept(), now=now)
        for step in found.add:
            self.rows[step.id] = (step, ReminderStatus.WAITING, None, None)
        for step, reason in found.add_stopped:
            self.rows[step.id] = (step, ReminderStatus.STOPPED, reason, now)
        for one, reason in found.stop:
            self.rows[one] = (self.rows[one][0], ReminderStatus.STOPPED, reason, now)
        for one in found.again:
            self.rows[one] = (self.rows[one][0], ReminderStatus.WAITING, None, None)
        return len(found.add) + len(found.add_stopped) + len(found.stop) + len(found.again)

    def fire(self, task: ReminderInputs, now: datetime) -> None:
        """What the runner does."""
        self.plan(task, now)
        due = [
            step
            for step, status, *_ in self.rows.values()
            if status is ReminderStatus.WAITING and step.due_at <= now
        ]
        for step in sorted(due, key=lambda step: step.due_at):
            self.rows[step.id] = (step, ReminderStatus.FIRED, None, now)
            self.fired.append((step.kind, step.level, now))

    def kept(self) -> list[KeptReminder]:
        return [
            KeptReminder(
                id=step.id,
                kind=step.kind,
                level=step.level,
                about=step.about,
                until_seen=step.until_seen,
                status=status,
                ended_at=ended_at,
            )
            for step, status, _, ended_at in self.rows.values()
        ]

    def reasons(self) -> dict[tuple[ReminderKind, int], StopReason | None]:
        return {
            (step.kind, step.level): reason
            for step, status, reason, _ in self.rows.values()
            if status is ReminderStatus.STOPPED
        }

    def waiting(self) -> set[tuple[ReminderKind, int]]:
        return {
            (step.kind, step.level)
            for step, status, *_ in self.rows.values()
            if status is ReminderStatus.WAITING
        }


ALL: Final = {
    (ReminderKind.REMINDER, 1),
    (ReminderKind.ESCALATION, 1),
    (ReminderKind.OVERDUE, 1),
    (ReminderKind.ESCALATION, 2),
    (ReminderKind.ESCALATION, 3),
}
AFTER: Final = ALL - {(ReminderKind.REMINDER, 1), (ReminderKind.ESCALATION, 1)}


@pytest.fixture
def shelf() -> Shelf:
    made = Shelf()
    made.plan(a_task(), OPENED)
    return made


def test_planning_again_changes_nothing(shelf: Shelf) -> None:
    assert shelf.waiting() == ALL
    assert shelf.plan(a_task(), OPENED + timedelta(days=30)) == 0


def test_acknowledging_stops_what_comes_before_the_date_and_nothing_after_it(shelf: Shelf) -> None:
    shelf.plan(a_task(seen=True), OPENED)
    assert shelf.waiting() == AFTER
    assert set(shelf.reasons().values()) == {StopReason.ACKNOWLEDGED}


def test_what_was_stopped_holds_again_when_nobody_has_the_task_any_more(shelf: Shelf) -> None:
    shelf.plan(a_task(seen=True), OPENED)
    shelf.plan(a_task(), OPENED + timedelta(hours=1))
    assert shelf.waiting() == ALL


def test_a_moment_that_passed_while_it_was_stopped_does_not_come_back(shelf: Shelf) -> None:
    shelf.plan(a_task(seen=True), OPENED)
    shelf.plan(a_task(), moment(date(2026, 3, 26), "09:00"))
    assert (ReminderKind.REMINDER, 1) not in shelf.waiting()
    assert (ReminderKind.ESCALATION, 1) in shelf.waiting()


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (TaskStatus.CLOSED, StopReason.TASK_CLOSED),
        (TaskStatus.WITHDRAWN, StopReason.TASK_WITHDRAWN),
    ],
)
def test_a_task_that_ends_stops_everything(shelf: Shelf, status: TaskStatus, reason: StopReason) -> None:
    shelf.plan(a_task(status=status), OPENED)
    assert shelf.waiting() == set()
    assert set(shelf.reasons().values()) == {reason}


def test_another_date_stops_the_old_steps_and_plans_new_ones(shelf: Shelf) -> None:
    shelf.plan(a_task(react_by=date(2026, 3, 27)), OPENED)
    assert shelf.waiting() == ALL
    stopped = [reason for _, status, reason, _ in shelf.rows.values() if status is ReminderStatus.STOPPED]
    # Four fall due on another day; by the third working day after either date Easter has passed.
    assert stopped == [StopReason.REPLANNED] * 5
    assert len(shelf.rows) == 10


def test_a_reminder_whose_moment_has_gone_when_the_date_moves_is_not_sent_beside_the_notice_of_it(
    shelf: Shelf,
) -> None:
    shelf.plan(a_task(react_by=date(2026, 3, 25)), moment(date(2026, 3, 24), "12:00"))
    assert (ReminderKind.REMINDER, 1) not in shelf.waiting()
    assert shelf.reasons()[ReminderKind.ESCALATION, 1] is StopReason.MOMENT_PASSED


def test_a_unit_that_was_told_of_the_passed_date_is_not_told_again_when_the_date_moves_earlier(
    shelf: Shelf,
) -> None:
    now = moment(date(2026, 3, 31), "08:00")
    shelf.fire(a_task(), now)
    shelf.plan(a_task(react_by=date(2026, 3, 26)), now)
    assert (ReminderKind.OVERDUE, 1) not in shelf.waiting()
    assert shelf.waiting() == {(ReminderKind.ESCALATION, 2), (ReminderKind.ESCALATION, 3)}


def test_after_an_outage_every_late_step_fires_once_and_in_order(shelf: Shelf) -> None:
    now = moment(date(2026, 4, 8), "10:00")
    for _ in range(3):
        shelf.fire(a_task(), now)
    assert [(kind, level) for kind, level, _ in shelf.fired] == [
        (ReminderKind.REMINDER, 1),
        (ReminderKind.ESCALATION, 1),
        (ReminderKind.OVERDUE, 1),
        (ReminderKind.ESCALATION, 2),
    ]


def test_a_task_that_is_opened_again_is_watched_again(shelf: Shelf) -> None:
    shelf.fire(a_task(), moment(date(2026, 4, 20)))
    shelf.plan(a_task(status=TaskStatus.CLOSED), moment(date(2026, 4, 21)))
    again = moment(date(2026, 4, 22))
    shelf.plan(a_task(open_since=again), again)
    assert shelf.waiting() == AFTER
    shelf.fire(a_task(open_since=again), moment(date(2026, 5, 20)))
    assert [(kind, level) for kind, level, _ in shelf.fired[-3:]] == [
        (ReminderKind.OVERDUE, 1),
        (ReminderKind.ESCALATION, 2),
        (ReminderKind.ESCALATION, 3),
    ]


def kept(step: Reminder, status: ReminderStatus, ended_at: datetime | None = None) -> KeptReminder:
    """A step as the ledger has it."""
    return KeptReminder(
        id=step.id,
        kind=step.kind,
        level=step.level,
        about=step.about,
        until_seen=step.until_seen,
        status=status,
        ended_at=ended_at,
    )


NINE: Final = a_policy(week=((time(9), time(16)),) * 5 + (None, None))
"""The unit has come to open an hour later: the same dates, other moments."""
WITH_MENTOR: Final = a_task(mentor_until=date(2026, 5, 4))


@pytest.mark.parametrize("step", plan(WITH_MENTOR, POLICY), ids=lambda step: f"{step.kind}-{step.level}")
def test_what_fired_does_not_fire_again_because_the_hours_have_changed(step: Reminder) -> None:
    """It is planned for another moment, and was told about the same date: before the date and after it."""
    fired = kept(step, ReminderStatus.FIRED, step.due_at)
    found = diff_reminders(WITH_MENTOR, plan(WITH_MENTOR, NINE), [fired], now=OPENED)
    again = [(one.kind, one.level) for one in found.add]
    assert (step.kind, step.level) not in again
    assert len(again) == len(plan(WITH_MENTOR, NINE)) - 1
    assert [reason for _, reason in found.add_stopped] == [StopReason.ALREADY_FIRED]


def test_what_comes_before_a_date_is_told_anew_of_another_date_and_what_comes_after_it_is_not() -> None:
    """A reminder speaks of its date; that the date has passed has been said."""
    fired = [kept(step, ReminderStatus.FIRED, step.due_at) for step in plan(WITH_MENTOR, POLICY)]
    moved = a_task(react_by=date(2026, 4, 20), mentor_until=date(2026, 6, 1))
    found = diff_reminders(moved, plan(moved, POLICY), fired, now=OPENED)
    assert {(step.kind, step.level) for step in found.add} == {
        (ReminderKind.REMINDER, 1),
        (ReminderKind.ESCALATION, 1),
        (ReminderKind.MENTOR_ENDS, 1),
    }
    assert {(step.kind, step.level) for step, _ in found.add_stopped} == AFTER


def test_what_fired_in_the_moment_in_which_the_task_was_opened_again_counts_for_the_new_time() -> None:
    """And what fired before it does not: the unit is told again."""
    steps = plan(a_task(), POLICY)
    for ended_at, added in ((OPENED, 0), (OPENED - timedelta(microseconds=1), len(steps))):
        fired = [kept(step, ReminderStatus.FIRED, ended_at) for step in steps]
        found = diff_reminders(a_task(), plan(a_task(), NINE), fired, now=OPENED)
        assert len(found.add) == added


def test_what_is_first_planned_after_its_moment_is_told_only_if_it_comes_after_the_date() -> None:
    """A reminder that comes too late says nothing; that the date has passed must be said, however late."""
    steps = plan(a_task(), POLICY)
    found = diff_reminders(a_task(), steps, [], now=OPENED + timedelta(days=60))
    assert {(step.kind, step.level) for step in found.add} == AFTER
    assert {reason for _, reason in found.add_stopped} == {StopReason.MOMENT_PASSED}
    in_time = diff_reminders(a_task(), steps, [], now=steps[0].due_at)
    assert len(in_time.add) == len(steps)


@pytest.mark.parametrize(
    ("task", "reasons"),
    [
        (a_task(), {StopReason.REPLANNED: ALL}),
        (a_task(seen=True), {StopReason.ACKNOWLEDGED: ALL - AFTER, StopReason.REPLANNED: AFTER}),
        (a_task(seen=True, react_by=date(2026, 3, 27)), {StopReason.REPLANNED: ALL}),
    ],
    ids=["nobody has seen it", "somebody has", "and the date has moved"],
)
def test_a_step_that_is_over_says_why(
    task: ReminderInputs, reasons: dict[StopReason, set[tuple[ReminderKind, int]]]
) -> None:
    """Acknowledging stops what comes before the date that was acknowledged; other hours and dates replace the rest."""
    waiting = [kept(step, ReminderStatus.WAITING) for step in plan(a_task(), POLICY)]
    names = {row.id: (row.kind, row.level) for row in waiting}
    found = diff_reminders(task, plan(task, NINE), waiting, now=OPENED)
    assert {
        reason: {names[one] for one, why in found.stop if why is reason} for _, reason in found.stop
    } == reasons


deeds = st.lists(
    st.tuples(
        st.sampled_from(["wait", "see", "let go", "earlier", "close", "reopen", "fire", "plan"]),
        st.integers(1, 90),
    ),
    max_size=25,
)


@given(deeds)
def test_whatever_happens_an_open_task_is_told_of_once_for_each_time_that_it_was_open(
    deeds: list[tuple[str, int]],
) -> None:
    task, now, shelf = a_task(), OPENED.astimezone(UTC), Shelf()
    shelf.plan(task, now)
    for deed, hours in deeds:
        now += timedelta(hours=hours)
        match deed:
            case "see":
                task = replace(task, seen=True)
            case "let go":
                task = replace(task, seen=False)
            case "earlier":
                task = replace(task, react_by=task.react_by - timedelta(days=1))
            case "close":
                task = replace(task, status=TaskStatus.CLOSED)
            case "reopen" if task.status is TaskStatus.CLOSED:
                task = replace(task, status=TaskStatus.OPEN, open_since=now, seen=False)
            case "fire":
                shelf.fire(task, now)
        shelf.plan(task, now)
        assert shelf.plan(task, now) == 0
        assert shelf.waiting() <= ALL
        if task.status is not TaskStatus.OPEN:
            assert shelf.waiting() == set()
    shelf.fire(task, now + timedelta(days=60))
    shelf.fire(task, now + timedelta(days=61))
    since = [(kind, level) for kind, level, at in shelf.fired if at >= task.open_since]
    for one in AFTER:
        # Once for the present stretch, whatever came before: a duty cannot be forgotten, and nobody is told twice.
        assert since.count(one) == (1 if task.status is TaskStatus.OPEN else since.count(one))
        assert since.count(one) <= 1
