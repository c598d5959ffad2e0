"""The units of the world: whom they are reached by, when they are at work, and what falls due by their rules."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, time
from typing import Final

from ledger.tasks.projection import Policy
from models.eligibility.succession import Succession
from models.notifications.delivery import Audience, Channel
from models.tasks.office_hours import OfficeHours, Week
from models.tasks.reminders import ReminderKind, ReminderPolicy, ReminderRule
from notifiers.supersede import UnitContact
from tests.channels import by_channel, unit_contact
from tests.factories import make_law

UNITS: Final = ("unit-0101", "jobcentre-0751", "unit-0751")
DAYS_OFF: Final = frozenset({date(2026, 3, 6), date(2026, 4, 2), date(2026, 4, 3), date(2026, 4, 6)})
REACT_BY_DAYS: Final = {"unit-0751": 3}
"""Elsewhere five."""
SERVICE: Final = ("drift@service.example",)
MERGED_ON: Final = date(2026, 3, 3)
"""After the first records of a world that begins early in March, and before all others."""
LAW: Final = make_law(
    rule_sets=tuple(replace(rules, mentor_months=9) for rules in make_law().rule_sets),
    succession=Succession(
        {
            number: tuple(replace(link, ended_on=MERGED_ON) for link in links)
            for number, links in make_law().succession.links.items()
        }
    ),
)
"""The right to a mentor ends within the time of a world: of the usual six months nothing would be left."""
DAY: Final = (time(8), time(16))
WEEK: Final[Week] = (DAY, DAY, DAY, DAY, (time(8), time(14)), None, None)
RULES: Final = (
    ReminderRule(kind=ReminderKind.REMINDER, level=1, working_days=-2, to=(Audience.UNIT,)),
    ReminderRule(kind=ReminderKind.ESCALATION, level=1, working_days=-1, to=(Audience.LEAD,)),
    ReminderRule(kind=ReminderKind.OVERDUE, level=1, working_days=1, to=(Audience.UNIT,)),
    ReminderRule(
        kind=ReminderKind.ESCALATION, level=2, working_days=3, to=(Audience.LEAD, Audience.MUNICIPALITY)
    ),
    ReminderRule(kind=ReminderKind.MENTOR_ENDS, level=1, working_days=-10, to=(Audience.UNIT,)),
)
_ABOVE: Final = {
    ("unit-0101", Audience.LEAD): ("leder@unit-0101.example",),
    ("unit-0101", Audience.MUNICIPALITY): ("ansvarlig@kommune-0101.example",),
    ("jobcentre-0751", Audience.MUNICIPALITY): ("ansvarlig@kommune-0751.example",),
}
_HOOKS: Final = {
    "jobcentre-0751": ("https://sag.jobcentre-0751.example/krog",),
    "unit-0751": ("https://sag.unit-0751.example/krog",),
}


def recipients(unit: str) -> tuple[str, ...]:
    """Whom a unit has told us to write to; one has two."""
    names = ("en", "to") if unit == "jobcentre-0751" else ("opgaver",)
    return tuple(f"{name}@{unit}.example" for name in names)


def webhooks(unit: str, _: date | None = None) -> Sequence[str]:
    """Where its own system listens; one has none."""
    return _HOOKS.get(unit, ())


def above(unit: str, audience: Audience) -> tuple[str, ...]:
    """Who is told besides the unit, where anybody is named."""
    return SERVICE if audience is Audience.SERVICE else _ABOVE.get((unit, audience), ())


def addresses(unit: str, audience: Audience, channel: Channel) -> Sequence[str]:
    """Where an audience is reached."""
    if channel is not Channel.EMAIL:
        return ()
    return recipients(unit) if audience is Audience.UNIT else above(unit, audience)


def contacts(unit: str) -> UnitContact | None:
    """How a unit is named and reached."""
    return _CONTACTS.get(unit)


_CONTACTS: Final = {
    unit: unit_contact(
        unit,
        mails=recipients(unit),
        webhooks=tuple(webhooks(unit)),
        above={one: above(unit, one) for one in Audience if one is not Audience.UNIT},
    )
    for unit in UNITS
}
ADDRESSES: Final = tuple(
    sorted({address for unit in UNITS for one in Audience for address in addresses(unit, one, Channel.EMAIL)})
)
URLS: Final = tuple(url for urls in _HOOKS.values() for url in urls)
_HOURS: Final = OfficeHours(lambda _: WEEK, DAYS_OFF)
STEPS: Final = ReminderPolicy(
    rules=lambda _unit, _day: RULES,
    hours=lambda _: _HOURS,
    days_off=DAYS_OFF,
    addresses=addresses,
    digest=lambda _unit, _day: None,
    digest_units=(),
    fingerprint="simulated",
)
POLICY: Final = Policy(
    succession=LAW.succession,
    react_by_days=lambda unit, _: REACT_BY_DAYS.get(unit, 5),
    addresses=by_channel(recipients, webhooks),
    days_off=DAYS_OFF,
    steps=STEPS,
)
