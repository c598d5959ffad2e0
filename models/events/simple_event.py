"""An event, read quickly: most of what match reads is a message, or states an enrolment, a period or a residence.

`models.events.person_event` is the format. What is taken here it takes too, and as the same; whatever else it takes
(an annulment, a field of a later version, what was forwarded) is none here, and the caller asks it instead.
"""

from datetime import date, datetime
from typing import Annotated, Any, ClassVar, Final

from msgspec import Meta, Raw, Struct, field
from msgspec.json import Decoder, Encoder

from models.calendar import FIRST_DATE, LAST_DATE
from models.events.content import SubjectKind
from models.events.contract import BenefitType, EducationType, Severity, Signal, TargetGroup, is_uuid
from models.events.person_event import Origin, PersonEvent
from models.quick_reader import AwareMoment, decoded, is_finer
from models.rfc3339 import read_moment


class SimpleOrigin(Struct, frozen=True, forbid_unknown_fields=True):
    """`models.events.person_event.Origin`."""

    topic: str
    partition: int
    offset: int
    appended_at: AwareMoment

    @property
    def order(self) -> tuple[datetime, str, int, int]:
        """As of `models.events.person_event.Origin`."""
        return (self.appended_at, self.topic, self.partition, self.offset)

    @property
    def place(self) -> tuple[str, int, int]:
        """As of `models.events.person_event.Origin`."""
        return (self.topic, self.partition, self.offset)


class _Statement(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind"):
    subject: ClassVar[SubjectKind]
    rank: ClassVar[int] = 0
    """`models.events.subject.rank_of`."""

    @property
    def name(self) -> str:
        """The id of what is stated."""
        raise NotImplementedError

    @property
    def is_sound(self) -> bool:
        """Whether the contract takes it. Conditions of the library's own are a search by Python for each field."""
        raise NotImplementedError


class SimpleEnrolment(_Statement, frozen=True, tag="enrolment.registered"):
    """`models.events.content.EnrolmentVersion`."""

    subject = SubjectKind.ENROLMENT
    enrolment_id: str
    institution_number: str
    education_type: EducationType
    admission_date: date
    study_start: date
    ended_on: date | None = None

    @property
    def name(self) -> str:
        return self.enrolment_id

    @property
    def is_sound(self) -> bool:
        return (
            _is_number(self.institution_number, 6)
            and _is_date(self.admission_date)
            and _is_date(self.study_start)
            and (self.ended_on is None or _is_date(self.ended_on))
            and is_uuid(self.enrolment_id)
        )


class _CorrectedEnrolment(SimpleEnrolment, frozen=True, tag="enrolment.corrected"):
    rank = 1


class SimplePeriod(_Statement, frozen=True, tag="benefit-period.registered"):
    """`models.events.content.BenefitPeriodVersion`."""

    subject = SubjectKind.PERIOD
    period_id: str
    municipality_code: str
    benefit_type: BenefitType
    target_group: TargetGroup
    valid_from: date
    valid_to: date | None = None

    @property
    def name(self) -> str:
        return self.period_id

    @property
    def is_sound(self) -> bool:
        return (
            _is_number(self.municipality_code, 4)
            and _is_date(self.valid_from)
            and (self.valid_to is None or self.valid_from <= self.valid_to <= LAST_DATE)
            and is_uuid(self.period_id)
        )


class _CorrectedPeriod(SimplePeriod, frozen=True, tag="benefit-period.corrected"):
    rank = 1


class SimpleResidence(_Statement, frozen=True, tag="residence.registered"):
    """`models.events.content.Residence`."""

    subject = SubjectKind.RESIDENCE
    residence_id: str
    municipality_code: str
    valid_from: date

    @property
    def name(self) -> str:
        return self.residence_id

    @property
    def is_sound(self) -> bool:
        return (
            _is_number(self.municipality_code, 4) and _is_date(self.valid_from) and is_uuid(self.residence_id)
        )


class SimpleRisk(_Statement, frozen=True, tag="dropout-risk.raised"):
    """`models.events.content.Risk`."""

    subject = SubjectKind.MESSAGE
    institution_number: str
    seen: str = field(name="seen_at")
    """A moment of the contract: msgspec would take others, too."""
    signals: Annotated[tuple[Signal, ...], Meta(min_length=1, max_length=7)]
    severity: Severity
    absence_percentage: Annotated[int, Meta(ge=0, le=100)] | None = None

    @property
    def seen_at(self) -> datetime:
        """When the institution saw the risk."""
        return read_moment(self.seen)

    @property
    def is_sound(self) -> bool:
        try:
            read_moment(self.seen)
        except ValueError:
            return False
        return _is_number(self.institution_number, 6)


class SimpleEvent(Struct, frozen=True, forbid_unknown_fields=True):
    """`models.events.person_event.PersonEvent` where it came straight from intake, and only a message has a seal."""

    person_id: str
    sender: str
    event_id: str
    registered_at: AwareMoment
    origin: SimpleOrigin
    fingerprint: str
    content: (
        SimpleEnrolment | _CorrectedEnrolment | SimplePeriod | _CorrectedPeriod | SimpleResidence | SimpleRisk
    )
    fingerprint_utc: str | None = None
    sealed: str | None = None

    @property
    def identity(self) -> tuple[str, str]:
        """As of `PersonEvent`."""
        return (self.sender, self.event_id)

    @property
    def is_message(self) -> bool:
        """Whether something must be decided of it."""
        return isinstance(self.content, SimpleRisk)

    @property
    def risk(self) -> SimpleRisk:
        """What a message says; raises `TypeError` for every other event."""
        if not isinstance(self.content, SimpleRisk):
            raise TypeError("only a message has a risk")
        return self.content

    @property
    def subject_name(self) -> str:
        """The id of what it is about."""
        return self.event_id if self.is_message else self.content.name


KnownEvent = PersonEvent | SimpleEvent
"""An event, whichever way it was read."""
KnownOrigin = Origin | SimpleOrigin
"""Likewise."""
_READ: Final[Decoder[Any]] = Decoder(SimpleEvent)


def read_simple_event(value: bytes) -> SimpleEvent | None:
    """The event in a record of ``person-events``; None where `PersonEvent` must say what it is."""
    event = read_known_event(value)
    if (
        event is None
        or not is_uuid(event.event_id)
        or not event.content.is_sound
        or not (event.sealed is None or event.is_message)
        or is_finer(value)
    ):
        return None
    return event


def read_known_event(value: bytes | Raw) -> SimpleEvent | None:
    """The same of an event in a person's record, which `PersonEvent` or `read_simple_event` has taken before."""
    event: SimpleEvent | None = decoded(_READ, value)
    return event


def _is_number(text: str, digits: int) -> bool:
    return len(text) == digits and text.isascii() and text.isdigit()


def _is_date(day: date) -> bool:
    return FIRST_DATE <= day <= LAST_DATE


class _Subject(Struct, frozen=True):
    kind: SubjectKind
    name: str
    sender: str
    event_id: str
    registered_at: datetime
    rank: int
    appended_at: datetime


class _Entry(Struct, frozen=True):
    offset: int
    origin_topic: str
    origin_partition: int
    origin_offset: int
    person_id: str
    changed: int
    subject: _Subject


_WRITE: Final = Encoder()


def applied_entry(event: SimpleEvent, offset: int, changed: int) -> bytes:
    """`models.events.receipt.AppliedEntry` of an event that was applied at `offset` and counts."""
    origin, content = event.origin, event.content
    subject = _Subject(
        content.subject,
        event.subject_name,
        event.sender,
        event.event_id,
        event.registered_at,
        content.rank,
        origin.appended_at,
    )
    return _WRITE.encode(
        _Entry(offset, origin.topic, origin.partition, origin.offset, event.person_id, changed, subject)
    )
