"""Until when the facts about a person matter: pure, from match's record, by the same fold as decisions.

A fact that runs holds the person: without a benefit period a later message would be found not to oblige.
A residence runs for ever and holds nobody: without it a message is undecided, and people look.
"""

from dataclasses import dataclass
from datetime import date, datetime

from models.calendar import copenhagen_date
from models.eligibility.facts import fold
from models.eligibility.person_record import PersonRecord


@dataclass(frozen=True, slots=True)
class LastFact:
    """Of one number of a person."""

    day: date | None
    """The end of the last enrolment or benefit period, at least the day of the last word; None: something runs."""
    said_at: datetime
    """When the brokers had the last word."""


def last_fact(record: PersonRecord) -> LastFact | None:
    """None: nothing is known of this number; a gravestone alone is nothing."""
    said = [one.origin.appended_at for one in record.events]
    said += [one.origin.appended_at for one in record.superseded]
    if not said:
        return None
    # Who has succeeded whom is left out: at worst something that has ended is taken to run.
    facts = fold(record.events, record.superseded)
    ends = [one.ended_on for one in facts.enrolments] + [one.valid_to for one in facts.periods]
    last = max(said)
    known = [end for end in ends if end is not None]
    day = None if len(known) < len(ends) else max([copenhagen_date(last), *known])
    return LastFact(day, last)
