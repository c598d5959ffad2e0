"""What an event is about: the enrolment, period, residence or message that it states, ends or takes back."""

from dataclasses import dataclass
from enum import StrEnum

from models.events.event_types import (
    BenefitAnnulment,
    BenefitPeriodVersion,
    EnrolmentEnd,
    EnrolmentVersion,
    RefusedDuplicate,
    Residence,
    Risk,
    Withdrawal,
)
from models.events.person_event import PersonEvent


class SubjectKind(StrEnum):
    """Whose ids do not meet: an enrolment and a period may have one id."""

    ENROLMENT = "enrolment"
    PERIOD = "period"
    RESIDENCE = "residence"
    MESSAGE = "message"


@dataclass(frozen=True, slots=True)
class NamedSubject:
    """By what name a sender knows it, and whether the event states it or takes something of it back."""

    kind: SubjectKind
    name: str
    is_version: bool


def subject_of(event: PersonEvent) -> NamedSubject | None:
    """What `event` is about; None for what the ledger says."""
    match event.content:
        case EnrolmentVersion(enrolment_id=name):
            return NamedSubject(SubjectKind.ENROLMENT, name, is_version=True)
        case EnrolmentEnd(enrolment_id=name):
            return NamedSubject(SubjectKind.ENROLMENT, name, is_version=False)
        case BenefitPeriodVersion(period_id=name):
            return NamedSubject(SubjectKind.PERIOD, name, is_version=True)
        case BenefitAnnulment(period_id=name):
            return NamedSubject(SubjectKind.PERIOD, name, is_version=False)
        case Residence(residence_id=name):
            return NamedSubject(SubjectKind.RESIDENCE, name, is_version=True)
        case Risk():
            return NamedSubject(SubjectKind.MESSAGE, event.event_id, is_version=True)
        case Withdrawal(message_id=name):
            return NamedSubject(SubjectKind.MESSAGE, name, is_version=False)
        case RefusedDuplicate():
            return None
