"""The units, people and rules of the stories."""

from datetime import date, datetime, time
from typing import Final

from models.eligibility.decision import Decision
from models.notifications.delivery import Audience
from models.tasks.office_hours import Week
from models.tasks.reminders import ReminderKind, ReminderRule
from tests.factories import moment
from tests.travel.world import Units
from tests.unit.ledger.decisions import OTHER_UNIT, UNIT, decided

DAY: Final = (time(8), time(16))
WEEK: Final[Week] = (DAY, DAY, DAY, DAY, (time(8), time(14)), None, None)
OURS: Final = "opgaver@unit-0101.example"
LEAD: Final = "leder@unit-0101.example"
THEIRS: Final = "opgaver@unit-0751.example"
MUNICIPALITY: Final = "ansvarlig@kommune-0101.example"
SERVICE: Final = "drift@service.example"

RULES: Final = (
    ReminderRule(kind=ReminderKind.REMINDER, level=1, working_days=-2, to=(Audience.UNIT,)),
    ReminderRule(kind=ReminderKind.ESCALATION, level=1, working_days=-1, to=(Audience.LEAD,)),
    ReminderRule(kind=ReminderKind.OVERDUE, level=1, working_days=1, to=(Audience.UNIT,)),
    ReminderRule(kind=ReminderKind.ESCALATION, level=2, working_days=3, to=(Audience.UNIT, Audience.LEAD)),
    ReminderRule(
        kind=ReminderKind.ESCALATION, level=3, working_days=5, to=(Audience.MUNICIPALITY, Audience.SERVICE)
    ),
    ReminderRule(kind=ReminderKind.MENTOR_ENDS, level=1, working_days=-10, to=(Audience.UNIT,)),
)
UNITS: Final = Units(
    people={
        (UNIT, Audience.UNIT): (OURS,),
        (UNIT, Audience.LEAD): (LEAD,),
        (UNIT, Audience.MUNICIPALITY): (MUNICIPALITY,),
        (UNIT, Audience.SERVICE): (SERVICE,),
        (OTHER_UNIT, Audience.UNIT): (THEIRS,),
        (OTHER_UNIT, Audience.SERVICE): (SERVICE,),
    },
    rules=RULES,
    week=WEEK,
)


def obliged(at: datetime, message: str = "message", *, mentor: date | None = None, **more: str) -> Decision:
    """A message that came at `at`; no mentor right unless its last day is given."""
    decision = decided(message, at=at, **more)  # type: ignore[arg-type]  # what a story names is text
    verdict = decision.verdict.model_copy(update={"mentor_last_day": mentor})
    return decision.model_copy(update={"verdict": verdict})


SPRING: Final = moment(date(2026, 3, 24), "02:10")
"""A Tuesday; five working days lead to Tuesday 31 March. Summer time begins on the 29th, Easter is 2 to 6 April."""
AUTUMN: Final = moment(date(2026, 10, 19), "02:10")
"""A Monday; five working days lead to Monday 26 October. Summer time ends on the 25th."""
