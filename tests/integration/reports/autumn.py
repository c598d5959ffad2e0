"""A known autumn: made-up people with all that happens to them, in the ledger, and kept as it was made.

Corrections, ends, annulments, moves, joins and late facts included; some of it becomes known only after the as-of date.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import count
from random import Random
from typing import Any, Final
from uuid import UUID, uuid5

from config.reference.law import law_of
from config.topics import Topic
from infra.kafka_record import KafkaRecord
from infra.postgres import Connection
from ledger.consume.batch import Batch, Place
from ledger.consume.project import project
from ledger.store import action_log
from ledger.store.action_log import ActionRow
from models.calendar import copenhagen_date
from models.eligibility.decide import decide
from models.eligibility.decision import Cause, Decision, MessageRef, Verdict
from models.eligibility.facts import fold
from models.events.contract import BenefitType, EducationType, EndReason, TargetGroup
from models.events.person_event import PersonEvent
from models.tasks.actions import (
    Action,
    Actor,
    Close,
    ContactAttempt,
    ContactForm,
    Ending,
    Initiative,
    NoInitiative,
    RecordedAction,
    Reopen,
    ReopenReason,
    Via,
)
from reports.read import ReportPeriod
from tests import factories
from tests.factories import by_its_model
from tests.reference import SHIPPED
from tests.unit.ledger.decisions import POLICY

LAW: Final = law_of(SHIPPED)
PERIOD: Final = ReportPeriod(first=date(2026, 8, 1), last=date(2026, 11, 30), as_of=date(2026, 12, 1))
HOMES: Final = ("0101", "0147", "0751", "0461", "0851", "0400", "0825", "0563")
SCHOOLS: Final = ("280051", "281082", "280052")
_WEIGHTS: Final = (60, 30, 30, 20, 10, 2, 1, 1)


@dataclass(frozen=True)
class Deed:
    """What somebody did about a task."""

    enrolment: str
    unit: str
    act: RecordedAction


@dataclass
class Autumn:
    """Everything, as it was made."""

    events: list[PersonEvent] = field(default_factory=list)
    messages: list[PersonEvent] = field(default_factory=list)
    decisions: list[tuple[datetime, Decision]] = field(default_factory=list)
    deeds: list[Deed] = field(default_factory=list)


def make(seed: int, people: int) -> Autumn:
    """The same for the same seed, whatever was made before: the factories count on from test to test."""
    rng, autumn, places = Random(seed), Autumn(), count()
    for number in range(people):
        _live(rng, autumn, f"person {number}", places)
    return autumn


def _live(rng: Random, autumn: Autumn, person: str, places: Iterator[int]) -> None:
    def at(day: date, *, late: bool = False) -> dict[str, Any]:
        """Registered on `day`; the brokers have it then, or long after."""
        registered = factories.moment(day, f"{rng.randrange(8, 18):02d}:{rng.randrange(60):02d}")
        appended = registered + timedelta(days=rng.choice((70, 120)) if late else rng.randrange(3))
        return {
            "at": registered,
            "origin": factories.origin(appended_at=appended, offset=next(places)),
            "person_id": person,
        }

    start = date(2026, 8, 1) + timedelta(days=rng.randrange(-20, 115))
    school, kind = rng.choice(SCHOOLS), rng.choice([*EducationType][:9])
    home = rng.choices(HOMES, _WEIGHTS)[0]
    own: list[PersonEvent] = []
    name: dict[str, Any] = {"name": f"enrolment {person}", "institution": school}
    own.append(
        factories.enrolment(start=start, education=kind, **name, **at(start, late=rng.random() < 0.05))
    )
    if rng.random() < 0.1:
        own.append(
            factories.enrolment(
                start=start + timedelta(days=7),
                education=kind,
                kind="enrolment.corrected",
                **name,
                **at(start + timedelta(days=1)),
            )
        )
    if rng.random() < 0.3:
        left = start + timedelta(days=rng.choice((-3, 5, 20, 60, 100, 150)))
        end = factories.enrolment_end(left, **name, **at(left, late=rng.random() < 0.1))
        reason = rng.choice([*EndReason])
        own.append(end.model_copy(update={"content": end.content.model_copy(update={"reason": reason})}))
    if rng.random() < 0.95:
        own.append(
            factories.residence(
                home, start - timedelta(days=900), name=f"home {person}", **at(start - timedelta(days=30))
            )
        )
    if rng.random() < 0.2:
        moved = start + timedelta(days=rng.randrange(-20, 40))
        own.append(factories.residence(rng.choice(HOMES), moved, name=f"new home {person}", **at(moved)))
        if rng.random() < 0.3:
            own.append(
                factories.residence_annulment(name=f"new home {person}", **at(moved + timedelta(days=2)))
            )
    for nth in range(rng.choice((0, 1, 1, 2, 2))):
        first = start - timedelta(days=rng.choice((400, 200, 100, -5)))
        until = rng.choice(
            (None, start - timedelta(days=90), start - timedelta(days=10), start + timedelta(days=20))
        )
        if until is not None and until < first:
            until = None
        own.append(
            factories.period(
                first,
                until,
                name=f"period {nth} {person}",
                benefit=rng.choice(
                    [*[BenefitType.KONTANTHJAELP] * 4, BenefitType.UDDANNELSESHJAELP, BenefitType.OTHER]
                ),
                group=rng.choice(
                    (TargetGroup.UDDANNELSESPARAT, TargetGroup.AKTIVITETSPARAT_UNDER_30, TargetGroup.JOBPARAT)
                ),
                **at(start - timedelta(days=20), late=rng.random() < 0.05),
            )
        )
        if rng.random() < 0.1:
            own.append(factories.annulment(name=f"period {nth} {person}", **at(start - timedelta(days=2))))
    autumn.events += own
    for nth in range(rng.choice((0, 0, 1, 2, 3))):
        day = start + timedelta(days=rng.randrange(-5, 120))
        if day < date(2026, 12, 20):
            _warn(rng, autumn, own, factories.risk(institution=school, **at(day)), nth)


def _warn(rng: Random, autumn: Autumn, own: Sequence[PersonEvent], message: PersonEvent, nth: int) -> None:
    """The message with each revision that follows from what became known."""
    autumn.messages.append(message)
    moments = sorted({message.origin.appended_at, *(one.origin.appended_at for one in own)})
    last: Verdict | None = None
    revision = 0
    for moment in moments:
        if moment < message.origin.appended_at:
            continue
        known = [one for one in own if one.origin.appended_at <= moment]
        verdict = by_its_model(decide(message, fold([*known, message]), LAW))
        if verdict == last:
            continue
        last, revision = verdict, revision + 1
        autumn.decisions.append((moment, _decision(message, verdict, revision)))
    if last is not None and last.unit_id is not None:
        react(rng, autumn, message, last)


def _decision(message: PersonEvent, verdict: Verdict, revision: int) -> Decision:
    risk = message.risk
    return Decision(
        message=MessageRef(
            sender=message.sender,
            message_id=message.event_id,
            person_id=message.person_id,
            registered_at=message.registered_at,
            origin=message.origin,
            signals=risk.signals,
            severity=risk.severity,
            seen_at=risk.seen_at,
        ),
        revision=revision,
        verdict=verdict,
        cause=Cause(partition=0, offset=message.origin.offset * 20 + revision),
    )


def react(rng: Random, autumn: Autumn, message: PersonEvent, verdict: Verdict) -> None:
    at, deeds = message.origin.appended_at, list[Action]()
    when: list[datetime] = []

    def do(deed: Action, days: float) -> None:
        nonlocal at
        at += timedelta(days=days, minutes=1)
        deeds.append(deed)
        when.append(at)

    how = rng.random()
    if how < 0.15:
        return
    reached = how < 0.85
    for _ in range(rng.randrange(3)):
        do(ContactAttempt(at=at + timedelta(minutes=1), form=rng.choice([*ContactForm]), reached=False), 0.5)
    if reached:
        days = rng.choice((0, 1, 3, 6, 12, 30))
        contact = at + timedelta(days=days, minutes=1)
        do(ContactAttempt(at=contact, form=rng.choice([*ContactForm]), reached=True), days)
        if rng.random() < 0.8:
            started = tuple(sorted(rng.sample([*Initiative][:5], rng.randrange(3))))
            none = None if started else rng.choice([*NoInitiative])
            close = Close(
                ending=Ending.CONTACT_MADE, initiatives=started or (Initiative.NONE,), none_because=none
            )
            do(close, rng.choice((0, 2, 8)))
            if rng.random() < 0.25:
                do(Reopen(reason=ReopenReason.CLOSED_BY_MISTAKE), 1)
                if rng.random() < 0.5:
                    do(close, 1)
    elif rng.random() < 0.7:
        do(Close(ending=Ending.NOT_REACHED), 10)
    for moment, deed in zip(when, deeds, strict=True):
        act = RecordedAction(
            id=uuid5(UUID(int=7), f"{message.event_id} {moment}"),
            task_id=UUID(int=0),
            by=Actor(id="anna", name="Anna", via=Via.PAGE),
            at=moment,
            deed=deed,
        )
        autumn.deeds.append(Deed(verdict.evidence.enrolment_id or "", verdict.unit_id or "", act))


async def put_in(connection: Connection, autumn: Autumn) -> None:
    """Into the ledger, as its own process would."""
    known: dict[Place, int] = {}
    said = [(at, Topic.DECISIONS, one) for at, one in sorted(autumn.decisions, key=lambda each: each[0])]
    facts = [(one.origin.appended_at, Topic.PERSON_EVENTS, one) for one in (*autumn.events, *autumn.messages)]
    batch = Batch()
    for topic, records in ((Topic.DECISIONS, said), (Topic.PERSON_EVENTS, facts)):
        for offset, (at, _, content) in enumerate(records):
            value = content.model_dump_json(exclude_none=True).encode()
            batch.take(KafkaRecord(topic, 0, offset, int(at.timestamp() * 1000), None, value))
        batch.next_offsets[str(topic), 0] = len(records)
    batch.decisions = [one for _, _, one in said]
    batch.offsets = list(range(len(said)))
    async with connection.transaction():
        await project(connection, batch, known, POLICY)
    await _do(connection, autumn.deeds)


async def _do(connection: Connection, deeds: Sequence[Deed]) -> None:
    numbers: dict[UUID, int] = {}
    async with connection.transaction():
        cursor = await connection.execute("SELECT id, enrolment_id, unit_id FROM tasks ORDER BY ordinal DESC")
        tasks = {(enrolment, unit): identity for identity, enrolment, unit in await cursor.fetchall()}
        for deed in sorted(deeds, key=lambda one: one.act.at):
            task = tasks[deed.enrolment, deed.unit]
            numbers[task] = numbers.get(task, 0) + 1
            act = deed.act.model_copy(update={"task_id": task})
            row = ActionRow(act=act, number=numbers[task], person_id="", partition=0, after_offset=0)
            assert await action_log.add(connection, row)


def day_of(moment: datetime) -> date:
    """In Denmark."""
    return copenhagen_date(moment)
