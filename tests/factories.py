"""Builders for the tests: events, facts, law and origins with sensible values, each to be overridden by name.

The person and the numbers are made up. `moment` reads Copenhagen's clock, because the law does.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from itertools import count
from typing import Any, Final
from uuid import NAMESPACE_OID, uuid5

from msgspec.json import encode

from models.calendar import COPENHAGEN
from models.eligibility.decide import decide
from models.eligibility.decision import Verdict
from models.eligibility.facts import fold
from models.eligibility.law import Law, Route, RuleSet
from models.eligibility.simple_decision import SimpleVerdict
from models.eligibility.succession import Succession, Takeover
from models.events.content import (
    BenefitAnnulment,
    BenefitPeriodVersion,
    Content,
    EnrolmentEnd,
    EnrolmentVersion,
    NumberChange,
    RefusedDuplicate,
    Residence,
    ResidenceAnnulment,
    Risk,
    Withdrawal,
)
from models.events.contract import BenefitType, EducationType, Severity, Signal, TargetGroup
from models.events.person_event import Origin, PersonEvent

PERSON: Final = "madeupmadeupmadeupmadeup22"
MADE_UP_CPR: Final = "0101011234"
INSTITUTION: Final = "280051"
OTHER_INSTITUTION: Final = "281082"
CLOSED_INSTITUTION: Final = "279001"
"""Taken over by `INSTITUTION`."""
MUNICIPALITY: Final = "0101"
OTHER_MUNICIPALITY: Final = "0751"
CLOSED_MUNICIPALITY: Final = "0099"
"""Taken over by `MUNICIPALITY`, as `CLOSED_REGISTER` by `REGISTER`."""
REGISTER: Final = "REG-CPR"
CLOSED_REGISTER: Final = "REG-OLD"
MERGED_ON: Final = date(2026, 3, 2)
"""From then on the successors speak for them."""
LEDGER: Final = "ledger"

START: Final = date(2025, 8, 11)
"""Study start where a test does not say otherwise; `DAY` is a date well inside the window."""
DAY: Final = date(2025, 10, 1)

_GROUPS: Final = (
    TargetGroup.UDDANNELSESPARAT,
    TargetGroup.AABENLYST_UDDANNELSESPARAT,
    TargetGroup.AKTIVITETSPARAT_UNDER_30,
)
_serial = count()


def uuid(name: str) -> str:
    """The same UUID for the same name."""
    return str(uuid5(NAMESPACE_OID, name))


def moment(day: date, clock: str = "12:00") -> datetime:
    """A moment by Copenhagen's clock."""
    return datetime.fromisoformat(f"{day.isoformat()}T{clock}").replace(tzinfo=COPENHAGEN)


def origin(**changes: Any) -> Origin:
    """A place on an input topic; each call gives another one, appended after those before it."""
    offset = next(_serial)
    fields: dict[str, Any] = {
        "topic": "dropout-risks",
        "partition": 0,
        "offset": offset,
        "appended_at": datetime(2026, 6, 1, tzinfo=UTC) + timedelta(milliseconds=offset),
    }
    return Origin.model_validate(fields | changes)


def event(content: Content, *, sender: str, at: datetime, **changes: Any) -> PersonEvent:
    """An accepted event; its fingerprint follows from its content and its time, as intake's does."""
    fields: dict[str, Any] = {
        "person_id": PERSON,
        "sender": sender,
        "event_id": uuid(f"event {next(_serial)}"),
        "registered_at": at,
        "origin": origin(),
        "fingerprint": sha256(f"{content.model_dump_json()} {at.isoformat()}".encode()).hexdigest()[:24],
        "content": content,
    }
    return PersonEvent.model_validate(fields | changes)


def enrolment(
    *,
    institution: str = INSTITUTION,
    sender: str | None = None,
    name: str = "enrolment",
    education: EducationType = EducationType.EUD,
    start: date = START,
    admission: date | None = None,
    ended_on: date | None = None,
    at: datetime | None = None,
    kind: str = "enrolment.registered",
    **changes: Any,
) -> PersonEvent:
    """An enrolment registered on its start, or `at`; admission is the start unless said."""
    content = EnrolmentVersion.model_validate(
        {
            "kind": kind,
            "enrolment_id": uuid(name),
            "institution_number": institution,
            "education_type": education,
            "admission_date": admission or start,
            "study_start": start,
            "ended_on": ended_on,
        }
    )
    return event(content, sender=sender or institution, at=at or moment(start), **changes)


def enrolment_end(
    ended_on: date,
    *,
    institution: str = INSTITUTION,
    sender: str | None = None,
    name: str = "enrolment",
    at: datetime | None = None,
    **changes: Any,
) -> PersonEvent:
    """The end of an enrolment, registered on that day."""
    content = EnrolmentEnd.model_validate(
        {
            "kind": "enrolment.ended",
            "enrolment_id": uuid(name),
            "institution_number": institution,
            "ended_on": ended_on,
            "reason": "dropped_out",
        }
    )
    return event(content, sender=sender or institution, at=at or moment(ended_on), **changes)


def period(
    valid_from: date = date(2024, 1, 1),
    valid_to: date | None = None,
    *,
    municipality: str = MUNICIPALITY,
    sender: str | None = None,
    name: str = "period",
    benefit: BenefitType = BenefitType.UDDANNELSESHJAELP,
    group: TargetGroup = TargetGroup.UDDANNELSESPARAT,
    at: datetime | None = None,
    kind: str = "benefit-period.registered",
    **changes: Any,
) -> PersonEvent:
    """A benefit period, open unless `valid_to` is given, registered on its first day."""
    content = BenefitPeriodVersion.model_validate(
        {
            "kind": kind,
            "period_id": uuid(name),
            "municipality_code": municipality,
            "benefit_type": benefit,
            "target_group": group,
            "valid_from": valid_from,
            "valid_to": valid_to,
        }
    )
    return event(content, sender=sender or municipality, at=at or moment(valid_from), **changes)


def annulment(
    *, at: datetime, sender: str = MUNICIPALITY, name: str = "period", **changes: Any
) -> PersonEvent:
    """The word that a benefit period never was."""
    content = BenefitAnnulment(kind="benefit-period.annulled", period_id=uuid(name), municipality_code=sender)
    return event(content, sender=sender, at=at, **changes)


def residence(
    municipality: str = MUNICIPALITY,
    valid_from: date = date(2020, 1, 1),
    *,
    name: str = "residence",
    sender: str = REGISTER,
    at: datetime | None = None,
    **changes: Any,
) -> PersonEvent:
    """A residence from a date on, registered on that date."""
    content = Residence(
        kind="residence.registered",
        residence_id=uuid(name),
        municipality_code=municipality,
        valid_from=valid_from,
    )
    return event(content, sender=sender, at=at or moment(valid_from), **changes)


def residence_annulment(
    *, at: datetime, name: str = "residence", sender: str = REGISTER, **changes: Any
) -> PersonEvent:
    """The word that a residence never was this person's."""
    content = ResidenceAnnulment(kind="residence.annulled", residence_id=uuid(name))
    return event(content, sender=sender, at=at, **changes)


def risk(
    at: datetime | date = DAY, *, institution: str = INSTITUTION, sender: str | None = None, **changes: Any
) -> PersonEvent:
    """A message of an institution: at noon of a date, or at a moment."""
    registered = at if isinstance(at, datetime) else moment(at)
    content = Risk(
        kind="dropout-risk.raised",
        institution_number=institution,
        seen_at=registered,
        signals=(Signal.ABSENCE,),
        severity=Severity.MEDIUM,
        absence_percentage=40,
    )
    return event(content, sender=sender or institution, at=registered, **changes)


def withdrawal(
    of: PersonEvent, *, sender: str | None = None, at: datetime | None = None, **changes: Any
) -> PersonEvent:
    """The withdrawal of a message, an hour after it unless `at` is given."""
    who = sender or of.sender
    content = Withdrawal.model_validate(
        {
            "kind": "dropout-risk.withdrawn",
            "institution_number": who,
            "message_id": of.event_id,
            "reason": "raised_by_mistake",
        }
    )
    return event(content, sender=who, at=at or of.registered_at + timedelta(hours=1), **changes)


def refusal(of: PersonEvent, **changes: Any) -> PersonEvent:
    """The ledger's word that an event reused the id of another person's."""
    content = RefusedDuplicate(
        kind="event.refused", topic=of.origin.topic, partition=of.origin.partition, offset=of.origin.offset
    )
    return event(
        content,
        sender=LEDGER,
        at=of.registered_at,
        **({"origin": origin(topic="refusals")} | changes),
    )


def number_change(
    new_person_id: str, *, at: datetime | None = None, valid_from: date = DAY, **changes: Any
) -> PersonEvent:
    """The register's word that the person has the number `new_person_id` instead."""
    content = NumberChange(kind="person-number.changed", new_person_id=new_person_id, valid_from=valid_from)
    return event(content, sender=REGISTER, at=at or moment(valid_from), **changes)


def rule_set(in_force_from: date, *benefits: BenefitType, **changes: Any) -> RuleSet:
    """A version of the rules for people who came from `benefits`."""
    fields: dict[str, Any] = {
        "version": in_force_from.isoformat(),
        "in_force_from": in_force_from,
        "source": "made up for tests",
        "window_months": 6,
        "window_includes_last_day": True,
        "look_back_days": 62,
        "mentor_months": 6,
        "review_days": 14,
        "target_groups": frozenset((benefit, group) for benefit in benefits for group in _GROUPS),
        "open_groups": frozenset({(BenefitType.DAGPENGE, TargetGroup.UDDANNELSESPAALAEG_UNDER_25)}),
    }
    return RuleSet(**(fields | changes))


def make_law(**changes: Any) -> Law:
    """Three rule sets as in the real law, and the routes of two municipalities; one changes its unit."""
    uncovered = (EducationType.AVU, EducationType.FVU, EducationType.FGU, EducationType.STU)
    undecided = (EducationType.HF_ENKELTFAG,)
    fields: dict[str, Any] = {
        "rule_sets": (
            rule_set(date(2026, 2, 1), BenefitType.UDDANNELSESHJAELP, BenefitType.KONTANTHJAELP),
            rule_set(date(2025, 7, 1), BenefitType.UDDANNELSESHJAELP, BenefitType.KONTANTHJAELP),
            rule_set(date(2022, 1, 1), BenefitType.UDDANNELSESHJAELP),
        ),
        "covered": {education: education not in (*uncovered, *undecided) for education in EducationType},
        "open_education": frozenset(undecided),
        "routes": {
            MUNICIPALITY: (Route("unit-0101", date(2022, 1, 1)),),
            OTHER_MUNICIPALITY: (
                Route("jobcentre-0751", date(2022, 1, 1), date(2026, 2, 1)),
                Route("unit-0751", date(2026, 2, 1)),
            ),
        },
        "successors": {CLOSED_INSTITUTION: INSTITUTION},
        "succession": Succession(
            {
                INSTITUTION: (Takeover(CLOSED_INSTITUTION, MERGED_ON),),
                MUNICIPALITY: (Takeover(CLOSED_MUNICIPALITY, MERGED_ON),),
                REGISTER: (Takeover(CLOSED_REGISTER, MERGED_ON),),
            }
        ),
    }
    return Law(**(fields | changes))


LAW: Final = make_law()


def background(*, start: date = START) -> tuple[PersonEvent, ...]:
    """All that makes a message inside the window obliged: an enrolment, a benefit period and a residence."""
    return (enrolment(start=start), period(), residence())


def by_its_model(verdict: SimpleVerdict) -> Verdict:
    """As whoever reads it has it."""
    return Verdict.model_validate_json(encode(verdict))


def judge(message: PersonEvent, facts: Iterable[PersonEvent] = (), *, law: Law = LAW) -> Verdict:
    """The verdict on `message` when it and `facts` are all that is known."""
    return by_its_model(decide(message, fold((*facts, message), succession=law.succession), law))
