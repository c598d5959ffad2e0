"""The demo's autumn played in its own time on a ledger: the rules' decisions as they come, and what units do about them
by the way that a page or a program does it, refusals and hand-overs included. What was done is kept in a journal."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from heapq import heappop, heappush
from random import Random
from typing import Final
from uuid import UUID, uuid5

from config.reference.days_off import days_off_of
from config.reference.units import react_by_of
from config.topics import Topic
from infra.kafka_record import KafkaRecord
from infra.postgres import Connection
from ledger.actions.perform import ActionRefused, Rules, perform
from ledger.consume.batch import Batch, Place
from ledger.consume.project import project
from ledger.tasks.projection import Policy
from models.eligibility.decision import Decision, Outcome
from models.eligibility.simple_decision import as_decision
from models.events.person_event import Origin, PersonEvent
from models.events.receipt import Receipt, ReceiptStatus
from models.ids import UnitId
from models.tasks.actions import (
    Acknowledge,
    Action,
    Actor,
    Close,
    ContactAttempt,
    ContactForm,
    Ending,
    HandOver,
    HandOverReason,
    Initiative,
    NoInitiative,
    Reopen,
    ReopenReason,
    Via,
)
from publisher.events import PlainEvent
from tests.channels import by_channel
from tests.integration.reports.autumn import LAW
from tests.reference import SHIPPED
from tests.travel.clock import Clock
from tests.unit.local.demo.scenario.test_expected import World
from tests.unit.ops.audit.test_oracle import person_event

_ANNA: Final = Actor(id="anna", name="Anna", via=Via.PAGE)
_POLICY: Final = Policy(
    react_by_days=lambda unit, day: react_by_of(SHIPPED).on(UnitId(unit), day),
    addresses=by_channel(lambda unit: ()),
    days_off=days_off_of(SHIPPED),
)
_UNITS: Final = frozenset(row.unit_id for row in SHIPPED.units.rows)
_RULES: Final = Rules(policy=_POLICY, not_reached_after=lambda unit: 2, units=_UNITS)


@dataclass(frozen=True, slots=True)
class Done:
    """A line of the journal, in plain words: what a caller was told is done."""

    at: datetime
    enrolment: str
    unit: str
    """Whose duty the rules had named, also after a hand-over."""
    kind: str
    contact_at: datetime | None = None
    form: str = ""
    reached: bool = False
    ending: str = ""
    initiatives: tuple[str, ...] = ()


@dataclass
class Played:
    """What happened, as those who did it wrote it down."""

    story: list[tuple[datetime, PlainEvent]] = field(default_factory=list)
    """What counts, with the moment at which the brokers had it."""
    journal: list[Done] = field(default_factory=list)
    refused: int = 0


@dataclass
class _Units:
    """What units mean to do, in order of time."""

    connection: Connection
    clock: Clock
    played: Played
    rng: Random = field(default_factory=lambda: Random(5))
    planned: list[tuple[datetime, int, str, Action]] = field(default_factory=list)
    given: dict[UUID, tuple[str, str]] = field(default_factory=dict)
    serial: int = 0

    def plan(self, decision: Decision, at: datetime) -> None:
        """What will be done about a message that has come to oblige."""
        rng = self.rng
        enrolment, how = decision.verdict.evidence.enrolment_id or "", rng.random()
        if how < 0.15:
            return

        def do(days: float, deed: Action) -> None:
            nonlocal at
            at += timedelta(days=days, minutes=61)
            if isinstance(deed, ContactAttempt):
                deed = deed.model_copy(update={"at": at - timedelta(minutes=rng.randrange(60))})
            self.serial += 1
            heappush(self.planned, (at, self.serial, enrolment, deed))

        do(0, Acknowledge())
        if rng.random() < 0.1:
            do(0.1, HandOver(to_unit=rng.choice(sorted(_UNITS)[:9]), reason=HandOverReason.AGREED))
        for _ in range(rng.randrange(3)):
            do(0.5, ContactAttempt(at=at, form=rng.choice([*ContactForm]), reached=False))
        if how < 0.85:
            days = rng.choice((0, 1, 3, 6, 12, 30))
            do(days, ContactAttempt(at=at, form=rng.choice([*ContactForm]), reached=True))
            if rng.random() < 0.8:
                started = tuple(rng.sample([*Initiative][:5], rng.randrange(3)))
                close = Close(
                    ending=Ending.CONTACT_MADE,
                    initiatives=started or (Initiative.NONE,),
                    none_because=None if started else rng.choice([*NoInitiative]),
                )
                do(rng.choice((0, 2, 8)), close)
                if rng.random() < 0.25:
                    do(1, Reopen(reason=ReopenReason.CLOSED_BY_MISTAKE))
                    if rng.random() < 0.5:
                        do(1, close)
        elif rng.random() < 0.7:
            do(10, Close(ending=Ending.NOT_REACHED))

    async def act(self, until: datetime) -> None:
        """What is due before `until`."""
        while self.planned and self.planned[0][0] < until:
            at, serial, enrolment, deed = heappop(self.planned)
            await self.clock.set(at)
            cursor = await self.connection.execute(
                "SELECT id, unit_id FROM tasks WHERE enrolment_id = %s "
                "ORDER BY status = 'open' DESC, ordinal DESC, id LIMIT 1",
                (enrolment,),
            )
            row = await cursor.fetchone()
            if row is None:
                continue
            task, unit = row
            try:
                done = await perform(
                    self.connection,
                    task_id=task,
                    units=frozenset({unit}),
                    act_id=uuid5(UUID(int=3), str(serial)),
                    by=_ANNA,
                    deed=deed,
                    rules=_RULES,
                )
            except ActionRefused:
                self.played.refused += 1
                continue
            duty = self.given.setdefault(task, (enrolment, unit))
            if done.successor is not None:
                self.given.setdefault(done.successor, duty)
            self.played.journal.append(_line(at, duty, deed))


def _line(at: datetime, duty: tuple[str, str], deed: Action) -> Done:
    match deed:
        case ContactAttempt():
            return Done(at, *duty, "attempt", contact_at=deed.at, form=deed.form.value, reached=deed.reached)
        case Close():
            codes = tuple(one.value for one in deed.initiatives)
            return Done(at, *duty, "close", ending=deed.ending.value, initiatives=codes)
        case _:
            return Done(at, *duty, deed.kind)


async def play(connection: Connection, story: Sequence[tuple[datetime, PlainEvent]], last: date) -> Played:
    """Everything until `last`; the ledger at `connection` is under the tests' clock."""
    played = Played(story=list(story))
    clock = Clock(connection)
    units, world = _Units(connection, clock, played), World(LAW)
    known: dict[Place, int] = {}
    offsets = {Topic.DECISIONS: 0, Topic.PERSON_EVENTS: 0}
    raised: set[tuple[str, int, int]] = set()
    for number, (at, plain) in enumerate(story):
        await units.act(at)
        await clock.set(at)
        origin = Origin(topic=plain.type, partition=0, offset=number, appended_at=at)
        batch = Batch()
        batch.receipts.append(
            Receipt(
                origin=origin,
                status=ReceiptStatus.ACCEPTED,
                sender=plain.sender,
                event_id=plain.id,
                type=plain.type,
                fingerprint=str(number),
            )
        )
        if "cpr" in plain.data:
            event = person_event(plain, origin)
            _take(batch, Topic.PERSON_EVENTS, [event], at, offsets)
            said = len(world.log)
            world.apply([event])
            decisions = world.log[said:]
            _take(batch, Topic.DECISIONS, decisions, at, offsets)
            batch.decisions = list(decisions)
        async with connection.transaction():
            await project(connection, batch, known, _POLICY)
        known |= batch.next_offsets
        for decision in map(as_decision, batch.decisions):
            place = decision.message.origin.place
            if decision.verdict.outcome is Outcome.OBLIGED and place not in raised:
                raised.add(place)
                units.plan(decision, at)
    await units.act(datetime.combine(last, datetime.min.time(), story[-1][0].tzinfo))
    return played


def _take(
    batch: Batch,
    topic: Topic,
    contents: Sequence[PersonEvent | Decision],
    at: datetime,
    offsets: dict[Topic, int],
) -> None:
    for one in contents:
        value = one.model_dump_json(exclude_none=True).encode()
        batch.take(KafkaRecord(topic, 0, offsets[topic], int(at.timestamp() * 1000), None, value))
        offsets[topic] += 1
        batch.next_offsets[str(topic), 0] = offsets[topic]
        batch.offsets = list(range(offsets[topic] - len(contents), offsets[topic]))
