"""A new fact, read quickly: most of what match reads states an enrolment, a period or a residence and says no more.

`models.events.person_event` is the format. What is taken here it takes too, and as the same; whatever else it takes
(a message, a field of a later version, what was forwarded) is none here, and the caller asks it instead.
"""

from datetime import date, datetime
from typing import Annotated, Any, ClassVar, Final

from msgspec import DecodeError, Meta, Struct
from msgspec.json import Decoder, Encoder

from models.calendar import FIRST_DATE, LAST_DATE
from models.events.content import SubjectKind
from models.events.contract import BenefitType, EducationType, TargetGroup

_Moment = Annotated[datetime, Meta(tz=True)]
# Python's $ also stands before a line's end.
_Uuid = Annotated[str, Meta(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z")]
_Institution = Annotated[str, Meta(pattern=r"^[0-9]{6}\Z")]
_Municipality = Annotated[str, Meta(pattern=r"^[0-9]{4}\Z")]


class PlainOrigin(Struct, frozen=True, forbid_unknown_fields=True):
    """`models.events.person_event.Origin`."""

    topic: str
    partition: int
    offset: int
    appended_at: _Moment


class _Statement(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind"):
    subject: ClassVar[SubjectKind]
    rank: ClassVar[int] = 0
    """`models.events.subject.rank_of`."""

    @property
    def name(self) -> str:
        """The id of what is stated."""
        raise NotImplementedError

    @property
    def dates(self) -> tuple[date | None, ...]:
        """Of the contract: each in its bounds."""
        raise NotImplementedError

    @property
    def is_in_order(self) -> bool:
        """Whether the dates fit one another."""
        return True


class _Enrolment(_Statement, frozen=True, tag="enrolment.registered"):
    subject = SubjectKind.ENROLMENT
    enrolment_id: _Uuid
    institution_number: _Institution
    education_type: EducationType
    admission_date: date
    study_start: date
    ended_on: date | None = None

    @property
    def name(self) -> str:
        return self.enrolment_id

    @property
    def dates(self) -> tuple[date | None, ...]:
        return (self.admission_date, self.study_start, self.ended_on)


class _CorrectedEnrolment(_Enrolment, frozen=True, tag="enrolment.corrected"):
    rank = 1


class _Period(_Statement, frozen=True, tag="benefit-period.registered"):
    subject = SubjectKind.PERIOD
    period_id: _Uuid
    municipality_code: _Municipality
    benefit_type: BenefitType
    target_group: TargetGroup
    valid_from: date
    valid_to: date | None = None

    @property
    def name(self) -> str:
        return self.period_id

    @property
    def dates(self) -> tuple[date | None, ...]:
        return (self.valid_from, self.valid_to)

    @property
    def is_in_order(self) -> bool:
        return self.valid_to is None or self.valid_from <= self.valid_to


class _CorrectedPeriod(_Period, frozen=True, tag="benefit-period.corrected"):
    rank = 1


class _Residence(_Statement, frozen=True, tag="residence.registered"):
    subject = SubjectKind.RESIDENCE
    residence_id: _Uuid
    municipality_code: _Municipality
    valid_from: date

    @property
    def name(self) -> str:
        return self.residence_id

    @property
    def dates(self) -> tuple[date | None, ...]:
        return (self.valid_from,)


class PlainFact(Struct, frozen=True, forbid_unknown_fields=True):
    """`models.events.person_event.PersonEvent` where it states a fact, came straight from intake and has no seal."""

    person_id: str
    sender: str
    event_id: _Uuid
    registered_at: _Moment
    origin: PlainOrigin
    fingerprint: str
    content: _Enrolment | _CorrectedEnrolment | _Period | _CorrectedPeriod | _Residence
    fingerprint_utc: str | None = None


_READ: Final[Decoder[Any]] = Decoder(PlainFact)


def read_plain_fact(value: bytes) -> PlainFact | None:
    """The fact in a record of ``person-events``; None where `PersonEvent` must say what it is."""
    try:
        fact: PlainFact = _READ.decode(value)
    except DecodeError:
        return None
    content = fact.content
    is_sound = content.is_in_order and all(
        day is None or FIRST_DATE <= day <= LAST_DATE for day in content.dates
    )
    return fact if is_sound else None


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


def applied_entry(fact: PlainFact, offset: int) -> bytes:
    """`models.events.receipt.AppliedEntry` of a fact that was applied at `offset` and has changed no decision."""
    origin, content = fact.origin, fact.content
    subject = _Subject(
        content.subject,
        content.name,
        fact.sender,
        fact.event_id,
        fact.registered_at,
        content.rank,
        origin.appended_at,
    )
    return _WRITE.encode(
        _Entry(offset, origin.topic, origin.partition, origin.offset, fact.person_id, 0, subject)
    )
