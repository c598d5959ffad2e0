"""What the municipalities have set, as the ledger reads it."""

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from ledger.tasks.outbound_events import AnswerPolicy
from models.calendar import COPENHAGEN, add_working_days, copenhagen_date
from models.eligibility.succession import NO_SUCCESSION, Succession
from models.notifications.delivery import Channel
from models.tasks.reminders import ReminderPolicy

_AT_LEAST = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What the municipalities have set."""

    react_by_days: Callable[[str, date], int]
    """Working days until the local target, by unit and the date on which the message arrived."""
    addresses: Callable[[str, Channel, date], Sequence[str]]
    """Where a unit is told, by channel and the date on which the task's first message arrived, so that a rebuild
    finds the same."""
    days_off: Container[date]
    answers: AnswerPolicy = field(default_factory=AnswerPolicy)
    """What institutions learn."""
    endpoints: Sequence[tuple[str, str]] = ()
    """Unit and address of every one that is or was to be, so that the ledger can note since when it knows them."""
    steps: ReminderPolicy | None = None
    """What falls due besides; None where nobody is reminded of anything."""
    succession: Succession = NO_SUCCESSION
    """Who speaks for whom."""
    names_nothing_after: timedelta = timedelta(days=3)
    """How long what is taken back may wait for its registration before its sender is told that it names nothing."""

    def react_by(self, unit_id: str, appended_at: datetime) -> date:
        """The local target of a task whose first message the brokers got at the moment."""
        arrived = copenhagen_date(appended_at)
        return add_working_days(arrived, self.react_by_days(unit_id, arrived), self.days_off)


def deadline_of(react_by: date, now: datetime) -> datetime:
    """Until when a notice that is made due now is tried: the end of the task's date, or a day, whichever is later."""
    react_by_ends = datetime.combine(react_by + timedelta(days=1), time(), COPENHAGEN)
    return max(react_by_ends, now + _AT_LEAST)
