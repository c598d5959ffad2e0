"""A decision, made, written and read quickly: nearly every record of ``decisions`` is one.

`models.eligibility.decision` is the format. What is written here are the bytes that it would write; what is taken it
takes too, and as the same. Whatever else it takes (a field of a later version, a mark) is none here, and the caller
asks it instead.
"""

from datetime import date
from typing import TYPE_CHECKING, Final

from msgspec import Raw, Struct, ValidationError, convert
from msgspec.json import Encoder
from msgspec.structs import replace
from pydantic import BaseModel

from models.eligibility.decision import Decision, Outcome
from models.events.contract import BenefitType, EducationType, Severity, Signal, TargetGroup
from models.events.person_event import Origin
from models.events.simple_event import SimpleOrigin
from models.quick_reader import AwareMoment, QuickReader
from models.reasons import DecisionReason

# One that has come with a field of a later version is written, and never read here.
if TYPE_CHECKING:
    _Origin = SimpleOrigin | Origin
else:
    _Origin = SimpleOrigin


class SimpleEvidence(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
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


class SimpleVerdict(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """`models.eligibility.decision.Verdict`."""

    outcome: Outcome
    reason: DecisionReason
    law_version: str
    evidence: SimpleEvidence
    unit_id: str | None = None
    mentor_last_day: date | None = None
    review_on: date | None = None


class SimpleMessageRef(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """`models.eligibility.decision.MessageRef`."""

    sender: str
    message_id: str
    person_id: str
    registered_at: AwareMoment
    origin: _Origin
    signals: tuple[Signal, ...]
    severity: Severity
    absence_percentage: int | None = None
    seen_at: AwareMoment
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


class SimpleDecision(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """`models.eligibility.decision.Decision`."""

    message: SimpleMessageRef
    revision: int
    verdict: SimpleVerdict
    cause: SimpleCause
    sealed: str | None = None
    joined: tuple[str, ...] | None = None


KnownDecision = Decision | SimpleDecision
"""A decision, whichever way it was made or read."""


def by_its_model(record: object) -> Raw:
    """What is no struct, as its model writes it."""
    if not isinstance(record, BaseModel):
        raise TypeError(type(record).__name__)
    return Raw(record.model_dump_json().encode())


_read: Final = QuickReader(SimpleDecision)
_WRITE: Final = Encoder(enc_hook=by_its_model)


def write_decision(decision: SimpleDecision) -> bytes:
    """As it stands on ``decisions``."""
    return _WRITE.encode(decision)


def write_decided(decided: object) -> bytes:
    """What is remembered of each message, as it stands in its person's record."""
    return _WRITE.encode(decided)


def read_simple_decision(value: bytes) -> SimpleDecision | None:
    """The decision in a record of ``decisions``; None where pydantic must say what it is."""
    return _read(value)


def stored_decision(content: object, sealed: str | None) -> KnownDecision:
    """A decision as `content_of` has given it away, and its seal."""
    try:
        return replace(convert(content, SimpleDecision), sealed=sealed)
    except ValidationError:
        return Decision.model_validate(content).model_copy(update={"sealed": sealed})


def content_of(decision: KnownDecision) -> object:
    """The decision without its seal, for JSON: the same bytes, whichever way it was read."""
    if isinstance(decision, SimpleDecision):
        return replace(decision, sealed=None)
    return decision.model_dump(mode="json", exclude_none=True, exclude={"sealed"})


def as_decision(decision: KnownDecision) -> Decision:
    """By its model: for whoever changes it."""
    if isinstance(decision, Decision):
        return decision
    return Decision.model_validate_json(write_decision(decision))


def differ_in_evidence_alone(one: KnownDecision, other: KnownDecision) -> bool:
    """Whether both say the same of the same message, on whatever evidence."""
    if isinstance(one, SimpleDecision) and isinstance(other, SimpleDecision):
        said = replace(one.verdict, evidence=other.verdict.evidence)
        return (said, one.message) == (other.verdict, other.message)
    was, now = as_decision(one), as_decision(other)
    return (was.verdict.model_copy(update={"evidence": now.verdict.evidence}), was.message) == (
        now.verdict,
        now.message,
    )
