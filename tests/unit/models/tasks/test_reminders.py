"""What falls due about a task, held against a second, naive way of counting it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.calendar import COPENHAGEN
from models.notifications.delivery import Audience, Occasion
from models.tasks.office_hours import CLOCK_CHANGES, NeverOpen, OfficeHours, Week
from models.tasks.reminders import Reminder, ReminderInputs, ReminderKind, ReminderPolicy, ReminderRule, plan
from models.tasks.status import TaskStatus
from tests.factories import moment

TASK: Final = UUID("00000000-0000-0000-0000-000000000001")
EASTER: Final = frozenset({date(2026, 4, 2), date(2026, 4, 3), date(2026, 4, 6)})
DAY_HOURS: Final = (time(8), time(16))
WEEK: Final[Week] = (DAY_HOURS, DAY_HOURS, DAY_HOURS, DAY_HOURS, (time(8), time(14)), None, None)


def rule(kind: ReminderKind, level: int, working_days: int) -> ReminderRule:
    return ReminderRule(kind=kind, level=level, working_days=working_days, to=(Audience.UNIT,))


RULES: Final = (
    rule(ReminderKind.REMINDER, 1, -2),
    rule(ReminderKind.ESCALATION, 1, -1),
    rule(ReminderKind.OVERDUE, 1, 1),
    rule(ReminderKind.ESCALATION, 2, 3),
    rule(ReminderKind.ESCALATION, 3, 5),
    rule(ReminderKind.MENTOR_ENDS, 1, -10),
)


def a_policy(
    rules: Sequence[ReminderRule] = RULES, *, week: Week = WEEK, days_off: frozenset[date] = EASTER
) -> ReminderPolicy:
    return ReminderPolicy(
        rules=lambda _unit, _on: rules,
        hours=lambda _: OfficeHours(lambda _day: week, days_off),
        days_off=days_off,
        addresses=lambda _unit, _audience, _channel: ("a@b.example",),
        digest=lambda _unit, _day: None,
        digest_units=(),
        fingerprint="test",
    )


def a_task(**changes: object) -> ReminderInputs:
    """Opened on Monday 23 March 2026 at two in the night; to be reacted to by Monday 30 March."""
    usual = ReminderInputs(
        task_id=TASK,
        unit_id="jc-0101",
        status=TaskStatus.OPEN,
        appended_at=moment(date(2026, 3, 23), "02:00"),
        react_by=date(2026, 3, 30),
        mentor_until=None,
        open_since=moment(date(2026, 3, 23), "02:00"),
        seen=False,
    )
    return replace(usual, **changes)  # type: ignore[arg-type]  # a test names a field that there is


def said(steps: Sequence[Reminder]) -> list[tuple[str, int, str]]:
    return [
        (step.kind.value, step.level, step.due_at.astimezone(COPENHAGEN).isoformat()[:16]) for step in steps
    ]


def test_steps_fall_due_at_the_opening_of_their_day_over_the_clock_change_and_easter() -> None:
    assert said(plan(a_task(), a_policy())) == [
        ("reminder", 1, "2026-03-26T08:00"),
        ("escalation", 1, "2026-03-27T08:00"),
        ("overdue", 1, "2026-03-31T08:00"),
        ("escalation", 2, "2026-04-07T08:00"),
        ("escalation", 3, "2026-04-09T08:00"),
    ]


def test_eight_in_the_morning_is_another_moment_in_winter_and_in_summer() -> None:
    steps = plan(a_task(), a_policy())
    assert [step.due_at.hour for step in steps] == [7, 7, 6, 6, 6]
    autumn = a_task(
        react_by=date(2026, 10, 26),
        open_since=moment(date(2026, 10, 19)),
        appended_at=moment(date(2026, 10, 19)),
    )
    assert [step.due_at.hour for step in plan(autumn, a_policy())] == [6, 6, 7, 7, 7]


@pytest.mark.parametrize("status", [TaskStatus.CLOSED, TaskStatus.WITHDRAWN])
def test_nothing_falls_due_about_a_task_that_has_ended(status: TaskStatus) -> None:
    assert plan(a_task(status=status), a_policy()) == ()


def test_who_has_seen_the_task_is_not_reminded_but_told_that_the_date_has_passed() -> None:
    kinds = [(step.kind, step.level) for step in plan(a_task(seen=True), a_policy())]
    assert kinds == [(ReminderKind.OVERDUE, 1), (ReminderKind.ESCALATION, 2), (ReminderKind.ESCALATION, 3)]


def test_a_task_that_comes_after_its_date_is_not_late_with_everything_at_once() -> None:
    late = a_task(open_since=moment(date(2026, 4, 9), "23:30"))
    assert said(plan(late, a_policy())) == [
        ("overdue", 1, "2026-04-10T08:00"),
        ("escalation", 2, "2026-04-14T08:00"),
        ("escalation", 3, "2026-04-16T08:00"),
    ]


def test_a_right_that_ends_soon_when_the_task_comes_is_told_on_the_next_working_day() -> None:
    steps = plan(a_task(mentor_until=date(2026, 3, 25)), a_policy())
    assert said(steps)[0] == ("mentor_ends", 1, "2026-03-24T08:00")
    assert said(plan(a_task(mentor_until=date(2026, 5, 4)), a_policy()))[-1] == (
        "mentor_ends",
        1,
        "2026-04-20T08:00",
    )


@pytest.mark.parametrize("last_day", [date(2026, 3, 23), date(2026, 3, 22)])
def test_a_right_that_has_ended_is_not_about_to_end(last_day: date) -> None:
    assert all(
        step.kind is not ReminderKind.MENTOR_ENDS for step in plan(a_task(mentor_until=last_day), a_policy())
    )


class KnownTo2100:
    """Days off as the library has them: asked for a later year, it raises."""

    def __contains__(self, day: object) -> bool:
        if isinstance(day, date) and day.year > 2100:
            raise LookupError(day.year)
        return False


@pytest.mark.parametrize("last_day", [date(2101, 6, 30), date(2100, 12, 31), date(2031, 4, 1), date.max])
def test_a_right_that_ends_in_a_far_year_stops_nothing(last_day: date) -> None:
    """A sender may name any admission up to 2100: one wrong date must not stop the planning of everything else."""
    days_off = KnownTo2100()
    policy = replace(a_policy(), days_off=days_off, hours=lambda _: OfficeHours(lambda _day: WEEK, days_off))
    assert said(plan(a_task(mentor_until=last_day), policy)) == said(plan(a_task(), policy)) != []
    near = plan(a_task(mentor_until=date(2031, 3, 1)), policy)
    assert near[-1].kind is ReminderKind.MENTOR_ENDS


def test_a_unit_that_is_closed_on_the_day_is_told_at_its_next_opening() -> None:
    mondays: Week = (DAY_HOURS, None, None, None, None, None, None)
    assert said(plan(a_task(), a_policy(week=mondays, days_off=frozenset()))) == [
        ("reminder", 1, "2026-03-30T08:00"),
        ("escalation", 1, "2026-03-30T08:00"),
        ("overdue", 1, "2026-04-06T08:00"),
        ("escalation", 2, "2026-04-06T08:00"),
        ("escalation", 3, "2026-04-06T08:00"),
    ]


def test_a_unit_that_never_opens_is_an_error() -> None:
    with pytest.raises(NeverOpen):
        plan(a_task(), a_policy(week=(None,) * 7))


# The second implementation: days on a list, half hours on a clock.

_FIRST: Final = date(2025, 9, 1)
_DAYS: Final = [_FIRST + timedelta(days=number) for number in range(900)]


def naive_opening(day: date, week: Week, days_off: frozenset[date]) -> datetime:
    """Half hours of UTC are tried one after the other."""
    at = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=3)
    while True:
        wall = at.astimezone(ZoneInfo("Europe/Copenhagen"))
        hours = week[wall.weekday()]
        if (
            wall.date() >= day
            and wall.date() not in days_off
            and hours
            and hours[0] <= wall.time() < hours[1]
        ):
            return at
        at += timedelta(minutes=30)


def naive(
    task: ReminderInputs, rules: Sequence[ReminderRule], week: Week, days_off: frozenset[date]
) -> set[tuple[ReminderKind, int, datetime]]:
    if task.status is not TaskStatus.OPEN:
        return set()
    working = [day for day in _DAYS if day.isoweekday() <= 5 and day not in days_off]
    got_on = task.open_since.astimezone(ZoneInfo("Europe/Copenhagen")).date()
    found = set()
    for each in rules:
        if (
            task.seen
            and each.kind in (ReminderKind.REMINDER, ReminderKind.ESCALATION)
            and each.working_days <= 0
        ):
            continue
        about = task.mentor_until if each.kind is ReminderKind.MENTOR_ENDS else task.react_by
        if about is None:
            continue
        before = [day for day in working if day < about]
        if each.working_days < 0:
            day = before[each.working_days]
        elif each.working_days == 0:
            day = about
        else:
            day = [one for one in working if one > about and one > got_on][each.working_days - 1]
        if each.kind is ReminderKind.MENTOR_ENDS and day <= got_on:
            day = got_on + timedelta(days=1)
        due = naive_opening(day, week, days_off)
        on = due.astimezone(ZoneInfo("Europe/Copenhagen")).date()
        if on > got_on and (each.working_days > 0 or on <= about):
            found.add((each.kind, each.level, due))
    return found


half_hours = st.sampled_from([time(0), time(0, 30), time(6), time(8), time(9, 30)])
closings = st.sampled_from([time(10), time(12, 30), time(16), time(23, 30)])
windows = st.one_of(st.none(), st.tuples(half_hours, closings))
weeks = st.tuples(*[windows] * 7).filter(any)
dates = st.dates(date(2026, 1, 5), date(2027, 6, 1))
clocks = st.datetimes(datetime(2026, 1, 5), datetime(2027, 6, 1))  # noqa: DTZ001  Hypothesis wants naive bounds
kinds_of_rules = st.tuples(st.sampled_from(ReminderKind), st.integers(1, 4), st.integers(-12, 12)).map(
    lambda each: rule(
        each[0], each[1], -abs(each[2]) or -1 if each[0] is ReminderKind.MENTOR_ENDS else each[2]
    )
)
tasks = st.builds(
    lambda react_by, mentor, clock, seen, status: a_task(
        react_by=react_by, mentor_until=mentor, open_since=clock.replace(tzinfo=UTC), seen=seen, status=status
    ),
    dates,
    st.none() | dates,
    clocks,
    st.booleans(),
    st.sampled_from([TaskStatus.OPEN, TaskStatus.OPEN, TaskStatus.CLOSED]),
)


@given(
    tasks,
    st.lists(kinds_of_rules, max_size=6, unique_by=lambda each: (each.kind, each.level)),
    weeks,
    st.frozensets(dates, max_size=40),
)
def test_the_plan_is_the_naive_one(
    task: ReminderInputs, rules: list[ReminderRule], week: Week, days_off: frozenset[date]
) -> None:
    steps = plan(task, a_policy(rules, week=week, days_off=days_off))
    assert {(step.kind, step.level, step.due_at) for step in steps} == naive(task, rules, week, days_off)
    assert [step.due_at for step in steps] == sorted(step.due_at for step in steps)
    assert len({step.id for step in steps}) == len(steps)
    assert steps == plan(task, a_policy(rules, week=week, days_off=days_off))


@given(clocks, weeks, st.frozensets(dates, max_size=40))
def test_the_next_opening_is_the_first_half_hour_at_work(
    clock: datetime, week: Week, days_off: frozenset[date]
) -> None:
    now = clock.replace(tzinfo=UTC, minute=clock.minute // 30 * 30, second=0, microsecond=0)
    found = OfficeHours(lambda _: week, days_off).next_open(now)
    at = now
    while True:
        wall = at.astimezone(ZoneInfo("Europe/Copenhagen"))
        hours = week[wall.weekday()]
        if wall.date() not in days_off and hours and hours[0] <= wall.time() < hours[1]:
            break
        at += timedelta(minutes=30)
    assert found == at


@pytest.mark.parametrize(
    "changed",
    [
        a_task(react_by=date(2026, 3, 31)),
        a_task(task_id=UUID(int=7)),
    ],
)
def test_a_steps_id_follows_from_what_it_is(changed: ReminderInputs) -> None:
    usual = {step.id for step in plan(a_task(), a_policy())}
    assert usual.isdisjoint(step.id for step in plan(changed, a_policy()))


def test_each_kind_of_reminder_is_told_as_an_occasion_of_its_own() -> None:
    """What the notice says follows from it."""
    assert {kind: kind.occasion for kind in ReminderKind} == {
        ReminderKind.REMINDER: Occasion.REMINDER,
        ReminderKind.OVERDUE: Occasion.OVERDUE,
        ReminderKind.ESCALATION: Occasion.ESCALATION,
        ReminderKind.MENTOR_ENDS: Occasion.MENTOR_ENDS,
    }


@pytest.mark.parametrize(
    ("kind", "over_when_seen"),
    [
        (ReminderKind.REMINDER, True),
        (ReminderKind.ESCALATION, True),
        (ReminderKind.OVERDUE, False),
        (ReminderKind.MENTOR_ENDS, False),
    ],
)
def test_what_comes_before_the_date_or_on_it_is_over_when_a_person_has_seen_the_task(
    kind: ReminderKind, over_when_seen: bool
) -> None:
    """What comes after it is not, whatever its kind: nothing but the end of the task stops it."""
    assert [rule(kind, 1, days).until_seen for days in (-1, 0)] == [over_when_seen] * 2
    assert not rule(kind, 1, 1).until_seen


def test_only_a_mentors_last_day_can_be_too_far_away() -> None:
    """Five leap years of days; a task's own date is ours, and always near enough to count."""
    days_off: frozenset[date] = frozenset()
    got_on = date(2026, 3, 23)
    limit = got_on + timedelta(days=5 * 366)
    for last_day, planned in ((limit, True), (limit + timedelta(days=1), False)):
        kinds = {step.kind for step in plan(a_task(mentor_until=last_day), a_policy(days_off=days_off))}
        assert (ReminderKind.MENTOR_ENDS in kinds) is planned
    far = a_task(react_by=limit + timedelta(days=30))
    assert len(plan(far, a_policy(days_off=days_off))) == 5


def test_at_closing_time_a_unit_is_no_longer_at_work() -> None:
    """What falls due then waits for the next morning."""
    hours = OfficeHours(lambda _: WEEK, EASTER)
    closing = moment(date(2026, 3, 23), "16:00")
    assert hours.next_open(closing - timedelta(seconds=1)) == closing - timedelta(seconds=1)
    assert hours.next_open(closing) == moment(date(2026, 3, 24), "08:00")


def test_nothing_falls_due_on_the_day_on_which_a_unit_gets_a_task() -> None:
    """The notice of that day says it all; from the next day on, everything does."""
    got_on = {26: False, 25: True}
    for day, reminded in got_on.items():
        steps = plan(a_task(open_since=moment(date(2026, 3, day), "02:00")), a_policy())
        assert (steps[0].kind is ReminderKind.REMINDER) is reminded


def test_a_right_that_has_ended_is_never_said_to_end_soon() -> None:
    """Not even where a unit has set so: the rules of the reference data forbid it, and so does the plan."""
    after = (rule(ReminderKind.MENTOR_ENDS, 1, 2),)
    assert plan(a_task(mentor_until=date(2026, 5, 4)), a_policy(after)) == ()


def test_no_hours_begin_or_end_where_the_clock_skips_or_repeats() -> None:
    """What `CLOCK_CHANGES` names is the hour that is missing on the last Sunday of March, and no minute more."""

    def exists(at: time) -> bool:
        named = datetime.combine(date(2026, 3, 29), at, COPENHAGEN)
        return named.astimezone(UTC).astimezone(COPENHAGEN).time() == at

    first, end = CLOCK_CHANGES
    minutes = [time(minute // 60, minute % 60) for minute in range(24 * 60)]
    assert [at for at in minutes if not exists(at)] == [at for at in minutes if first <= at < end]


@pytest.mark.parametrize(("days", "opens"), [(0, True), (399, True), (400, False)])
def test_an_opening_is_looked_for_through_four_hundred_days(days: int, opens: bool) -> None:
    """No unit is closed for a year; one that is has wrong hours, and that must be said."""
    start = date(2026, 3, 23)
    once = start + timedelta(days=days)
    hours = OfficeHours(lambda day: (DAY_HOURS if day == once else None,) * 7, frozenset())
    if opens:
        assert hours.opening(start) == moment(once, "08:00")
    else:
        with pytest.raises(NeverOpen):
            hours.opening(start)
