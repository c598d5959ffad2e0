"""The events of the contract in one table: type, topic, sender, data, and what the stream keeps of it.

The last part of a CloudEvents ``type`` is its version. What comes after intake is the same for all of them.
"""

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Final

from models.base import Frozen
from models.events import contract
from models.events import sealed_contract as sealed
from models.events.annulled_residence import ResidenceAnnulmentData
from models.events.content import (
    BenefitAnnulment,
    BenefitPeriodVersion,
    EnrolmentEnd,
    EnrolmentVersion,
    NumberChange,
    Residence,
    ResidenceAnnulment,
    Risk,
    Withdrawal,
)
from models.events.control_total import ControlTotalData
from models.events.number_change import NumberChangeData
from models.events.sender import SenderKind

TYPE_PREFIX: Final = "dk.frafaldsvarsel."


class InputTopic(StrEnum):
    """The topics that senders write to."""

    ENROLMENTS = "enrolments"
    BENEFITS = "benefits"
    RESIDENCES = "residences"
    DROPOUT_RISKS = "dropout-risks"
    CONTROL_TOTALS = "control-totals"


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
    version: int = 1
    inside: type[sealed.PersonInside] | None = None
    """What the JWE holds, from version 2 on."""

    @property
    def name(self) -> str:
        """The CloudEvents ``type``."""
        return f"{TYPE_PREFIX}{self.kind}.v{self.version}"

    @property
    def first_name(self) -> str:
        """Its ``type`` in version 1: the same event in whatever version it comes."""
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
        ControlTotalData,
        None,
        None,
    ),
)
_SEALED: Final[dict[type[Frozen], type[Frozen]]] = {
    contract.EnrolmentData: sealed.EnrolmentSealed,
    contract.EnrolmentEndData: sealed.EnrolmentEndSealed,
    contract.BenefitPeriodData: sealed.BenefitPeriodSealed,
    contract.BenefitAnnulmentData: sealed.BenefitAnnulmentSealed,
    contract.ResidenceData: sealed.ResidenceSealed,
    ResidenceAnnulmentData: sealed.ResidenceAnnulmentSealed,
    NumberChangeData: sealed.NumberChangeSealed,
    contract.RiskData: sealed.RiskSealed,
    contract.WithdrawalData: sealed.WithdrawalSealed,
}
_INSIDE: Final[dict[type[Frozen], type[sealed.PersonInside]]] = {
    contract.RiskData: sealed.MessageInside,
    NumberChangeData: sealed.NumbersInside,
}
VERSION_1: Final[dict[str, EventType]] = {row.name: row for row in _ROWS}
"""By CloudEvents ``type``. Its data has the form of a plain event, too."""
VERSION_2: Final[dict[str, EventType]] = {
    row.first_name: replace(
        row,
        version=2,
        data=_SEALED[row.data],
        inside=_INSIDE.get(row.data, sealed.PersonInside),
    )
    for row in _ROWS
    if row.data in _SEALED
}
"""By the ``type`` of version 1. What is about no person has nothing to seal, and no second version."""
EVENT_TYPES: Final[dict[str, EventType]] = VERSION_1 | {row.name: row for row in VERSION_2.values()}
"""Of every version, by CloudEvents ``type``."""
CONTROL_TOTAL: Final = f"{TYPE_PREFIX}control-total.declared.v1"
CPR_FIELDS: Final = tuple(sealed.NumbersInside.model_fields)
"""Fields of the data that hold a number; in version 1 its sender seals each."""
SEALED_FIELDS: Final = frozenset({*CPR_FIELDS, *sealed.MessageInside.model_fields})
"""Fields of the data that the stream never sees in the clear."""


def countable(kind: SenderKind) -> frozenset[str]:
    """The types that a sender of that kind counts in its control totals: all that it may send but the totals."""
    return frozenset(
        name for name, row in EVENT_TYPES.items() if kind in row.senders and name != CONTROL_TOTAL
    )


def has_ended(event_type: EventType, day: date, version_1_until: date | None) -> bool:
    """Whether on `day` only a newer version of the event is taken; `version_1_until`: the last day of version 1."""
    has_newer = event_type.version == 1 and event_type.first_name in VERSION_2
    return has_newer and version_1_until is not None and day > version_1_until


def full_type(name: str) -> str:
    """``dropout-risk.raised``, with or without its version, → the full name of version 1; all else stays as it is."""
    for candidate in (f"{TYPE_PREFIX}{name}.v1", f"{TYPE_PREFIX}{name}", name):
        if candidate in EVENT_TYPES:
            return EVENT_TYPES[candidate].first_name
    return name
