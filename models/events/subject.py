"""What an event is about: the enrolment, period, residence or message that it states, ends or takes back.

And the order in which events count, which match and ledger must both know.
"""

from datetime import datetime
from typing import Final

from msgspec import Struct

from models.events.content import (
    BenefitAnnulment,
    BenefitPeriodVersion,
    EnrolmentEnd,
    EnrolmentVersion,
    HandedOver,
    MovedAway,
    NumberChange,
    PersonErased,
    PersonJoined,
    RefusedDuplicate,
    Residence,
    ResidenceAnnulment,
    Risk,
    SubjectKind,
    TakingBack,
    Withdrawal,
)
from models.events.simple_event import KnownEvent, SimpleEvent

_RANKS: Final = {
    "enrolment.corrected": 1,
    "benefit-period.corrected": 1,
    "enrolment.ended": 2,
    "benefit-period.annulled": 2,
    "residence.annulled": 2,
}
Order = tuple[datetime, int, datetime, str, int, int]
"""Registered, within a moment, and the brokers' order."""


class NamedSubject(Struct, frozen=True):
    """By what name a sender knows it, and what the event takes back; None where it states the subject itself."""

    kind: SubjectKind
    name: str
    taken_back: TakingBack | None = None

    @property
    def is_version(self) -> bool:
        """Whether the event states the subject."""
        return self.taken_back is None


def subject_of(event: KnownEvent) -> NamedSubject | None:
    """What `event` is about; None for what the ledger says."""
    if isinstance(event, SimpleEvent):
        return NamedSubject(event.content.subject, event.subject_name)
    # What is most frequent first: asking a model for a class that it is not costs time.
    match event.content:
        case EnrolmentVersion(enrolment_id=name):
            return NamedSubject(SubjectKind.ENROLMENT, name)
        case BenefitPeriodVersion(period_id=name):
            return NamedSubject(SubjectKind.PERIOD, name)
        case Residence(residence_id=name):
            return NamedSubject(SubjectKind.RESIDENCE, name)
        case Risk():
            return NamedSubject(SubjectKind.MESSAGE, event.event_id)
        case EnrolmentEnd(enrolment_id=name) as end:
            return NamedSubject(SubjectKind.ENROLMENT, name, end)
        case BenefitAnnulment(period_id=name) as annulment:
            return NamedSubject(SubjectKind.PERIOD, name, annulment)
        case ResidenceAnnulment(residence_id=name) as annulment:
            return NamedSubject(SubjectKind.RESIDENCE, name, annulment)
        case Withdrawal(message_id=name) as withdrawal:
            return NamedSubject(SubjectKind.MESSAGE, name, withdrawal)
        case (
            RefusedDuplicate() | MovedAway() | HandedOver() | NumberChange() | PersonJoined() | PersonErased()
        ):
            return None


def rank_of(event: KnownEvent) -> int:
    """Within one moment a registration comes first, then what corrects it, then what ends or annuls it.

    A system that stores whole seconds registers and corrects in one.
    """
    return event.content.rank if isinstance(event, SimpleEvent) else _RANKS.get(event.content.kind, 0)


def order_of(event: KnownEvent) -> Order:
    """The order in which events count: as registered, then `rank_of`, then the brokers'; never an id made by chance."""
    return (event.registered_at, rank_of(event), *event.origin.order)
