"""The events of the contract in one table: type, topic, sender, data, and what the stream keeps of it."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated, Final, Literal

from pydantic import AwareDatetime, Field

from models.base import Frozen, Travelling
from models.events import contract
from models.events.annulled_residence import ResidenceAnnulmentData, ResidenceAnnulmentFields
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


class ResidenceAnnulment(ResidenceAnnulmentFields, Travelling):
    """A residence annulled."""

    kind: Literal["residence.annulled"]


class Risk(contract.RiskFields, Travelling):
    """A dropout risk raised."""

    kind: Literal["dropout-risk.raised"]


class Withdrawal(contract.WithdrawalFields, Travelling):
    """A dropout risk withdrawn."""

    kind: Literal["dropout-risk.withdrawn"]


class RefusedDuplicate(Travelling):
    """The ledger's word that the event at `topic`/`partition`/`offset` reused another event's id."""

    kind: Literal["event.refused"]
    topic: str
    partition: int
    offset: int


TakingBack = Annotated[
    EnrolmentEnd | BenefitAnnulment | ResidenceAnnulment | Withdrawal, Field(discriminator="kind")
]
"""What ends, annuls or withdraws something that was said by another event."""


class SubjectKind(StrEnum):
    """Whose ids do not meet: an enrolment and a period may have one id."""

    ENROLMENT = "enrolment"
    PERIOD = "period"
    RESIDENCE = "residence"
    MESSAGE = "message"


class OwnedSubject(Travelling):
    """An enrolment, period, residence or message, as the ledger knows it across people."""

    subject: SubjectKind
    name: str
    """Its id."""
    owner: str
    """The sender that registered it (`models.eligibility.succession`)."""
    owned_since: date
    """The Danish date on which the brokers had the owner's first word of it."""


class MovedAway(OwnedSubject):
    """The ledger's word that a subject is another person's, from the version at `topic`/`partition`/`offset` on."""

    kind: Literal["subject.moved"]
    sender: str
    """Of the version that this one has overtaken here."""
    registered_at: AwareDatetime
    """With `rank` and `appended_at` the version's place in the order in which events count."""
    rank: int
    appended_at: AwareDatetime
    topic: str
    partition: int
    offset: int


class HandedOver(OwnedSubject):
    """The ledger's word that a sender took something back about this person under another person's CPR."""

    kind: Literal["subject.taken_back"]
    sender: str
    event_id: str
    registered_at: AwareDatetime
    appended_at: AwareDatetime
    topic: str
    partition: int
    offset: int
    says: TakingBack


LedgersWord = RefusedDuplicate | MovedAway | HandedOver
"""What no sender says."""
Content = Annotated[
    EnrolmentVersion
    | EnrolmentEnd
    | BenefitPeriodVersion
    | BenefitAnnulment
    | Residence
    | ResidenceAnnulment
    | Risk
    | Withdrawal
    | RefusedDuplicate
    | MovedAway
    | HandedOver,
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
        "residence.annulled",
        InputTopic.RESIDENCES,
        frozenset({SenderKind.REGISTER}),
        ResidenceAnnulmentData,
        ResidenceAnnulment,
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
SEALED_FIELDS: Final = frozenset({"cpr", "text", "contact"})
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
