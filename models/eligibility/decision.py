"""What the rules say of one message, with the evidence; published on the topic ``decisions``."""

from datetime import date
from enum import StrEnum

from pydantic import AwareDatetime

from models.base import Travelling
from models.events.contract import BenefitType, EducationType, Severity, Signal, TargetGroup
from models.events.person_event import Origin
from models.reasons import DecisionReason


class Outcome(StrEnum):
    """Exactly one of three holds for every accepted message."""

    OBLIGED = "obliged"
    NOT_OBLIGED = "not_obliged"
    UNDECIDED = "undecided"


class Evidence(Travelling):
    """The facts that the decision rests on; absent where they were not known or not asked."""

    message_date: date
    enrolment_id: str | None = None
    institution_number: str | None = None
    education_type: EducationType | None = None
    admission_date: date | None = None
    study_start: date | None = None
    window_end: date | None = None
    """First day on which the duty no longer holds."""
    window_includes_last_day: bool | None = None
    """Whether the window was read with its last day in it: § 30(9) is silent. Absent in older decisions: it was not."""
    received_on: date | None = None
    """When the broker received the message, where the window answers otherwise for that day than for the message's
    date: § 30(9) counts the notification, and we count when the sender registered it."""
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
    """Of a message that waits for the law: the last day for which the rule set was read or confirmed."""
    law_confirmed_until: date | None = None
    """Of a message after the rule set's `known_until`: until when two people have confirmed it."""
    contradicted_by: tuple[str, ...] | None = None
    """Other institutions at which the person is enrolled on that day, as they say; the one thing in a decision that an
    institution can change of another one's message (docs/non-interference.md)."""


class Verdict(Travelling):
    """The answer of `models.eligibility.decide.decide`: outcome, reason, and what follows from it."""

    outcome: Outcome
    reason: DecisionReason
    law_version: str
    evidence: Evidence
    unit_id: str | None = None
    mentor_last_day: date | None = None
    """Last day to take up the mentor right, six months from admission (LAB § 167(3)); not of the support."""
    review_on: date | None = None
    """The date after which a person must look at an undecided message."""


class MessageRef(Travelling):
    """The message that a decision is about."""

    sender: str
    message_id: str
    person_id: str
    registered_at: AwareDatetime
    origin: Origin
    signals: tuple[Signal, ...]
    severity: Severity
    absence_percentage: int | None = None
    seen_at: AwareDatetime
    sent_as: str | None = None
    """The person's number under which it was sent, as a pseudonym, where that is another one than `person_id`."""


class Cause(Travelling):
    """The person event that made this revision: its place on ``person-events``."""

    partition: int
    offset: int


class Decision(Travelling):
    """One revision of one message's verdict."""

    message: MessageRef
    revision: int
    verdict: Verdict
    cause: Cause
    sealed: str | None = None
    joined: tuple[str, ...] | None = None
    """The person's other numbers: their rows are this person's from now on (docs/decisions/0041)."""


class ErasureMark(Travelling):
    """On ``decisions``: what was appended about a person before the moment is erased, and the ledger forgets it."""

    person_id: str
    erased_before: AwareDatetime
    cause: Cause
    """The person event that erases: what match had applied by then names nobody any more."""
    request: str


class JoinMark(Travelling):
    """On ``decisions``, the last word about a number: what is said of it from now on is said of `joined_to`."""

    person_id: str
    joined_to: str
