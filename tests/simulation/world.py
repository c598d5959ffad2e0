"""The world of one seed: who acts next, what goes wrong, and how it all comes to rest.

Everything that is left to chance is drawn from one generator, so a seed is a whole run. Nothing here judges.
"""

from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from random import Random
from typing import Any, Final, Protocol

from config.topics import Topic
from ledger.project import Policy
from streams.records import Record
from tests.factories import LAW
from tests.simulation import ledgers
from tests.simulation.clock import Clock
from tests.simulation.faults import Fault, Mutation
from tests.simulation.history import Sent, story
from tests.simulation.ledgers import LedgerProcess, send_outbox
from tests.simulation.log import Log, Place
from tests.simulation.mailers import Notifier, Relay, recipients
from tests.simulation.memory import Memory
from tests.simulation.offices import Office
from tests.simulation.sessions import DATABASE_FAULTS, Session, Strike
from tests.simulation.workers import (
    INPUTS,
    Group,
    KilledError,
    SimulatedProducer,
    Worker,
    Written,
    write,
)

DAYS_OFF: Final = frozenset({date(2026, 3, 6), date(2026, 4, 2), date(2026, 4, 3), date(2026, 4, 6)})
REACT_BY_DAYS: Final = {"unit-0751": 3}
"""Elsewhere five."""
POLICY: Final = Policy(
    react_by_days=lambda unit, _: REACT_BY_DAYS.get(unit, 5), recipients=recipients, days_off=DAYS_OFF
)
_KILLS: Final = (
    Fault.KILLED_BEFORE_OUTPUT,
    Fault.KILLED_IN_OUTPUT,
    Fault.KILLED_IN_OUTPUT,
    Fault.KILLED_AFTER_OUTPUT,
    Fault.ZOMBIE,
    Fault.ZOMBIE,
)
_COMPACTION_LAG: Final = timedelta(hours=1)
"""A week in truth; worlds live for days only, and the cleaner must find something in them."""
_WAITS: Final = (
    *((timedelta(seconds=1),) * 6),
    *((timedelta(seconds=40),) * 4),
    *((timedelta(minutes=4),) * 3),
    timedelta(minutes=4),
    timedelta(minutes=50),
    timedelta(minutes=50),
    timedelta(hours=11),
    timedelta(hours=60),
)
_PATIENCE: Final = 4000
"""Rounds within which everything must have come to rest."""


class Database(Protocol):
    """PostgreSQL, or what stands in for it."""

    async def connect(self) -> Any:
        """A connection."""

    async def at(self, now: Any) -> None:
        """From here on it is this late."""

    async def backup(self) -> Any:
        """Position and content together."""

    async def restore(self, backup: Any) -> None:
        """Back to it."""

    async def rows(self, table: str) -> list[dict[str, Any]]:
        """A table's content."""


class World:
    """Made for one run."""

    def __init__(
        self,
        seed: int | str,
        *,
        mutation: Mutation | None = None,
        database: Callable[[Clock], Database] | None = None,
        tell: Callable[[str], None] | None = None,
    ) -> None:
        self.seed = seed
        self.mutation = mutation
        self.rng = Random(f"chaos {seed}")
        self.story: list[Sent] = story(Random(f"story {seed}"))
        self.clock = Clock()
        self.faults: Counter[Fault] = Counter()
        self.log = Log(self.clock, compaction_lag=_COMPACTION_LAG)
        self.log.last_write_wins = mutation is Mutation.LOWER_OFFSET_WINS
        self.database: Database = Memory(self.clock, mutation) if database is None else database(self.clock)
        self.relay = Relay(self.clock, self.rng, self.count)
        self.unsent = list(range(len(self.story)))
        self.late: list[Written] = []
        self.skipped: set[tuple[Place, int]] = set()
        self.healed: list[tuple[Place, int]] = []
        """What the audit has driven again."""
        self.unexplained: list[tuple[Place, int]] = []
        """Of those: what no engine had skipped, or what its step says that it is past."""
        self.actions = 0
        self._tell = tell
        self._backup: Any = None
        blind = mutation is Mutation.HOLE_NOT_READ
        self.group = Group(
            [
                Worker(
                    name,
                    self.log,
                    self.clock,
                    LAW,
                    self.story,
                    blind=blind,
                )
                for name in ("w1", "w2")
            ]
        )

    async def begin(self) -> None:
        """Open the connections, deal the partitions out."""
        await self.database.at(self.clock.now)
        sessions = [Session(await self.database.connect(), self.count) for _ in range(5)]
        self.sessions = sessions
        self.ledgers = [
            LedgerProcess(self.log, POLICY, self.rng, session, self.count) for session in sessions[:2]
        ]
        self.notifiers = [
            Notifier(f"n{number}", session, self.relay, self.clock, self.count, self.mutation)
            for number, session in enumerate(sessions[2:4], 1)
        ]
        self.office = Office(sessions[4], POLICY, self.clock, self.rng, self.count)
        self.group.rebalance(self.rng)
        self.deal(apart=True)

    def count(self, fault: Fault) -> None:
        """It has happened."""
        self.faults[fault] += 1
        self.say(f"  ! {fault}")

    def say(self, text: str) -> None:
        """A line of the trace."""
        if self._tell is not None:
            self._tell(f"{self.clock.now:%m-%d %H:%M:%S} {text}")

    async def chaos(self) -> None:
        """Everything at once, for a while."""
        await self.begin()
        for _ in range(40 + 4 * len(self.story)):
            await self.act(self.rng.choices(_NAMES, cum_weights=_CUMULATED)[0])

    async def act(self, name: str) -> None:
        """One thing happens."""
        self.actions += 1
        await self.database.at(self.clock.now)
        await ACTIONS[name](self)

    # what senders do, and time

    async def send(self) -> None:
        """The next few records are sent."""
        for _ in range(self.rng.randint(1, 4)):
            if self.unsent:
                self.send_one()

    def send_one(self) -> None:
        number = self.unsent.pop(0)
        record = self.log.append(self.story[number].topic, self.rng.randrange(4), None, str(number).encode())
        self.say(f"sent {record.topic}/{record.partition}@{record.offset}: {_about(self.story[number])}")

    async def wait(self) -> None:
        """Time passes."""
        self.clock.forward(self.rng.choice(_WAITS))

    async def skew(self) -> None:
        """A broker's clock is set wrong, or right."""
        self.log.skews[self.rng.randrange(3)] = self.rng.choice(
            (timedelta(0), timedelta(hours=2), timedelta(hours=-2))
        )
        self.count(Fault.CLOCK_SKEW)

    async def hole(self) -> None:
        """An offset that no record has."""
        topic, partitions = self.rng.choice(
            ((INPUTS[3], 4), (Topic.PERSON_EVENTS, 8), (Topic.DECISIONS, 8), (Topic.PEOPLE, 8))
        )
        self.log.leave_hole(topic, self.rng.randrange(partitions))
        self.count(Fault.OFFSET_GAP)

    async def compact(self) -> None:
        """The brokers' cleaner runs. Within the lag each partition had a worker."""
        if any(not worker.places for worker in self.group.workers):
            self._rebalance()
        self.clock.forward(timedelta(minutes=6))
        for worker in self.group.workers:
            if not worker.deaf:
                await worker.tend()
        for _ in range(min(1, self.log.compact())):
            self.count(Fault.COMPACTION)

    # the stream

    async def intake(self) -> None:
        """A worker's intake gets a batch."""
        await self.deliver(self.rng.choice(self.group.workers), "intake")

    async def match(self) -> None:
        """A worker's match gets a batch."""
        await self.deliver(self.rng.choice(self.group.workers), "match")

    async def deliver(self, worker: Worker, step: str, *, gently: bool = False) -> bool:
        waiting = worker.waiting(step)
        if not waiting:
            return False
        places = waiting if gently else self.rng.sample(waiting, self.rng.randint(1, min(3, len(waiting))))
        records: list[Record] = []
        for place in places:
            records += self._fetch(worker, place, gently=gently)
        if not gently and self.rng.random() < 0.04:
            records += self._stale(worker)
        producer = worker.producers[step]
        if not gently and records and self.rng.random() < 0.16:
            producer.ending, producer.share = self.rng.choice(_KILLS), self.rng
        self.say(f"{worker.name}.{step} {' '.join(_name(record) for record in records)}")
        try:
            if records:
                await worker.batch(step, records)
        except KilledError:
            self._killed(worker, producer)
            return True
        for place in places:
            if gently or self.rng.random() < 0.8:
                self.group.commit(worker, place, worker.positions[place])
            else:
                self.count(Fault.OFFSET_NOT_COMMITTED)
        return True

    def _fetch(self, worker: Worker, place: Place, *, gently: bool) -> list[Record]:
        start, end = worker.positions[place], self.log.end(place)
        drawn = 1.0 if gently else self.rng.random()
        if drawn < 0.06 and start > 0:
            start = max(0, start - self.rng.randint(1, 3))
            self.count(Fault.REDELIVERY)
        elif drawn < 0.13:
            skipped = self.log.read(place, start, min(end, start + self.rng.randint(1, 3)))
            self.skipped |= {(place, record.offset) for record in skipped}
            start += len(skipped)
            self.count(Fault.SKIPPED)
        records = self.log.read(place, start, end)[: 500 if gently else self.rng.randint(1, 6)]
        worker.positions[place] = records[-1].offset + 1 if records else end
        return records

    def _stale(self, worker: Worker) -> list[Record]:
        foreign = [
            place
            for place in sorted(self.group.committed)
            if place not in worker.places and self.log.read(place, 0, 1)
        ]
        if not foreign:
            return []
        self.count(Fault.STALE_BUFFER)
        return self.log.read(self.rng.choice(foreign), 0, 1)

    def _killed(self, worker: Worker, producer: SimulatedProducer) -> None:
        if producer.late is not None:
            self.late.append(producer.late)
        if producer.ending is not None:
            self.count(producer.ending)
        worker.start()
        if self.rng.random() < 0.7:
            self._rebalance()

    async def rebalance(self) -> None:
        """The group deals anew."""
        self._rebalance(deaf=self.rng.choice(self.group.workers) if self.rng.random() < 0.4 else None)

    def _rebalance(self, deaf: Worker | None = None) -> None:
        if deaf is not None and deaf.places:
            self.count(Fault.DEAF)
        self.count(Fault.REBALANCE)
        self.group.rebalance(self.rng, deaf)

    async def hear(self) -> None:
        """A worker learns that it was left out, and joins again."""
        if any(worker.deaf or not worker.places for worker in self.group.workers):
            self._rebalance()

    async def late_write(self) -> None:
        """What a zombie had under way reaches the brokers."""
        if self.late:
            written = self.late.pop(self.rng.randrange(len(self.late)))
            self.say(f"a zombie writes {len(written)} records")
            write(self.log, written)

    # the ledger

    async def ledger(self) -> None:
        """A ledger polls."""
        process = self.rng.choice(self.ledgers)
        self._strike(process.session, 0.15)
        self.say("ledger")
        await process.step()
        process.session.strike = None

    async def outbox(self) -> None:
        """The outbox is emptied."""
        session = self.ledgers[0].session
        self._strike(session, 0.2)
        await send_outbox(session, self.log)
        session.strike = None

    def _strike(self, session: Session, chance: float) -> None:
        if self.rng.random() < chance:
            fault = self.rng.choice(DATABASE_FAULTS)
            statements = fault in (Fault.DATABASE_BEFORE, Fault.DATABASE_AFTER)
            session.strike = Strike(fault, self.rng.randint(0, 8) if statements else 0)

    async def restart_ledger(self) -> None:
        """A ledger's process is replaced."""
        process = self.rng.choice(self.ledgers)
        places = process.consumer.places
        process.start()
        process.assign(places)
        self.count(Fault.LEDGER_RESTARTED)

    async def deal_ledgers(self) -> None:
        """The ledgers' group deals anew, or one does not hear of it."""
        self.deal(apart=self.rng.random() < 0.5)

    def deal(self, *, apart: bool) -> None:
        one, other = self.ledgers
        if apart:
            one.assign(ledgers.PLACES[::2])
            other.assign(ledgers.PLACES[1::2])
        else:
            self.count(Fault.LEDGER_REBALANCED)
            # The other one has them all; this one goes on with what it has.
            other.assign(ledgers.PLACES)

    async def back_up(self) -> None:
        """Somebody makes a backup."""
        self._backup = await self.database.backup(), dict(self.office.done)
        self.say("backup")

    async def restore(self) -> None:
        """Somebody puts it back, under running processes; never one from before the first restore's."""
        if self._backup is None:
            return
        backup, self.office.done = self._backup
        await self.database.restore(backup)
        self._backup = None
        self.relay.age += 1
        self.count(Fault.RESTORED)

    # the notifier

    async def notify(self) -> None:
        """A notifier does the next thing."""
        notifier = self.rng.choice(self.notifiers)
        self._strike(notifier.session, 0.06)
        drawn = self.rng.random()
        self.say(f"notifier {drawn:.3f}")
        if drawn < 0.35:
            await notifier.claim(self.rng.randint(1, 4))
        elif drawn < 0.6:
            await notifier.send()
        elif drawn < 0.85:
            await notifier.record()
        elif drawn < 0.95:
            await notifier.renew()
        else:
            await notifier.expire()
        notifier.session.strike = None

    # the units

    async def work(self) -> None:
        """Somebody at a unit does something with a task, or sends again what got no answer."""
        self._strike(self.office.session, 0.15)
        if self.rng.random() < 0.3:
            await self.office.again()
        else:
            tasks = await self.database.rows("tasks")
            if tasks:
                self.say(await self.office.work(tasks))
        self.office.session.strike = None

    async def calm(self) -> None:
        """For a moment nothing goes wrong: what was sent reaches the units, and somebody works."""
        for _ in range(3):
            for worker in self.group.workers:
                for step in ("intake", "match"):
                    await self.deliver(worker, step, gently=True)
            await self.database.at(self.clock.now)
            for process in self.ledgers:
                await process.step()
        for _ in range(self.rng.randint(1, 8)):
            await self.work()

    async def kill_notifier(self) -> None:
        """A notifier dies."""
        self.rng.choice(self.notifiers).kill()


def _about(sent: Sent) -> str:
    if sent.event is None:
        return "a record that intake refuses"
    return f"{sent.event.person_id} {sent.event.content.kind} {sent.event.event_id[:8]}"


def _name(record: Record) -> str:
    return f"{record.topic}/{record.partition}@{record.offset}"


ACTIONS: Final[dict[str, Callable[[World], Awaitable[None]]]] = {
    "send": World.send,
    "wait": World.wait,
    "intake": World.intake,
    "match": World.match,
    "ledger": World.ledger,
    "outbox": World.outbox,
    "notify": World.notify,
    "work": World.work,
    "calm": World.calm,
    "hear": World.hear,
    "late_write": World.late_write,
    "rebalance": World.rebalance,
    "skew": World.skew,
    "hole": World.hole,
    "compact": World.compact,
    "restart_ledger": World.restart_ledger,
    "deal_ledgers": World.deal_ledgers,
    "back_up": World.back_up,
    "restore": World.restore,
    "kill_notifier": World.kill_notifier,
}
_WEIGHTS: Final = (22, 14, 26, 30, 26, 8, 36, 16, 7, 5, 4, 4, 1, 2, 4, 1, 2, 2, 1, 2)
_NAMES: Final = tuple(ACTIONS)
_CUMULATED: Final = tuple(sum(_WEIGHTS[: number + 1]) for number in range(len(_WEIGHTS)))
# Escalation of a duty to which nobody has reacted has no place in the service yet. When it has, its clock is driven
# here ("escalate"), and judged in `judge.escalations`.
