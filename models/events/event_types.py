"""The events of the contract in one table: type, topic, sender, data, and what the stream keeps of it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Final, Literal

from pydantic import Field

from models.base import Frozen, Travelling
from models.events import contract
from models.events.number_change import NumberChangeData, NumberChangeFields
from models.events.sender import SenderKind

TYPE_PREFIX: Final = "dk.frafaldsvarsel."


class InputTopic(StrEnum):
    """The topics that senders write to."""

    ENROLMENTS = "enrolments"
    BENEFITS = "benefits"
    RESIDENCES = "residences"
    DROPOUT_RISKS = "dropout-risks"
    CONTROL_TOTALS = "control-totals"


class EnrolmentVersion(contract.EnrolmentFields, Travelling):
    """An enrolment registered or corrected."""

    kind: Literal["enrolment.registered", "enrolment.corrected"]


class EnrolmentEnd(contract.EnrolmentEndFields, Travelling):
    """An enrolment ended."""

    kind: Literal["enrolment.ended"]


class BenefitPeriodVersion(contract.BenefitPeriodFields, Travelling):
    """A benefit period registered or corrected."""

    kind: Literal["benefit-period.registered", "benefit-period.corrected"]


class BenefitAnnulment(contract.BenefitAnnulmentFields, Travelling):
    """A benefit period annulled."""

    kind: Literal["benefit-period.annulled"]


class Residence(contract.ResidenceFields, Travelling):
    """A residence registered."""

    kind: Literal["residence.registered"]


class Risk(contract.RiskFields, Travelling):
    """A dropout risk raised."""

    kind: Literal["dropout-risk.raised"]


class Withdrawal(contract.WithdrawalFields, Travelling):
    """A dropout risk withdrawn."""

    kind: Literal["dropout-risk.withdrawn"]


class NumberChange(NumberChangeFields, Travelling):
    """The person of this number has another one, under `new_person_id` (docs/decisions/0041)."""

    kind: Literal["person-number.changed"]
    new_person_id: str


class PersonJoined(Travelling):
    """Match's word to one of its numbers that it is the same person's as `other`, which is smaller."""

    kind: Literal["person.joined"]
    other: str


class RefusedDuplicate(Travelling):
    """The ledger's word that the event at `topic`/`partition`/`offset` reused another event's id."""

    kind: Literal["event.refused"]
    topic: str
    partition: int
    offset: int


Content = Annotated[
    EnrolmentVersion
    | EnrolmentEnd
    | BenefitPeriodVersion
    | BenefitAnnulment
    | Residence
    | Risk
    | Withdrawal
    | NumberChange
    | PersonJoined
    | RefusedDuplicate,
    Field(discriminator="kind"),
]


@dataclass(frozen=True, slots=True)
class EventType:
    """One row of the contract."""

    kind: str
    topic: InputTopic
    senders: frozenset[SenderKind]
    data: type[Frozen]
    content: type[Frozen] | None
    """What the stream keeps; None where the event is about no person, and ends with its receipt."""
    owner: str | None
    """The field that must equal the sender's number."""

    @property
    def name(self) -> str:
        """The CloudEvents ``type``."""
        return f"{TYPE_PREFIX}{self.kind}.v1"


_INSTITUTION = frozenset({SenderKind.INSTITUTION})
_MUNICIPALITY = frozenset({SenderKind.MUNICIPALITY})
_ROWS = (
    EventType(
        "enrolment.registered",
        InputTopic.ENROLMENTS,
        _INSTITUTION,
        contract.EnrolmentData,
        EnrolmentVersion,
        "institution_number",
    ),
    EventType(
        "enrolment.corrected",
        InputTopic.ENROLMENTS,
        _INSTITUTION,
        contract.EnrolmentData,
        EnrolmentVersion,
        "institution_number",
    ),
    EventType(
        "enrolment.ended",
        InputTopic.ENROLMENTS,
        _INSTITUTION,
        contract.EnrolmentEndData,
        EnrolmentEnd,
        "institution_number",
    ),
    EventType(
        "benefit-period.registered",
        InputTopic.BENEFITS,
        _MUNICIPALITY,
        contract.BenefitPeriodData,
        BenefitPeriodVersion,
        "municipality_code",
    ),
    EventType(
        "benefit-period.corrected",
        InputTopic.BENEFITS,
        _MUNICIPALITY,
        contract.BenefitPeriodData,
        BenefitPeriodVersion,
        "municipality_code",
    ),
    EventType(
        "benefit-period.annulled",
        InputTopic.BENEFITS,
        _MUNICIPALITY,
        contract.BenefitAnnulmentData,
        BenefitAnnulment,
        "municipality_code",
    ),
    EventType(
        "residence.registered",
        InputTopic.RESIDENCES,
        frozenset({SenderKind.REGISTER}),
        contract.ResidenceData,
        Residence,
        None,
    ),
    EventType(
        "person-number.changed",
        InputTopic.RESIDENCES,
        frozenset({SenderKind.REGISTER}),
        NumberChangeData,
        NumberChange,
        None,
    ),
    EventType(
        "dropout-risk.raised",
        InputTopic.DROPOUT_RISKS,
        _INSTITUTION,
        contract.RiskData,
        Risk,
        "institution_number",
    ),
    EventType(
        "dropout-risk.withdrawn",
        InputTopic.DROPOUT_RISKS,
        _INSTITUTION,
        contract.WithdrawalData,
        Withdrawal,
        "institution_number",
    ),
    EventType(
        "control-total.declared",
        InputTopic.CONTROL_TOTALS,
        frozenset(SenderKind),
        contract.ControlTotalData,
        None,
        None,
    ),
)
EVENT_TYPES: Final[dict[str, EventType]] = {row.name: row for row in _ROWS}
"""By CloudEvents ``type``."""
CONTROL_TOTAL: Final = f"{TYPE_PREFIX}control-total.declared.v1"
CPR_FIELDS: Final = ("cpr", "new_cpr")
"""Fields of the data that hold a number; its sender seals each."""
SEALED_FIELDS: Final = frozenset({*CPR_FIELDS, "text", "contact"})
"""Fields of the data that the stream never sees in the clear."""


def countable(kind: SenderKind) -> frozenset[str]:
    """The types that a sender of that kind counts in its control totals: all that it may send but the totals."""
    return frozenset(
        name for name, row in EVENT_TYPES.items() if kind in row.senders and name != CONTROL_TOTAL
    )


def full_type(name: str) -> str:
    """``dropout-risk.raised``, with or without ``.v1``, → the full name; anything else stays as it is."""
    for candidate in (f"{TYPE_PREFIX}{name}.v1", f"{TYPE_PREFIX}{name}"):
        if candidate in EVENT_TYPES:
            return candidate
    return name
