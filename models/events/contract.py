"""The data of every event that a sender may send: the public contract, version 1. Version 2: `sealed_contract`.

``time`` of the CloudEvent is the registration time (registrering); dates here are effect times (virkning).
On the wire `cpr` is a JWE to the service's key. A plain event, before it is sealed, has this form in either version.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Self

from pydantic import AwareDatetime, BeforeValidator, Field, StringConstraints, WithJsonSchema, model_validator

from models.base import Frozen
from models.calendar import FIRST_DATE, LAST_DATE
from models.rfc3339 import PATTERN, read_moment

_UUID = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
_IS_UUID = re.compile(_UUID[1:-1]).fullmatch
Uuid = Annotated[str, StringConstraints(pattern=_UUID), Field(description="UUID in lower case")]
InstitutionCode = Annotated[
    str, StringConstraints(pattern=r"^[0-9]{6}$"), Field(description="Institution number")
]
Municipality = Annotated[
    str, StringConstraints(pattern=r"^[0-9]{4}$"), Field(description="Municipality code")
]
_DATE = re.compile(r"(199\d|20\d\d|2100)-\d\d-\d\d", re.ASCII)


def is_uuid(text: str) -> bool:
    """Whether `text` is an id of the contract."""
    return _IS_UUID(text) is not None


def _whole(value: object) -> object:
    """``28.0`` is an integer: JSON has one kind of number, and JSON Schema says so (validation, 6.1.1)."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


WHOLE = BeforeValidator(_whole)
"""Stands behind the bounds, which would not be in the schema otherwise."""


def _date(value: object) -> object:
    """Only ``YYYY-MM-DD``: pydantic reads other digits as seconds since 1970, against the schema."""
    if isinstance(value, date):
        return value
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        raise ValueError("not a date (YYYY-MM-DD)")
    return date.fromisoformat(value)


def _moment(value: object) -> object:
    """Only RFC 3339 with offset, for the same reason."""
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str):
        raise ValueError("not an RFC 3339 moment with offset")
    return read_moment(value)


LegalDate = Annotated[
    date,
    BeforeValidator(_date),
    WithJsonSchema({"type": "string", "format": "date", "pattern": f"^{_DATE.pattern}$"}),
    Field(
        ge=FIRST_DATE,
        le=LAST_DATE,
        description="A date in Europe/Copenhagen, from 1990 to 2100",
    ),
]
Moment = Annotated[
    AwareDatetime,
    BeforeValidator(_moment),
    WithJsonSchema({"type": "string", "format": "date-time", "pattern": f"^{PATTERN}$"}),
    Field(description="RFC 3339 with offset, from 1990 to 2099"),
]


class EducationType(StrEnum):
    """Types of education; whether the duty covers one is dated data (``config/data/education_types.csv``)."""

    EUD = "eud"
    EUX = "eux"
    STX = "stx"
    HHX = "hhx"
    HTX = "htx"
    HF = "hf"
    HF_ENKELTFAG = "hf_enkeltfag"
    """Single subjects of HF: neither law nor practice that was read says whether they are covered."""
    KVU = "kvu"
    MVU = "mvu"
    LVU = "lvu"
    AVU = "avu"
    FVU = "fvu"
    FGU = "fgu"
    STU = "stu"
    """Education for young people with special needs (*særligt tilrettelagt ungdomsuddannelse*)."""


class BenefitType(StrEnum):
    """The benefit that a period is about."""

    UDDANNELSESHJAELP = "uddannelseshjaelp"
    OVERGANGSYDELSE = "overgangsydelse"
    """Stands beside uddannelseshjælp in LAB § 6 nr. 4 and 5."""
    DAGPENGE = "dagpenge"
    """LAB § 6 nr. 1. Under 25 with an order (*uddannelsespålæg*) the group is `uddannelsespaalaeg_under_25`."""
    KONTANTHJAELP = "kontanthjaelp"
    OTHER = "other"


class TargetGroup(StrEnum):
    """The group that the municipality has placed the person in (visitation)."""

    UDDANNELSESPARAT = "uddannelsesparat"
    AABENLYST_UDDANNELSESPARAT = "aabenlyst_uddannelsesparat"
    AKTIVITETSPARAT_UNDER_30 = "aktivitetsparat_under_30"
    AKTIVITETSPARAT_FROM_30 = "aktivitetsparat_from_30"
    JOBPARAT = "jobparat"
    UDDANNELSESPAALAEG_UNDER_25 = "uddannelsespaalaeg_under_25"
    """On dagpenge, under 25, and ordered to take an education."""
    OTHER = "other"


class Signal(StrEnum):
    """What the institution has seen, coded; health belongs in no field."""

    ABSENCE = "absence"
    MISSED_ASSIGNMENTS = "missed_assignments"
    LOW_RESULTS = "low_results"
    WELLBEING = "wellbeing"
    WISHES_TO_LEAVE = "wishes_to_leave"
    LOST_CONTACT = "lost_contact"
    OTHER = "other"


class Severity(StrEnum):
    """How urgent the institution finds it; it changes no deadline."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class EndReason(StrEnum):
    """Why an enrolment ended."""

    COMPLETED = "completed"
    DROPPED_OUT = "dropped_out"
    TRANSFERRED = "transferred"
    OTHER = "other"


class WithdrawalReason(StrEnum):
    """Why an institution takes a message back."""

    RAISED_BY_MISTAKE = "raised_by_mistake"
    WRONG_PERSON = "wrong_person"
    RISK_OVER = "risk_over"


class EnrolmentFields(Frozen):
    """An enrolment as the institution has registered it, whole; a correction replaces all of it."""

    enrolment_id: Uuid
    institution_number: InstitutionCode
    education_type: EducationType
    admission_date: LegalDate = Field(
        description="Admission (optagelse): six months to take up the mentor right run from here"
    )
    study_start: LegalDate = Field(description="First day of study: the six months of the duty run from here")
    ended_on: LegalDate | None = Field(
        default=None, description="Last day of the enrolment, where it has ended"
    )


class EnrolmentEndFields(Frozen):
    """The end of an enrolment."""

    enrolment_id: Uuid
    institution_number: InstitutionCode
    ended_on: LegalDate = Field(description="Last day of the enrolment")
    reason: EndReason


class BenefitPeriodFields(Frozen):
    """A period of one benefit in one target group, whole; a correction replaces all of it."""

    period_id: Uuid
    municipality_code: Municipality
    benefit_type: BenefitType
    target_group: TargetGroup
    valid_from: LegalDate = Field(description="First day of the period")
    valid_to: LegalDate | None = Field(default=None, description="Last day of the period; open while absent")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise ValueError("valid_to is before valid_from")
        return self


class BenefitAnnulmentFields(Frozen):
    """A period that never was."""

    period_id: Uuid
    municipality_code: Municipality


class ResidenceFields(Frozen):
    """Where a person lives from a date on; a later registration of the same id replaces it."""

    residence_id: Uuid
    municipality_code: Municipality
    valid_from: LegalDate


class RiskFields(Frozen):
    """A message (underretning) that a student is at risk of dropping out, without what is sealed."""

    institution_number: InstitutionCode
    seen_at: Moment = Field(description="When the institution saw the risk (virkning)")
    signals: Annotated[tuple[Signal, ...], Field(min_length=1, max_length=7)]
    severity: Severity
    absence_percentage: Annotated[int, Field(ge=0, le=100), WHOLE] | None = None


class ContactPerson(Frozen):
    """Whom the unit can call at the institution."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    phone: Annotated[str, StringConstraints(pattern=r"^\+?[0-9 ]{8,20}$")] | None = None
    email: Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+$", max_length=254)] | None = None


class WithdrawalFields(Frozen):
    """The institution takes a message back."""

    institution_number: InstitutionCode
    message_id: Uuid = Field(description="The id of the CloudEvent that raised the risk")
    reason: WithdrawalReason


RiskText = Annotated[str, StringConstraints(max_length=500)]


class AboutPerson(Frozen):
    """Every event is about one person."""

    cpr: Annotated[
        str,
        StringConstraints(min_length=10, max_length=2000),
        Field(description="JWE compact (ECDH-ES, X25519, A256GCM) of the ten digits, to the service's key"),
    ]


class EnrolmentData(EnrolmentFields, AboutPerson):
    """Data of ``enrolment.registered`` and ``enrolment.corrected``."""


class EnrolmentEndData(EnrolmentEndFields, AboutPerson):
    """Data of ``enrolment.ended``."""


class BenefitPeriodData(BenefitPeriodFields, AboutPerson):
    """Data of ``benefit-period.registered`` and ``benefit-period.corrected``."""


class BenefitAnnulmentData(BenefitAnnulmentFields, AboutPerson):
    """Data of ``benefit-period.annulled``."""


class ResidenceData(ResidenceFields, AboutPerson):
    """Data of ``residence.registered``."""


def free_texts(text: str | None, contact: ContactPerson | None) -> Iterator[tuple[str, str]]:
    """Each field in which somebody has written freely, by its name. A phone number may have ten digits."""
    if text is not None:
        yield "text", text
    if contact is not None:
        yield "contact.name", contact.name
        if contact.email is not None:
            yield "contact.email", contact.email


class RiskData(RiskFields, AboutPerson):
    """Data of ``dropout-risk.raised``."""

    text: RiskText | None = Field(
        default=None, description="Short text for the unit. No health information; sealed at intake"
    )
    contact: ContactPerson | None = None


class WithdrawalData(WithdrawalFields, AboutPerson):
    """Data of ``dropout-risk.withdrawn``."""
