"""Somebody is away, and a colleague looks after the tasks meanwhile: who may say so, for how long, who it is on a day.

Nothing of the duty moves: the task stays with its unit, its owner and its date.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

LONGEST: Final = timedelta(days=366)


class StandInRefusal(StrEnum):
    """Why a stand-in cannot be named so."""

    NOT_A_COLLEAGUE = "not_a_colleague"
    """One of the two has not logged in for the unit."""
    SAME_PERSON = "same_person"
    NOT_YOURS = "not_yours"
    """Only the person who is away says so, or a manager of the unit."""
    ENDS_BEFORE = "ends_before"
    HAS_PASSED = "has_passed"
    TOO_LONG = "too_long"


@dataclass(frozen=True, slots=True, kw_only=True)
class StandIn:
    """One absence from one unit, both days included."""

    id: UUID
    unit_id: str
    user_id: str
    user_name: str
    stand_in_id: str
    stand_in_name: str
    first_day: date
    last_day: date
    set_at: datetime

    def covers(self, day: date) -> bool:
        """Whether the person is away then."""
        return self.first_day <= day <= self.last_day


def refuse_days(first: date, last: date, *, today: date) -> StandInRefusal | None:
    """None: the days can be chosen. They may have begun: nobody plans to fall ill."""
    if last < first:
        return StandInRefusal.ENDS_BEFORE
    if last < today:
        return StandInRefusal.HAS_PASSED
    return StandInRefusal.TOO_LONG if last - first > LONGEST else None


def may_set(user_id: str, *, by: str, manages: bool) -> bool:
    """The person who is away, or a manager of the unit; the same for ending it early."""
    return manages or user_id == by


def standing_in(found: Iterable[StandIn], *, on: date) -> dict[tuple[str, str], StandIn]:
    """By unit and person, who is away on a day. Of two for one person the one that was set last counts."""
    by_age = sorted((one for one in found if one.covers(on)), key=lambda one: (one.set_at, one.id))
    return {(one.unit_id, one.user_id): one for one in by_age}
