"""The policy of what falls due: a unit's own rows hold whole, and whoever has set nothing has the defaults."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from uuid import UUID

import pytest

from config.reference.checks.all import sound_reference
from config.reference.days_off import days_off_of
from config.reference.reminder_policy import reminder_policy_of
from config.reference.units import units_of
from models.calendar import add_months, add_working_days
from models.events import probe_identity
from models.events.contract import EnrolmentFields
from models.notifications.delivery import Audience, Channel
from models.tasks.reminders import ReminderInputs, ReminderKind, plan
from models.tasks.status import TaskStatus
from tests.factories import moment, uuid
from tests.paths import DATA as TEST_DATA
from tests.reference import SHIPPED

GOOD: Final = TEST_DATA / "reference" / "good"
TODAY: Final = date(2026, 2, 2)
UUID_OF_A_TASK: Final = UUID(uuid("task"))


@pytest.mark.parametrize("unit", sorted(units_of(SHIPPED)))
def test_every_unit_has_steps_hours_and_somebody_above_it(unit: str) -> None:
    policy = reminder_policy_of(SHIPPED)
    kinds = {rule.kind for rule in policy.rules(unit, TODAY)}
    assert kinds == set(ReminderKind)
    assert policy.hours(unit).window(TODAY) is not None
    for audience in Audience:
        assert policy.addresses(unit, audience, Channel.EMAIL)
    last = [rule for rule in policy.rules(unit, TODAY) if rule.kind is ReminderKind.ESCALATION][-1]
    assert {Audience.MUNICIPALITY, Audience.SERVICE} <= set(last.to)


def test_the_latest_admission_that_the_contract_takes_stops_no_planning() -> None:
    """Nobody knows the days off of the year in which that right to a mentor would end."""
    latest = next(
        bound.le for bound in EnrolmentFields.model_fields["admission_date"].metadata if hasattr(bound, "le")
    )
    usual = ReminderInputs(
        task_id=UUID_OF_A_TASK,
        unit_id="jc-0101",
        status=TaskStatus.OPEN,
        appended_at=moment(TODAY),
        react_by=date(2026, 2, 9),
        mentor_until=None,
        open_since=moment(TODAY),
        seen=False,
    )
    policy = reminder_policy_of(SHIPPED)
    assert plan(replace(usual, mentor_until=add_months(latest, 6)), policy) == plan(usual, policy) != ()


def test_a_units_policy_holds_whole_and_from_its_date() -> None:
    policy = reminder_policy_of(sound_reference(GOOD))
    before, after = policy.rules("jc-0185", date(2023, 12, 31)), policy.rules("jc-0185", date(2024, 1, 1))
    assert [rule.kind for rule in before] == [
        ReminderKind.REMINDER,
        ReminderKind.OVERDUE,
        ReminderKind.ESCALATION,
    ]
    assert [(rule.kind, rule.working_days) for rule in after] == [
        (ReminderKind.OVERDUE, 1),
        (ReminderKind.ESCALATION, 0),
        (ReminderKind.ESCALATION, 2),
    ]
    assert policy.rules("jc-0461", TODAY) == before


def test_a_units_hours_hold_whole_and_from_their_date() -> None:
    policy = reminder_policy_of(sound_reference(GOOD))
    monday = date(2026, 2, 2)
    assert policy.hours("jc-0185").week_on(monday) == (
        (time(9), time(12)),
        None,
        None,
        None,
        None,
        None,
        None,
    )
    assert policy.hours("jc-0185").week_on(date(2023, 12, 25))[0] == (time(8), time(16))
    assert policy.hours("jc-0461").week_on(monday)[1] == (time(8), time(16))


def test_offices_are_closed_on_the_days_off() -> None:
    assert reminder_policy_of(SHIPPED).hours("jc-0561").window(date(2026, 6, 5)) is None


def test_addresses_are_all_that_are_named_and_those_above_where_none_are() -> None:
    reach = reminder_policy_of(sound_reference(GOOD)).addresses
    assert reach("jc-0185", Audience.UNIT, Channel.EMAIL) == (
        "opgaver@jc-0185.example",
        "flere@jc-0185.example",
    )
    assert reach("jc-0185", Audience.LEAD, Channel.EMAIL) == reach("jc-0185", Audience.UNIT, Channel.EMAIL)
    assert reach("jc-0461", Audience.MUNICIPALITY, Channel.EMAIL) == ("kommunen@k-0461.example",)
    assert reach("jc-0185", Audience.MUNICIPALITY, Channel.EMAIL) == ("drift@service.example",)
    assert reach("jc-9999", Audience.UNIT, Channel.EMAIL) == ()
    assert reach("jc-9999", Audience.MUNICIPALITY, Channel.EMAIL) == ("drift@service.example",)
    assert reach("jc-0185", Audience.UNIT, Channel.WEBHOOK) == ()


def test_what_a_canary_brings_about_reaches_nobody_but_the_canary() -> None:
    reach = reminder_policy_of(SHIPPED).addresses
    for audience in Audience:
        assert reach(probe_identity.UNIT, audience, Channel.EMAIL) == ("kanariefugl@frafaldsvarsel.example",)


def test_a_morning_mail_is_dated_and_can_be_ended() -> None:
    policy = reminder_policy_of(sound_reference(GOOD))
    found = [policy.digest("jc-0185", day) for day in (date(2023, 6, 1), date(2024, 6, 1), date(2025, 6, 1))]
    assert [one is not None and one.instead for one in found] == [False, True, False]
    assert found[2] is None
    assert policy.digest_units == ("jc-0185",)
    assert policy.digest("jc-0461", TODAY) is None


def test_another_policy_has_another_fingerprint() -> None:
    assert (
        reminder_policy_of(SHIPPED).fingerprint
        == reminder_policy_of(SHIPPED).fingerprint
        != reminder_policy_of(sound_reference(GOOD)).fingerprint
    )


def test_what_falls_due_in_the_coming_year_can_be_planned() -> None:
    """Fails in time, while the library of holidays can still be updated: without it no target could be counted."""
    policy, days_off = reminder_policy_of(SHIPPED), days_off_of(SHIPPED)
    opened = datetime.now(UTC)
    for week in range(60):
        day = opened + timedelta(weeks=week)
        task = ReminderInputs(
            task_id=UUID_OF_A_TASK,
            unit_id="jc-0561",
            status=TaskStatus.OPEN,
            appended_at=day,
            react_by=add_working_days(day.date(), 5, days_off),
            mentor_until=day.date() + timedelta(days=60),
            open_since=day,
            seen=False,
        )
        steps = plan(task, policy)
        assert len(steps) == len(policy.rules("jc-0561", day.date()))
        assert all(step.due_at.date() not in days_off and step.due_at.weekday() < 5 for step in steps)


def test_the_shipped_policy_over_easter_and_the_clock_change() -> None:
    """A message of Tuesday 24 March 2026, five working days: the date is Tuesday 31 March, in Holy Week."""
    task = ReminderInputs(
        task_id=UUID_OF_A_TASK,
        unit_id="jc-0561",
        status=TaskStatus.OPEN,
        appended_at=moment(date(2026, 3, 24), "02:10"),
        react_by=date(2026, 3, 31),
        mentor_until=None,
        open_since=moment(date(2026, 3, 24), "02:10"),
        seen=False,
    )
    steps = plan(task, reminder_policy_of(SHIPPED))
    assert [(step.kind, step.level, step.due_at) for step in steps] == [
        (ReminderKind.REMINDER, 1, datetime(2026, 3, 27, 7, tzinfo=UTC)),
        (ReminderKind.ESCALATION, 1, datetime(2026, 3, 30, 6, tzinfo=UTC)),
        (ReminderKind.OVERDUE, 1, datetime(2026, 4, 1, 6, tzinfo=UTC)),
        (ReminderKind.ESCALATION, 2, datetime(2026, 4, 8, 6, tzinfo=UTC)),
        (ReminderKind.ESCALATION, 3, datetime(2026, 4, 10, 6, tzinfo=UTC)),
    ]
