"""What the stream keeps of each event: its content, by `kind`."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from models.base import Travelling
from models.events import contract
from models.events.annulled_residence import ResidenceAnnulmentFields
from models.events.number_change import NumberChangeFields


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


class NumberChange(NumberChangeFields, Travelling):
    """The person of this number has another one, under `new_person_id` (docs/decisions/0041)."""

    kind: Literal["person-number.changed"]
    new_person_id: str


class PersonJoined(Travelling):
    """Match's word to one of its numbers that it is the same person's as `other`, which is smaller."""

    kind: Literal["person.joined"]
    other: str


class PersonErased(Travelling):
    """Whatever was appended about the person before this event's origin is erased; who asked for it, and why, stands in
    the audit trail under `request` (docs/decisions/0054)."""

    kind: Literal["person.erased"]
    request: str


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
    | NumberChange
    | PersonJoined
    | PersonErased
    | RefusedDuplicate
    | MovedAway
    | HandedOver,
    Field(discriminator="kind"),
]
