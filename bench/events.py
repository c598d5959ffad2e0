"""Person events as intake would write them, for measuring match alone: facts for most, messages for some."""

import random
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from models.events.content import BenefitPeriodVersion, Content, EnrolmentVersion, Residence, Risk
from models.events.contract import BenefitType, EducationType, Severity, Signal, TargetGroup
from models.events.person_event import Origin, PersonEvent

_START = date(2026, 8, 10)
_REGISTERED = datetime(2026, 8, 12, 10, tzinfo=UTC)


def person_events(number: int, seed: int) -> Iterator[PersonEvent]:
    """`number` events: of ten people, all have an enrolment, two a benefit period and a residence, one messages."""
    chance = random.Random(seed)
    made = 0
    while made < number:
        person_id = f"{chance.getrandbits(128):032x}"[:26]
        kinds = ["enrolment"]
        if chance.random() < 0.2:
            kinds += ["benefit", "residence"]
        if chance.random() < 0.25:
            kinds += ["risk"]
        for kind in kinds[: number - made]:
            yield event_of(person_id, content_of(kind, chance), chance, made)
            made += 1


def content_of(kind: str, chance: random.Random) -> Content:
    """What an enrolment, benefit, residence or risk says, under an id of its own."""
    name = str(UUID(int=chance.getrandbits(128)))
    if kind == "enrolment":
        return EnrolmentVersion(
            kind="enrolment.registered",
            enrolment_id=name,
            institution_number="900101",
            education_type=EducationType.EUD,
            admission_date=_START - timedelta(days=40),
            study_start=_START,
        )
    if kind == "benefit":
        return BenefitPeriodVersion(
            kind="benefit-period.registered",
            period_id=name,
            municipality_code="0561",
            benefit_type=BenefitType.KONTANTHJAELP,
            target_group=TargetGroup.UDDANNELSESPARAT,
            valid_from=_START - timedelta(days=400),
            valid_to=_START - timedelta(days=10),
        )
    if kind == "residence":
        return Residence(
            kind="residence.registered",
            residence_id=name,
            municipality_code="0561",
            valid_from=date(2020, 1, 1),
        )
    return Risk(
        kind="dropout-risk.raised",
        institution_number="900101",
        seen_at=_REGISTERED + timedelta(days=40),
        signals=(Signal.ABSENCE, Signal.LOST_CONTACT),
        severity=Severity.HIGH,
        absence_percentage=30,
    )


def event_of(person_id: str, content: Content, chance: random.Random, number: int) -> PersonEvent:
    """`content` as intake would hand it to match; `number`: the offset of its record."""
    risk = isinstance(content, Risk)
    return PersonEvent(
        person_id=person_id,
        sender="900101",
        event_id=str(UUID(int=chance.getrandbits(128))),
        registered_at=_REGISTERED + timedelta(days=41 if risk else 0),
        origin=Origin(topic="enrolments", partition=0, offset=number, appended_at=_REGISTERED),
        fingerprint=f"{chance.getrandbits(144):036x}",
        content=content,
        # As hard to pack as a seal is.
        sealed=f"v1.{urlsafe_b64encode(chance.randbytes(210)).decode()}" if risk else None,
    )
