"""What is kept for how long, class by class, and when a person's data may go. Pure: the day is an argument.

A person goes whole, when the last of what is held about them has ended: one cut-off by which everything can be
forgotten again needs that (docs/decisions/0060). What is about no single person goes row by row.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from hashlib import blake2b
from typing import Final

from models.calendar import add_months, copenhagen_date

NOTICE: Final = timedelta(days=7)
"""Between a person's look at a plan and the first night that deletes by it: time to take it back."""
LATE_AFTER: Final = timedelta(days=14)
"""A week of notice and a week of nights. What is still there then rings."""


class RetentionClass(StrEnum):
    """The classes, all of them; each has rows in ``retention.csv``."""

    OBLIGED = "obliged"
    """A case: a task with its messages, acts, steps and notices."""
    NOT_OBLIGED = "not_obliged"
    UNDECIDED = "undecided"
    FACTS = "facts"
    """Enrolments, benefit periods and residences, and that somebody has said something of the person at all."""
    RECEIPTS = "receipts"
    MORNING_MAILS = "morning_mails"
    CHANNEL_NOTICES = "channel_notices"
    """Mails that a webhook was switched off; they are about no task."""
    QUARANTINE = "quarantine"
    TRAIL = "trail"
    REQUESTS = "erasure_requests"
    SESSIONS = "sessions"


class CountedFrom(StrEnum):
    """From which event the months of a class are counted."""

    CLOSING = "closing"
    """The day on which the case was closed or withdrawn."""
    ARRIVAL = "arrival"
    """The day on which the brokers had it."""
    LAST_FACT = "last_fact"
    """The end of the last enrolment or benefit period; not before the last word about the person."""
    DAY = "day"
    """Its own day: of a morning, a line of the trail, a decision of a person."""
    END = "end"
    """The day on which it was over."""


COUNTED_FROM: Final[Mapping[RetentionClass, CountedFrom]] = {
    RetentionClass.OBLIGED: CountedFrom.CLOSING,
    RetentionClass.NOT_OBLIGED: CountedFrom.ARRIVAL,
    RetentionClass.UNDECIDED: CountedFrom.ARRIVAL,
    RetentionClass.FACTS: CountedFrom.LAST_FACT,
    RetentionClass.RECEIPTS: CountedFrom.ARRIVAL,
    RetentionClass.MORNING_MAILS: CountedFrom.DAY,
    RetentionClass.CHANNEL_NOTICES: CountedFrom.DAY,
    RetentionClass.QUARANTINE: CountedFrom.DAY,
    RetentionClass.TRAIL: CountedFrom.DAY,
    RetentionClass.REQUESTS: CountedFrom.END,
    RetentionClass.SESSIONS: CountedFrom.END,
}
"""What the code counts from. A table that says otherwise is refused: it would promise what nothing does."""
LEAST_MONTHS: Final[Mapping[RetentionClass, int]] = {
    # The auditor holds them against topics that are kept for 365 days, by whole segments.
    RetentionClass.RECEIPTS: 14,
    # A message obliges within six months of study start, and looks 62 days back for a benefit.
    RetentionClass.FACTS: 9,
}
"""Below this the service itself would lack what it needs."""
OF_A_PERSON: Final = frozenset(
    {RetentionClass.OBLIGED, RetentionClass.NOT_OBLIGED, RetentionClass.UNDECIDED, RetentionClass.FACTS}
)
"""They go with the person, by an erasure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionRule:
    """What holds for a class on a day."""

    of: RetentionClass
    months: int
    archive_first: bool
    """Whether each case must have been journalised before."""
    authorisation: str | None
    """By what the controller may delete: Rigsarkivet's rule, or why none is needed. None: nothing is deleted."""
    valid_from: date

    @property
    def version(self) -> str:
        """A name that another rule never has: whoever has accepted this one has accepted no other."""
        said = f"{self.of}|{self.months}|{self.archive_first}|{self.authorisation}|{self.valid_from}"
        return f"{self.of}-{blake2b(said.encode(), digest_size=4).hexdigest()}"

    def over(self, since: date) -> date:
        """The first day on which what began to count on `since` may go."""
        return add_months(since, self.months)

    def counted_before(self, today: date) -> date:
        """What began to count before this day may go `today`; never later than `over` says."""
        return add_months(today, -self.months)


RetentionRules = Mapping[RetentionClass, RetentionRule]


class HeldBack(StrEnum):
    """Why what is past its time stays."""

    ON_HOLD = "on_hold"
    OPEN_TASK = "open_task"
    NOT_JOURNALISED = "not_journalised"
    NO_AUTHORISATION = "no_authorisation"
    NOT_ACCEPTED = "not_accepted"
    """Nobody has looked at the plan of this rule."""
    WEEK = "week"
    """Somebody has, less than a week ago."""


GOOD_REASONS: Final = frozenset({HeldBack.ON_HOLD, HeldBack.OPEN_TASK})
"""What may stay past its time without anybody having left something undone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetainedCase:
    """A task, as far as it matters here."""

    reference: str
    ended_on: date | None
    """None: it is open."""
    journalised: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RetainedPerson:
    """One person under all numbers."""

    people: tuple[str, ...]
    last_fact: date
    last_said: datetime
    """When the brokers had the last of what is known. An erasure by retention reaches no further."""
    cases: tuple[RetainedCase, ...] = ()
    not_obliged: date | None = None
    """Arrival of the last message that did not oblige; None: there is none."""
    undecided: date | None = None
    on_hold: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonDue:
    """A person whose time is over."""

    person: RetainedPerson
    of: RetentionClass
    """The class that has ended last."""
    since: date
    rules: tuple[RetentionRule, ...]
    """All that had to end: each must be one that may be carried out."""
    held: frozenset[HeldBack]


def judge(person: RetainedPerson, rules: RetentionRules, today: date) -> PersonDue | None:
    """Whether the person's time is over `today`, by which class, and what holds it back; None: it is not over.

    An open case has no end; it holds back what would be over without it.
    """
    parts = list(_parts(person))
    since, of = max((rules[of].over(day), of) for of, day in parts)
    if since > today:
        return None
    named = {of for of, _ in parts} | ({RetentionClass.OBLIGED} if person.cases else set())
    held = set()
    if person.on_hold:
        held.add(HeldBack.ON_HOLD)
    if any(case.ended_on is None for case in person.cases):
        held.add(HeldBack.OPEN_TASK)
    if rules[RetentionClass.OBLIGED].archive_first and any(not case.journalised for case in person.cases):
        held.add(HeldBack.NOT_JOURNALISED)
    return PersonDue(
        person=person,
        of=of,
        since=since,
        rules=tuple(rules[name] for name in sorted(named)),
        held=frozenset(held),
    )


def _parts(person: RetainedPerson) -> Iterator[tuple[RetentionClass, date]]:
    yield RetentionClass.FACTS, max(person.last_fact, copenhagen_date(person.last_said))
    for case in person.cases:
        if case.ended_on is not None:
            yield RetentionClass.OBLIGED, case.ended_on
    if person.not_obliged is not None:
        yield RetentionClass.NOT_OBLIGED, person.not_obliged
    if person.undecided is not None:
        yield RetentionClass.UNDECIDED, person.undecided


def objection(rule: RetentionRule, accepted_at: datetime | None, now: datetime) -> HeldBack | None:
    """Why nothing may be deleted by `rule` yet. `accepted_at`: when somebody had first seen its plan."""
    if rule.authorisation is None:
        return HeldBack.NO_AUTHORISATION
    if accepted_at is None:
        return HeldBack.NOT_ACCEPTED
    return HeldBack.WEEK if now - accepted_at < NOTICE else None


def is_late(since: date, held: Iterable[HeldBack], today: date) -> bool:
    """Whether what may go since then should be gone `today`."""
    return today - since > LATE_AFTER and GOOD_REASONS.isdisjoint(held)
