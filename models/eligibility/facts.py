"""What is known of a person: events folded by registration time, so that order of arrival never matters."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Protocol, assert_never

from models.events.contract import BenefitType, EducationType, TargetGroup
from models.events.event_types import (
    BenefitAnnulment,
    BenefitPeriodVersion,
    EnrolmentEnd,
    EnrolmentVersion,
    NumberChange,
    PersonJoined,
    RefusedDuplicate,
    Residence,
    Risk,
    Withdrawal,
)
from models.events.person_event import Origin, PersonEvent


@dataclass(frozen=True, slots=True)
class Enrolment:
    """An enrolment as last registered."""

    enrolment_id: str
    institution_number: str
    education_type: EducationType
    admission_date: date
    study_start: date
    ended_on: date | None


@dataclass(frozen=True, slots=True)
class BenefitPeriod:
    """A benefit period as last registered; `valid_to` is its last day."""

    period_id: str
    benefit_type: BenefitType
    target_group: TargetGroup
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class Home:
    """A residence from a date on, until the next one begins."""

    residence_id: str
    municipality_code: str
    valid_from: date
    registered_at: datetime
    appended: tuple[datetime, str, int, int]
    """`models.events.person_event.Origin.order`."""


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is in force about one person."""

    enrolments: tuple[Enrolment, ...] = ()
    periods: tuple[BenefitPeriod, ...] = ()
    homes: tuple[Home, ...] = ()
    messages: tuple[PersonEvent, ...] = ()
    withdrawn: frozenset[tuple[str, str]] = frozenset()
    refused: frozenset[tuple[str, int, int]] = frozenset()

    def home_on(self, day: date) -> Home | None:
        """The residence in force on `day`; of two from the same date, the one registered last, then appended last."""
        begun = [home for home in self.homes if home.valid_from <= day]
        if not begun:
            return None
        return max(begun, key=lambda home: (home.valid_from, home.registered_at, home.appended))


@dataclass(slots=True)
class _Fold:
    enrolments: dict[tuple[str, str], Enrolment] = field(default_factory=dict)
    periods: dict[tuple[str, str], BenefitPeriod] = field(default_factory=dict)
    homes: dict[tuple[str, str], Home] = field(default_factory=dict)
    messages: list[PersonEvent] = field(default_factory=list)
    withdrawn: set[tuple[str, str]] = field(default_factory=set)

    def add(self, event: PersonEvent) -> None:
        """Take in the next event by registration time; a later one replaces what an earlier one said."""
        match event.content:
            case EnrolmentVersion() as enrolment:
                self.enrolments[event.sender, enrolment.enrolment_id] = Enrolment(
                    enrolment.enrolment_id,
                    enrolment.institution_number,
                    enrolment.education_type,
                    enrolment.admission_date,
                    enrolment.study_start,
                    enrolment.ended_on,
                )
            case EnrolmentEnd() as end:
                known = self.enrolments.get((event.sender, end.enrolment_id))
                if known is not None:
                    self.enrolments[event.sender, end.enrolment_id] = replace(known, ended_on=end.ended_on)
            case BenefitPeriodVersion() as period:
                self.periods[event.sender, period.period_id] = BenefitPeriod(
                    period.period_id,
                    period.benefit_type,
                    period.target_group,
                    period.valid_from,
                    period.valid_to,
                )
            case BenefitAnnulment() as annulment:
                self.periods.pop((event.sender, annulment.period_id), None)
            case Residence() as home:
                self.homes[event.sender, home.residence_id] = Home(
                    home.residence_id,
                    home.municipality_code,
                    home.valid_from,
                    event.registered_at,
                    event.origin.order,
                )
            case Withdrawal() as withdrawal:
                self.withdrawn.add((event.sender, withdrawal.message_id))
            case Risk():
                self.messages.append(event)
            case RefusedDuplicate() | NumberChange() | PersonJoined():
                pass
            case _:
                assert_never(event.content)


def by_registration(event: PersonEvent) -> tuple[datetime, int, tuple[datetime, str, int, int]]:
    """The order in which events count.

    Of one moment a registration comes first, then what corrects it, then what ends or annuls it: a system that stores
    whole seconds registers and corrects in one. After that the brokers' order counts, and never an id made by chance.
    """
    return (event.registered_at, _within_a_moment(event), event.origin.order)


def _within_a_moment(event: PersonEvent) -> int:
    match event.content:
        case EnrolmentEnd() | BenefitAnnulment():
            return 2
        case (
            EnrolmentVersion(kind="enrolment.corrected")
            | BenefitPeriodVersion(kind="benefit-period.corrected")
        ):
            return 1
        case _:
            return 0


def refusals(events: Iterable[PersonEvent]) -> frozenset[tuple[str, int, int]]:
    """The places of the records that the ledger has refused: their id came first about another person."""
    return frozenset(
        (event.content.topic, event.content.partition, event.content.offset)
        for event in events
        if isinstance(event.content, RefusedDuplicate)
    )


class Identified(Protocol):
    """What tells two events with one id apart."""

    @property
    def identity(self) -> tuple[str, str]:
        """Sender and id."""

    @property
    def origin(self) -> Origin:
        """Where its record stands."""


def conflicts(events: Iterable[Identified]) -> frozenset[tuple[str, int, int]]:
    """The places of records whose id their sender used earlier, by the brokers' time, for other content."""
    first: dict[tuple[str, str], Identified] = {}
    losers = set()
    for event in sorted(events, key=lambda event: event.origin.order):
        if first.setdefault(event.identity, event) is not event:
            losers.add(event.origin.place)
    return frozenset(losers)


def fold(events: Iterable[PersonEvent], superseded: Iterable[Identified] = ()) -> Facts:
    """What is in force when all of `events` are known; any permutation gives the same.

    `superseded`: events whose content no longer counts, and whose ids do.
    """
    known = tuple(events)
    refused = refusals(known) | conflicts((*known, *superseded))
    state = _Fold()
    for event in sorted(known, key=by_registration):
        if event.origin.place not in refused:
            state.add(event)
    return Facts(
        enrolments=tuple(state.enrolments[key] for key in sorted(state.enrolments)),
        periods=tuple(state.periods[key] for key in sorted(state.periods)),
        homes=tuple(state.homes[key] for key in sorted(state.homes)),
        messages=(*state.messages, *_refused_messages(known, refused, state.messages)),
        withdrawn=frozenset(state.withdrawn),
        refused=refused,
    )


def _refused_messages(
    events: tuple[PersonEvent, ...],
    refused: frozenset[tuple[str, int, int]],
    in_force: list[PersonEvent],
) -> tuple[PersonEvent, ...]:
    """Messages that are refused and have no namesake in force: each still needs a decision that says so."""
    named = {message.identity for message in in_force}
    shown: dict[tuple[str, str], PersonEvent] = {}
    for event in sorted(events, key=lambda event: event.origin.order):
        if isinstance(event.content, Risk) and event.origin.place in refused and event.identity not in named:
            shown.setdefault(event.identity, event)
    return tuple(shown.values())
