"""What intake and match would write about an autumn of made-up people, for measuring the ledger alone.

Of 100 people, 40 come from a benefit, so that most of their messages oblige; half have several messages. A tenth of
the facts come after the messages, so that these are decided anew; one message in 20 is withdrawn; of 100 decisions one
stands there twice, as a worker writes it that was killed before its checkpoint.
"""

import random
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final
from uuid import UUID

from config.reference.checks.all import sound_reference
from config.reference.law import law_of
from config.reference.units import units_of
from config.topics import PERSON_PARTITIONS, Topic
from infra.partitioner import partition_of
from models.eligibility.apply_event import apply
from models.eligibility.decision import Cause
from models.eligibility.person_record import PersonRecord
from models.events.content import (
    BenefitPeriodVersion,
    Content,
    EnrolmentVersion,
    Residence,
    Risk,
    Withdrawal,
)
from models.events.contract import BenefitType, EducationType, Severity, Signal, TargetGroup, WithdrawalReason
from models.events.person_event import Origin, PersonEvent
from models.events.receipt import Applied, AppliedEntry, AppliedSubject, Receipt, ReceiptStatus

_INSTITUTIONS: Final = ("900101", "280051", "281082")
_ENTRIES: Final = 200
"""Of one record of ``applied``."""
_BETWEEN: Final = 1000


@dataclass(frozen=True, slots=True)
class Written:
    """A record of the stream's."""

    topic: Topic
    partition: int
    key: bytes | None
    value: bytes


def decided(decisions: int, seed: int, *, today: date, alone: bool) -> Iterator[Written]:
    """`decisions` of them, as today's rules say. `alone`: without the receipts and entries of their events."""
    chance, law, made = random.Random(seed), law_of(sound_reference()), 0
    people, offsets = dict[str, PersonRecord](), Counter[int]()
    waiting = dict[int, list[AppliedEntry]]()
    for event in _spread(chance, today):
        if made >= decisions:
            break
        person, partition = event.person_id, partition_of(event.person_id, PERSON_PARTITIONS)
        cause = Cause(partition=partition, offset=offsets[partition])
        offsets[partition] += 1
        step = apply(people.get(person) or PersonRecord(person_id=person), event, cause, law)
        people[person] = step.record
        for decision in step.decisions:
            value = decision.model_dump_json(exclude_none=True).encode()
            again = chance.random() < 0.01
            yield from [Written(Topic.DECISIONS, partition, person.encode(), value)] * (2 if again else 1)
            made += 2 if again else 1
        if not alone:
            yield _receipt(event)
            waiting.setdefault(partition, []).append(_entry(cause.offset, event, step.changed))
            yield from _applied(waiting, _ENTRIES)
    yield from _applied(waiting, 1)


def _spread(chance: random.Random, today: date) -> Iterator[PersonEvent]:
    """What comes later about a person comes behind the messages of `_BETWEEN` others."""
    later = deque[list[PersonEvent]]()
    for first, second in _people(chance, today):
        yield from first
        later.append(second)
        if len(later) > _BETWEEN:
            yield from later.popleft()


def _people(chance: random.Random, today: date) -> Iterator[tuple[list[PersonEvent], list[PersonEvent]]]:
    """Of each the events that come first, in the order in which match has them, and those that come later."""
    municipalities = sorted({unit.municipality_code for unit in units_of(sound_reference()).values()})
    places = Counter[str]()
    noon = datetime(today.year, today.month, today.day, 12, tzinfo=UTC)

    def event(person_id: str, content: Content, days_ago: float, sender: str, named: str) -> PersonEvent:
        offset = places[content.kind]
        places[content.kind] += 1
        return PersonEvent(
            person_id=person_id,
            sender=sender,
            event_id=named,
            registered_at=noon - timedelta(days=days_ago),
            # The broker's time of all of them is today's: no reminder falls due while it is measured.
            origin=Origin(topic=content.kind, partition=0, offset=offset, appended_at=noon),
            fingerprint=f"{chance.getrandbits(144):036x}",
            content=content,
            sealed="v1." + "x" * 280 if isinstance(content, Risk) else None,
        )

    while True:
        person_id = f"{chance.getrandbits(128):032x}"[:26]
        institution, municipality = chance.choice(_INSTITUTIONS), chance.choice(municipalities)
        facts = [event(person_id, _enrolment(chance, institution, today), 60, institution, _name(chance))]
        if chance.random() < 0.4:
            for content in (_period(chance, municipality, today), _residence(chance, municipality)):
                facts.append(event(person_id, content, 50, municipality, _name(chance)))
        second = [fact for fact in facts if chance.random() < 0.1]
        first = [fact for fact in facts if fact not in second]
        for nth in range(chance.choice((1, 1, 1, 2, 2, 3))):
            named = _name(chance)
            first.append(event(person_id, _risk(institution, noon), 5 - nth, institution, named))
            if chance.random() < 0.05:
                second.append(
                    event(person_id, _taken_back(institution, named), 1, institution, _name(chance))
                )
        yield first, second


def _name(chance: random.Random) -> str:
    return str(UUID(int=chance.getrandbits(128)))


def _enrolment(chance: random.Random, institution: str, today: date) -> EnrolmentVersion:
    return EnrolmentVersion(
        kind="enrolment.registered",
        enrolment_id=_name(chance),
        institution_number=institution,
        education_type=EducationType.EUD,
        admission_date=today - timedelta(days=70),
        study_start=today - timedelta(days=60),
    )


def _period(chance: random.Random, municipality: str, today: date) -> BenefitPeriodVersion:
    return BenefitPeriodVersion(
        kind="benefit-period.registered",
        period_id=_name(chance),
        municipality_code=municipality,
        benefit_type=BenefitType.KONTANTHJAELP,
        target_group=TargetGroup.UDDANNELSESPARAT,
        valid_from=today - timedelta(days=400),
        valid_to=today - timedelta(days=62),
    )


def _residence(chance: random.Random, municipality: str) -> Residence:
    return Residence(
        kind="residence.registered",
        residence_id=_name(chance),
        municipality_code=municipality,
        valid_from=date(2020, 1, 1),
    )


def _risk(institution: str, noon: datetime) -> Risk:
    return Risk(
        kind="dropout-risk.raised",
        institution_number=institution,
        seen_at=noon - timedelta(days=6),
        signals=(Signal.ABSENCE, Signal.LOST_CONTACT),
        severity=Severity.HIGH,
        absence_percentage=30,
    )


def _taken_back(institution: str, message_id: str) -> Withdrawal:
    return Withdrawal(
        kind="dropout-risk.withdrawn",
        institution_number=institution,
        message_id=message_id,
        reason=WithdrawalReason.RISK_OVER,
    )


def _receipt(event: PersonEvent) -> Written:
    receipt = Receipt(
        origin=event.origin,
        status=ReceiptStatus.ACCEPTED,
        sender=event.sender,
        event_id=event.event_id,
        type=event.content.kind,
        fingerprint=event.fingerprint,
        registered_on=event.registered_at.date(),
    )
    value = receipt.model_dump_json(exclude_none=True).encode()
    return Written(Topic.RECEIPTS, event.origin.partition, event.sender.encode(), value)


def _entry(offset: int, event: PersonEvent, changed: int) -> AppliedEntry:
    return AppliedEntry(
        offset=offset,
        origin_topic=event.origin.topic,
        origin_partition=event.origin.partition,
        origin_offset=event.origin.offset,
        person_id=event.person_id,
        changed=changed,
        subject=AppliedSubject.of(event),
    )


def _applied(waiting: dict[int, list[AppliedEntry]], least: int) -> Iterator[Written]:
    for partition, entries in waiting.items():
        if len(entries) >= least:
            value = Applied(partition=partition, entries=tuple(entries)).model_dump_json(exclude_none=True)
            yield Written(Topic.APPLIED, partition, None, value.encode())
            entries.clear()
