"""The command that erases people, under the same faults as everything else: it dies anywhere, and is run again.

The real `ops.recovery.erasure_log.ErasureLog` writes the cut-off, the word to match and the tombstones; what the
command keeps in the database (the request, and where its record stands) is kept here. Who is erased, and when, is
drawn from a generator of its own: a world in which nobody is erased is the same as before.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final, cast
from uuid import UUID

import orjson

from config.kafka import KafkaSettings
from config.topics import OWN_KEYS, Topic
from infra.kafka_record import KafkaRecord
from infra.record_key import record_key
from ledger.store.erasures import hashed
from models.events.content import NumberChange
from models.events.person_event import Origin
from models.tasks.actions import Ending
from ops.recovery.erasure_log import ErasureLog
from tests.simulation.clock import Clock
from tests.simulation.faults import Fault
from tests.simulation.history import Sent
from tests.simulation.kafka_in_memory import Log
from tests.simulation.macs import MAC
from tests.simulation.workers import KilledError, SimulatedProducer

_SHARE: Final = 0.2
"""Of the worlds."""
_UP_TO: Final = (timedelta(minutes=10), timedelta(hours=3), timedelta(days=1))
"""How far before the present what goes may end, as with retention."""
Rows = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Erasure:
    """A request that is approved: all numbers of one person."""

    people: tuple[str, ...]
    request: str
    before: datetime | None
    origin: Origin | None = None


class EraserProducer(SimulatedProducer):
    """Writes a single record too, as the cut-off is."""

    async def send_and_wait(
        self, topic: str, value: bytes, *, partition: int, headers: list[tuple[str, bytes | None]]
    ) -> KafkaRecord:
        """By the brokers' clock; aiokafka's answer has its milliseconds."""
        record = self._log.append(topic, partition, None, value, headers)
        return cast(KafkaRecord, _Written(record.offset, record.timestamp_ms))


@dataclass(frozen=True, slots=True)
class _Written:
    offset: int
    timestamp: int


class Eraser:
    """One command at a time, as there is one `erase run`."""

    def __init__(
        self, seed: int | str, log: Log, clock: Clock, story: list[Sent], count: Callable[[Fault], None]
    ) -> None:
        self.rng = Random(f"erasure {seed}")
        self._log, self._clock, self._count = log, clock, count
        self._persons = _persons(story)
        self.is_on = self.rng.random() < _SHARE and bool(self._persons)
        self.under_way: Erasure | None = None
        self.cut_offs: dict[str, datetime] = {}
        """Of every number: what the brokers had before is to be gone."""
        self.tasks: dict[UUID, str] = {}
        self.notices: dict[UUID, str] = {}
        """Whose they were, while they stood there."""
        self.handed_over: set[str] = set()
        """Whose tasks people have handed to another unit."""

    async def look(self, tasks: Rows, deliveries: Rows) -> None:
        """Whose task is whose: afterwards nobody can say."""
        self.tasks |= {row["id"]: row["person_id"] for row in tasks if ":" not in row["person_id"]}
        self.handed_over |= {row["person_id"] for row in tasks if row["ending"] is Ending.TRANSFERRED}
        self.notices |= {
            row["id"]: self.tasks[row["task_id"]] for row in deliveries if row["task_id"] in self.tasks
        }

    def is_erased(self, person: str | None) -> bool:
        """Whether the person, under any number, was erased."""
        return person in self.cut_offs

    async def step(self, erased: Rows) -> None:
        """Somebody asks, or the command runs; `erased`: what the ledger has forgotten."""
        if self.under_way is None:
            self._ask()
        elif self.rng.random() < 0.3:
            self.drive_again()
        else:
            await self.run(erased)

    def _ask(self) -> None:
        people = self.rng.choice(self._persons)
        self._count(Fault.ERASED_AGAIN if people[0] in self.cut_offs else Fault.ERASED)
        before = None
        if self.rng.random() < 0.3:
            before = self._clock.now - self.rng.choice(_UP_TO)
            self._count(Fault.ERASED_UP_TO)
        self.under_way = Erasure(people, str(UUID(int=self.rng.getrandbits(128), version=4)), before)

    async def run(self, erased: Rows, *, gently: bool = False) -> None:
        """`erase run` once; it does not wait for the ledger, but is run again."""
        one = self.under_way
        if one is None:
            return
        log, producer = self._open()
        if one.origin is None:
            origin = await log.cut_off(one.people, one.request, one.before)
            if not gently and self.rng.random() < 0.2:
                self._count(Fault.ERASING_KILLED_BEFORE_NOTED)
                return
            one = self.under_way = replace(one, origin=origin)
            for person in one.people:
                self.cut_offs[person] = max(origin.appended_at, self.cut_offs.get(person, origin.appended_at))
        origin = cast(Origin, one.origin)
        if not gently and self.rng.random() < 0.3:
            producer.ending, producer.share = Fault.KILLED_IN_OUTPUT, self.rng
        try:
            if not _has_forgotten(erased, one.people, origin.appended_at):
                await log.tell_match(one.people, origin, one.request)
                return
            await log.bury(one.people, origin.appended_at)
        except KilledError:
            self._count(Fault.ERASING_KILLED_IN_OUTPUT)
            return
        if not gently and self.rng.random() < 0.2:
            self._count(Fault.ERASING_KILLED_AT_END)
            return
        self.under_way = None

    async def again(self) -> None:
        """As `erase again`: what came back after the tombstones is buried too."""
        log, _ = self._open()
        for person, cut_off in self.cut_offs.items():
            await log.bury((person,), cut_off)

    def drive_again(self) -> None:
        """A record of before comes once more, as `audit --heal`, `redecide` or a late worker writes it."""
        topic = self.rng.choice(sorted(OWN_KEYS))
        old = [record for record in self._log.all_of(topic) if of_before(record, self.cut_offs)]
        if old:
            record = self.rng.choice(old)
            key = record_key("driven again")
            headers = MAC.headers(topic, record.partition, key, record.value)
            self._log.append(topic, record.partition, key, record.value, headers)
            self._count(Fault.ERASED_DRIVEN_AGAIN)

    def _open(self) -> tuple[ErasureLog, EraserProducer]:
        log, producer = ErasureLog(cast(KafkaSettings, None), MAC), EraserProducer(self._log)
        log._reader, log._producer = self._log.reader, cast(Any, producer)
        return log, producer


def of_before(record: KafkaRecord, cut_offs: dict[str, datetime]) -> bool:
    """Whether a record of a log says something of an erased person from before, by its own words."""
    if record.value is None:
        return False
    said = orjson.loads(record.value)
    about = said.get("message", said)
    cut_off, origin = cut_offs.get(about.get("person_id")), about.get("origin")
    if cut_off is None or origin is None or origin["topic"] == Topic.ERASURES:
        return False
    return datetime.fromisoformat(origin["appended_at"]) < cut_off


def _has_forgotten(erased: Rows, people: tuple[str, ...], cut_off: datetime) -> bool:
    known = {row["person"]: row["erased_before"].astimezone(UTC) for row in erased}
    return all(hashed(one) in known and known[hashed(one)] >= cut_off for one in people)


def _persons(story: list[Sent]) -> list[tuple[str, ...]]:
    """Everybody in the story, each with all the numbers that are ever said to be theirs."""
    groups: dict[str, set[str]] = {}
    for sent in story:
        if sent.event is not None:
            names = {sent.event.person_id}
            if isinstance(sent.event.content, NumberChange):
                names.add(sent.event.content.new_person_id)
            group = set().union(*(groups.get(name, {name}) for name in names))
            groups |= dict.fromkeys(group, group)
    return sorted({tuple(sorted(group)) for group in groups.values()})
