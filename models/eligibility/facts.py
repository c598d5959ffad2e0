"""What is known of a person: events folded by registration time, so that order of arrival never matters."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final, TypeVar, assert_never, get_args

from msgspec import Struct
from msgspec.structs import replace

from models.calendar import copenhagen_date
from models.eligibility.across_people import NOTHING_ACROSS, AcrossPeople, SubjectKey, across_people
from models.eligibility.conflicts import Identified, conflicts, refusals
from models.eligibility.succession import NO_SUCCESSION, Succession
from models.events.content import (
    BenefitAnnulment,
    BenefitPeriodVersion,
    EnrolmentEnd,
    EnrolmentVersion,
    HandedOver,
    LedgersWord,
    MovedAway,
    NumberChange,
    PersonErased,
    PersonJoined,
    RefusedDuplicate,
    Residence,
    ResidenceAnnulment,
    Risk,
    SubjectKind,
    Withdrawal,
)
from models.events.contract import BenefitType, EducationType, TargetGroup
from models.events.simple_event import (
    KnownEvent,
    SimpleEnrolment,
    SimplePeriod,
    SimpleResidence,
    SimpleRisk,
)
from models.events.subject import Order, order_of, subject_of
from models.reasons import DecisionReason

SubjectT = TypeVar("SubjectT")
_LEDGERS_WORDS: Final = frozenset(get_args(LedgersWord))


class Enrolment(Struct, frozen=True):
    """An enrolment as last registered."""

    enrolment_id: str
    institution_number: str
    education_type: EducationType
    admission_date: date
    study_start: date
    ended_on: date | None


class BenefitPeriod(Struct, frozen=True):
    """A benefit period as last registered; `valid_to` is its last day."""

    period_id: str
    benefit_type: BenefitType
    target_group: TargetGroup
    valid_from: date
    valid_to: date | None


class Home(Struct, frozen=True):
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
    messages: tuple[KnownEvent, ...] = ()
    withdrawn: frozenset[tuple[str, str]] = frozenset()
    refused: frozenset[tuple[str, int, int]] = frozenset()

    came_from: dict[
        tuple[date, frozenset[tuple[BenefitType, TargetGroup]], int],
        tuple[BenefitPeriod | None, DecisionReason | None],
    ] = field(default_factory=dict, init=False, compare=False, repr=False)
    """What `models.eligibility.decide` has found in `periods`: each message of the person asks the same."""
    _homes_in_order: list[Home] = field(default_factory=list, init=False, compare=False, repr=False)

    def home_on(self, day: date) -> Home | None:
        """The residence in force on `day`; of two from the same date, the one registered last, then appended last."""
        ordered = self._homes_in_order
        if len(ordered) < len(self.homes):
            ordered.extend(
                sorted(self.homes, key=lambda home: (home.valid_from, home.registered_at, home.appended))
            )
        begun = bisect_right(ordered, day, key=lambda home: home.valid_from)
        return ordered[begun - 1] if begun else None


@dataclass(slots=True)
class _Fold:
    enrolments: dict[tuple[str, str], Enrolment] = field(default_factory=dict)
    periods: dict[tuple[str, str], BenefitPeriod] = field(default_factory=dict)
    homes: dict[tuple[str, str], Home] = field(default_factory=dict)
    messages: list[KnownEvent] = field(default_factory=list)
    withdrawn: set[tuple[str, str]] = field(default_factory=set)

    def add(self, event: KnownEvent, owner: str) -> None:
        """Take in the next event by registration time; a later one replaces what an earlier one of `owner` said."""
        # A model is slow to say that something is none of it.
        match event.content:
            case SimpleEnrolment() as enrolment:
                self._enrol(owner, enrolment)
            case SimplePeriod() as period:
                self._grant(owner, period)
            case SimpleResidence() as home:
                self._house(owner, home, event)
            case SimpleRisk():
                self.messages.append(event)
            case EnrolmentVersion() as enrolment:
                self._enrol(owner, enrolment)
            case BenefitPeriodVersion() as period:
                self._grant(owner, period)
            case Residence() as home:
                self._house(owner, home, event)
            case Risk():
                self.messages.append(event)
            case EnrolmentEnd() as end:
                known = self.enrolments.get((owner, end.enrolment_id))
                if known is not None:
                    self.enrolments[owner, end.enrolment_id] = replace(known, ended_on=end.ended_on)
            case BenefitAnnulment() as annulment:
                self.periods.pop((owner, annulment.period_id), None)
            case ResidenceAnnulment() as annulled:
                self.homes.pop((owner, annulled.residence_id), None)
            case Withdrawal() as withdrawal:
                # A message of its own under that id is meant, too.
                self.withdrawn |= {(owner, withdrawal.message_id), (event.sender, withdrawal.message_id)}
            case (
                RefusedDuplicate()
                | MovedAway()
                | HandedOver()
                | NumberChange()
                | PersonJoined()
                | PersonErased()
            ):
                pass
            case _:
                assert_never(event.content)

    def _enrol(self, owner: str, said: EnrolmentVersion | SimpleEnrolment) -> None:
        self.enrolments[owner, said.enrolment_id] = Enrolment(
            said.enrolment_id,
            said.institution_number,
            said.education_type,
            said.admission_date,
            said.study_start,
            said.ended_on,
        )

    def _grant(self, owner: str, said: BenefitPeriodVersion | SimplePeriod) -> None:
        self.periods[owner, said.period_id] = BenefitPeriod(
            said.period_id, said.benefit_type, said.target_group, said.valid_from, said.valid_to
        )

    def _house(self, owner: str, said: Residence | SimpleResidence, event: KnownEvent) -> None:
        self.homes[owner, said.residence_id] = Home(
            said.residence_id,
            said.municipality_code,
            said.valid_from,
            event.registered_at,
            event.origin.order,
        )


def fold(
    events: Iterable[KnownEvent],
    superseded: Iterable[Identified] = (),
    succession: Succession = NO_SUCCESSION,
) -> Facts:
    """What is in force when all of `events` are known; any permutation gives the same.

    `superseded`: events whose content no longer counts, and whose ids do.
    """
    known = tuple(events)
    refused = conflicts((*known, *superseded))
    told = NOTHING_ACROSS
    if any(type(event.content) in _LEDGERS_WORDS for event in known):
        refused |= refusals(known)
        told = across_people(known, refused)
    counting = [*known, *told.taken_back]
    if refused:
        counting = [event for event in counting if event.origin.place not in refused]
    state = _Fold()
    ordered = sorted(counting, key=order_of)
    if told is NOTHING_ACROSS and not _has_followers(ordered, succession):
        for event in ordered:
            state.add(event, event.sender)
    else:
        _add_by_owner(state, ordered, told, succession)
    return Facts(
        enrolments=_in_order(state.enrolments),
        periods=_in_order(state.periods),
        homes=_in_order(state.homes),
        messages=(*state.messages, *_refused_messages(known, refused, state.messages)),
        withdrawn=frozenset(state.withdrawn),
        refused=refused,
    )


def _in_order(subjects: Mapping[tuple[str, str], SubjectT]) -> tuple[SubjectT, ...]:
    # Most people have one of a kind.
    return tuple(subjects.values() if len(subjects) == 1 else [subjects[key] for key in sorted(subjects)])


def _has_followers(events: Iterable[KnownEvent], succession: Succession) -> bool:
    """Whether another sender may speak for one of these."""
    return bool(succession.links) and any(event.sender in succession.links for event in events)


def _add_by_owner(
    state: _Fold, events: Sequence[KnownEvent], told: AcrossPeople, succession: Succession
) -> None:
    """As `_Fold.add` of each by its sender, where a subject may be another sender's, or another person's."""
    owner_of = _owners(events, told, succession)
    elsewhere: dict[SubjectKey, Order] = {}
    for (kind, name, sender), order in told.elsewhere.items():
        moved = (kind, name, owner_of(kind, name, sender, None))
        elsewhere[moved] = max(order, elsewhere.get(moved, order))
    for event in events:
        subject = subject_of(event)
        if subject is None:
            continue
        owner = owner_of(subject.kind, subject.name, event.sender, event.origin.appended_at)
        until = elsewhere.get((subject.kind, subject.name, owner))
        # Two messages of one id are no move: of a message the ledger's word says whose it is, and no more.
        if (
            until is None
            or not subject.is_version
            or subject.kind is SubjectKind.MESSAGE
            or order_of(event) >= until
        ):
            state.add(event, owner)


def _owners(
    events: Sequence[KnownEvent], told: AcrossPeople, succession: Succession
) -> Callable[[SubjectKind, str, str, datetime | None], str]:
    """Kind and id of a subject, a sender and when the brokers had its word → whose subject it means. None: at last."""
    if not _has_followers(events, succession):
        return lambda _kind, _name, sender, _moment: sender
    # What an owner registered about another person is no event of this one; the ledger says that it did.
    firsts = dict(told.owned_since)
    for event in events:
        subject = subject_of(event)
        if subject is not None and subject.is_version:
            key: SubjectKey = (subject.kind, subject.name, event.sender)
            day = copenhagen_date(event.origin.appended_at)
            firsts[key] = min(day, firsts.get(key, day))
    return lambda kind, name, sender, moment: succession.owner(
        sender,
        date.max if moment is None else copenhagen_date(moment),
        lambda number: firsts.get((kind, name, number)),
    )


def _refused_messages(
    events: tuple[KnownEvent, ...],
    refused: frozenset[tuple[str, int, int]],
    in_force: list[KnownEvent],
) -> tuple[KnownEvent, ...]:
    """Messages that are refused and have no namesake in force: each still needs a decision that says so."""
    if not refused:
        return ()
    named = {message.identity for message in in_force}
    shown: dict[tuple[str, str], KnownEvent] = {}
    for event in sorted(events, key=lambda event: event.origin.order):
        if (
            isinstance(event.content, Risk | SimpleRisk)
            and event.origin.place in refused
            and event.identity not in named
        ):
            shown.setdefault(event.identity, event)
    return tuple(shown.values())
