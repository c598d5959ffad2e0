"""Further messages of an open task in one mail: the first at once, those after it when the time is over. Pure.

Nothing is lost by it: the task and its page hold each message, and the mail that is sent speaks of all of them.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Final

from models.notifications.delivery import Channel, Occasion
from notifiers.due_delivery import Due
from notifiers.supersede import Superseded

Gathering = Callable[[str, date], timedelta]
"""(unit, day) → for how long its further messages are gathered; none: each is told at once."""


def told_at_once(_unit: str, _day: date) -> timedelta:
    """No gathering."""
    return timedelta(0)


MARGIN: Final = timedelta(hours=1)
"""Between the end of the waiting and the deadline, for the poll and some attempts; of a shorter wait a tenth of it."""


def gather(due: Due, now: datetime, wait: timedelta) -> Superseded | datetime | None:
    """Why a due mail is not sent, or until when it waits; None: it goes now.

    A mail that was tried is finished, whatever else has come. One that would come near its deadline does not wait.
    """
    if (
        due.channel is not Channel.EMAIL
        or due.occasion is not Occasion.MORE_MESSAGES
        or due.frozen is not None
    ):
        return None
    if not wait:
        return None
    if due.is_followed:
        return Superseded.GATHERED
    if due.told_at is None:
        return None
    until = due.told_at + wait
    return until if now < until <= due.deadline - min(MARGIN, wait / 10) else None
