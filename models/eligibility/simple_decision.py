"""A decision, made and written quickly.

`models.eligibility.decision` is the format: what is written here it reads, and would write to the same bytes.
"""

from datetime import date, datetime
from typing import Final

from msgspec import Raw, Struct
from msgspec.json import Encoder
from pydantic import BaseModel

from models.eligibility.decision import Cause, Decision, Outcome, Verdict
from models.events.contract import BenefitType, EducationType, Severity, Signal, TargetGroup
from models.events.person_event import Origin
from models.events.simple_event import SimpleOrigin
from models.reasons import DecisionReason


class SimpleEvidence(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`models.eligibility.decision.Evidence`."""

    message_date: date
    enrolment_id: str | None = None
    institution_number: str | None = None
    education_type: EducationType | None = None
    admission_date: date | None = None
    study_start: date | None = None
    window_end: date | None = None
    window_includes_last_day: bool | None = None
    received_on: date | None = None
    enrolment_ended_on: date | None = None
    period_id: str | None = None
    benefit_type: BenefitType | None = None
    target_group: TargetGroup | None = None
    benefit_from: date | None = None
    benefit_to: date | None = None
    look_back_days: int | None = None
    municipality_code: str | None = None
    residence_id: str | None = None
    law_known_until: date | None = None
    law_confirmed_until: date | None = None
    contradicted_by: tuple[str, ...] | None = None


class SimpleVerdict(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`models.eligibility.decision.Verdict`."""

    outcome: Outcome
    reason: DecisionReason
    law_version: str
    evidence: SimpleEvidence
    unit_id: str | None = None
    mentor_last_day: date | None = None
    review_on: date | None = None


class SimpleReference(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`models.eligibility.decision.MessageRef`."""

    sender: str
    message_id: str
    person_id: str
    registered_at: datetime
    origin: SimpleOrigin | Origin
    signals: tuple[Signal, ...]
    severity: Severity
    absence_percentage: int | None = None
    seen_at: datetime
    sent_as: str | None = None


class SimpleCause(Struct, frozen=True, forbid_unknown_fields=True):
    """`models.eligibility.decision.Cause`."""

    partition: int
    offset: int


class SimpleDecided(Struct, frozen=True, forbid_unknown_fields=True):
    """`models.eligibility.person_record.Decided`."""

    revision: int
    digest: str
    cause: SimpleCause


class SimpleDecision(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`models.eligibility.decision.Decision`."""

    message: SimpleReference
    revision: int
    verdict: SimpleVerdict
    cause: SimpleCause | Cause
    sealed: str | None = None
    joined: tuple[str, ...] | None = None


def decision_of(said: SimpleDecision) -> Decision:
    """The same by its model."""
    return Decision.model_validate_json(write_decision(said))


def verdict_of(said: SimpleVerdict) -> Verdict:
    """The same by its model."""
    return Verdict.model_validate_json(_WRITE.encode(said))


def write_decision(said: SimpleDecision) -> bytes:
    """As it stands on ``decisions``."""
    return _WRITE.encode(said)


def write_decided(said: object) -> bytes:
    """What is remembered of a message, as it stands in its person's record."""
    return _WRITE.encode(said)


def by_its_model(record: object) -> Raw:
    """What has come with a field of a later version is written as its model does."""
    if not isinstance(record, BaseModel):
        raise TypeError(type(record).__name__)
    return Raw(record.model_dump_json().encode())


_WRITE: Final = Encoder(enc_hook=by_its_model)
