"""What the follow-up report counts, as rows: facts and verdicts with when each became known (docs/decisions/0057).

Pure. Nothing is decided here: which of several facts holds on a day is asked of the rows by `reports`.
"""

from datetime import date, datetime
from enum import StrEnum

from msgspec import Struct

from models.eligibility.simple_decision import KnownDecision
from models.events.content import (
    BenefitAnnulment,
    BenefitPeriodVersion,
    EnrolmentEnd,
    EnrolmentVersion,
    Residence,
    ResidenceAnnulment,
)
from models.events.simple_event import (
    KnownEvent,
    SimpleEnrolment,
    SimpleEvent,
    SimplePeriod,
    SimpleResidence,
)
from models.events.subject import rank_of


class FactKind(StrEnum):
    """What a fact says."""

    ENROLMENT = "enrolment"
    ENROLMENT_END = "enrolment_end"
    PERIOD = "period"
    PERIOD_ANNULLED = "period_annulled"
    RESIDENCE = "residence"
    RESIDENCE_ANNULLED = "residence_annulled"


class FactRow(Struct, frozen=True, kw_only=True, gc=False):
    """A row of `person_facts`, by the names of its columns."""

    partition: int
    offset: int
    person_id: str
    kind: FactKind
    name: str
    sender: str
    registered_at: datetime
    rank: int
    appended_at: datetime
    origin_topic: str
    origin_partition: int
    origin_offset: int
    known_at: datetime
    institution_number: str | None = None
    education_type: str | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    reason: str | None = None
    benefit_type: str | None = None
    target_group: str | None = None
    municipality_code: str | None = None


class VerdictRow(Struct, frozen=True, kw_only=True, gc=False):
    """A row of `verdicts`, by the names of its columns."""

    partition: int
    offset: int
    sender: str
    message_id: str
    person_id: str
    sent_as: str
    revision: int
    outcome: str
    reason: str
    law_version: str
    unit_id: str | None
    enrolment_id: str | None
    institution_number: str | None
    education_type: str | None
    benefit_type: str | None
    target_group: str | None
    municipality_code: str | None
    message_date: date
    appended_at: datetime
    known_at: datetime


def fact_of(event: KnownEvent, *, partition: int, offset: int, written_at: datetime) -> FactRow | None:
    """The fact in `event`, a record of ``person-events`` written at `written_at`; None where it states none.

    What another number of the person has passed on, or an operator has released, is known from then on, not before.
    """
    if isinstance(event, SimpleEvent):
        came_later, rank = False, event.content.rank
    else:
        came_later, rank = event.forwarded is not None or bool(event.released), rank_of(event)

    def row(kind: FactKind, name: str, **said: str | date | None) -> FactRow:
        return FactRow(
            partition=partition,
            offset=offset,
            person_id=event.person_id,
            kind=kind,
            name=name,
            sender=event.sender,
            registered_at=event.registered_at,
            rank=rank,
            appended_at=event.origin.appended_at,
            origin_topic=event.origin.topic,
            origin_partition=event.origin.partition,
            origin_offset=event.origin.offset,
            known_at=written_at if came_later else event.origin.appended_at,
            **said,  # type: ignore[arg-type]  # by the names of the columns
        )

    match event.content:
        case EnrolmentVersion() | SimpleEnrolment() as enrolment:
            return row(
                FactKind.ENROLMENT,
                enrolment.enrolment_id,
                institution_number=enrolment.institution_number,
                education_type=enrolment.education_type,
                starts_on=enrolment.study_start,
                ends_on=enrolment.ended_on,
            )
        case EnrolmentEnd() as end:
            return row(FactKind.ENROLMENT_END, end.enrolment_id, ends_on=end.ended_on, reason=end.reason)
        case BenefitPeriodVersion() | SimplePeriod() as period:
            return row(
                FactKind.PERIOD,
                period.period_id,
                starts_on=period.valid_from,
                ends_on=period.valid_to,
                benefit_type=period.benefit_type,
                target_group=period.target_group,
            )
        case BenefitAnnulment() as annulment:
            return row(FactKind.PERIOD_ANNULLED, annulment.period_id)
        case Residence() | SimpleResidence() as home:
            return row(
                FactKind.RESIDENCE,
                home.residence_id,
                starts_on=home.valid_from,
                municipality_code=home.municipality_code,
            )
        case ResidenceAnnulment() as annulled:
            return row(FactKind.RESIDENCE_ANNULLED, annulled.residence_id)
        case _:
            return None


def verdict_of(decision: KnownDecision, *, partition: int, offset: int, written_at: datetime) -> VerdictRow:
    """The verdict in `decision`, a record of ``decisions`` written at `written_at`."""
    message, verdict = decision.message, decision.verdict
    evidence = verdict.evidence
    return VerdictRow(
        partition=partition,
        offset=offset,
        sender=message.sender,
        message_id=message.message_id,
        person_id=message.person_id,
        sent_as=message.sent_as or message.person_id,
        revision=decision.revision,
        outcome=verdict.outcome,
        reason=verdict.reason,
        law_version=verdict.law_version,
        unit_id=verdict.unit_id,
        enrolment_id=evidence.enrolment_id,
        institution_number=evidence.institution_number,
        education_type=evidence.education_type,
        benefit_type=evidence.benefit_type,
        target_group=evidence.target_group,
        municipality_code=evidence.municipality_code,
        message_date=evidence.message_date,
        appended_at=message.origin.appended_at,
        known_at=written_at,
    )
