"""Sends prepared records to Kafka and waits for the brokers' acknowledgement of every one.

It reads its input as it goes, so memory does not grow with the file, and it never calls a record published
that no broker has acknowledged. Publishing a file again is safe: ids are the author's, so repeats do nothing.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, KafkaTimeoutError

from config.kafka import KafkaSettings
from crypto.signature import NotCanonicalError
from publisher.events import Binding, FileLine, LineFault, Outgoing, Ready, line_fault
from publisher.keys import NoKey
from publisher.prepare import LATEST, ContractVersion, Keys, prepare
from publisher.read_ahead import read_ahead

IN_FLIGHT: Final = 4000
"""Records sent and not yet acknowledged: enough for full batches, and a bound on memory."""
LISTED_FAULTS: Final = 1000
_TURN: Final = 32
"""Records handed over between two turns of the event loop: sending goes on meanwhile."""
_REPORT_SECONDS: Final = 0.1


class NotPublished(RuntimeError):
    """Kafka cannot be reached, or lacks a topic; the message is a sentence for the person who publishes."""


@dataclass(frozen=True, slots=True)
class PublishProgress:
    """How far it has got, in lines read and records acknowledged."""

    read: int
    acknowledged: int
    faulty: int


@dataclass(slots=True)
class PublishResult:
    """What became of the input. `faults` lists the first thousand; `faulty` counts all lines with a fault."""

    read: int = 0
    acknowledged: int = 0
    faulty: int = 0
    faults: list[LineFault] = field(default_factory=list)
    seconds: float = 0.0
    gave_up: bool = False
    """The brokers fell silent, and the rest of the input was not read."""

    @property
    def complete(self) -> bool:
        """Whether every line was published."""
        return self.acknowledged == self.read and not self.gave_up

    @property
    def progress(self) -> PublishProgress:
        """A snapshot."""
        return PublishProgress(self.read, self.acknowledged, self.faulty)


def prepared(
    lines: Iterable[FileLine | LineFault],
    keys: Keys,
    *,
    binding: Binding = Binding.STRUCTURED,
    version: ContractVersion = LATEST,
) -> Iterator[Outgoing | LineFault]:
    """Each line sealed and signed with its own sender's key, as it is asked for."""
    for line in lines:
        if isinstance(line, LineFault):
            yield line
            continue
        try:
            ready = prepare(
                line.event,
                signing_key=keys.signing_key(line.event.sender),
                service_key=keys.service_key(),
                binding=binding,
                version=version,
            )
        except NoKey as error:
            yield line_fault(line.number, str(error))
        except NotCanonicalError:
            yield line_fault(line.number, "data holds a number that JSON cannot carry exactly.")
        except ValueError as error:
            yield line_fault(line.number, f"{error}.")
        else:
            yield Outgoing(line.number, ready)


async def publish(
    records: Iterable[Outgoing | LineFault],
    *,
    kafka: KafkaSettings,
    on_progress: Callable[[PublishProgress], None] | None = None,
    on_fault: Callable[[LineFault], None] | None = None,
    patience: timedelta = timedelta(seconds=60),
) -> PublishResult:
    """Send `records` and wait until each is acknowledged. Raises `NotPublished` when nothing can be sent.

    After `patience` without an acknowledgement the rest is reported as faults: it may have been taken or not.
    Records of one sender keep their order on each topic.
    """
    sending = _Sending(patience.total_seconds(), on_progress, on_fault)
    producer = AIOKafkaProducer(**kafka.producer())
    try:
        await asyncio.wait_for(producer.start(), sending.patience)
    except (KafkaError, TimeoutError, OSError) as error:
        await _stop(producer)
        raise NotPublished(
            f"Kafka does not answer at {kafka.bootstrap_servers}: {type(error).__name__}."
        ) from None
    try:
        await sending.run(producer, records)
    finally:
        # Whoever interrupts it learns how far it came, with what is taken while it stops.
        await _stop(producer)
        result = sending.finish()
    return result


async def _stop(producer: AIOKafkaProducer) -> None:
    """Stop, but not wait for ever for a broker that is gone: an idempotent producer retries without end."""
    try:
        await asyncio.wait_for(producer.stop(), 5)
    except (TimeoutError, KafkaError):
        await producer.client.close()


class _Sending:
    """One run: what is under way, and what is known of the rest."""

    def __init__(
        self,
        patience: float,
        on_progress: Callable[[PublishProgress], None] | None,
        on_fault: Callable[[LineFault], None] | None,
    ) -> None:
        self.patience = patience
        self._on_progress = on_progress
        self._on_fault = on_fault
        self._result = PublishResult()
        self._under_way: dict[asyncio.Future[object], int] = {}
        self._topics: set[str] = set()
        self._last_line = 0
        self._moved = asyncio.Event()
        self._began = time.perf_counter()
        self._reported = 0.0

    async def run(self, producer: AIOKafkaProducer, records: Iterable[Outgoing | LineFault]) -> None:
        """Send everything, then wait for the last acknowledgement."""
        # A pipe's next line may be long in coming: what was sent is acknowledged meanwhile, and an interrupt is heard.
        async with aclosing(read_ahead(records)) as made:
            async for some in made:
                await self._send_some(producer, some)
                if self._result.gave_up:
                    return
        await self._wait(0)

    async def _send_some(self, producer: AIOKafkaProducer, records: Iterable[Outgoing | LineFault]) -> None:
        for turn, record in enumerate(records):
            new_line, self._last_line = record.number != self._last_line, record.number
            self._result.read += new_line
            if isinstance(record, LineFault):
                self._note(record, new_line=new_line)
            else:
                await self._send(producer, record.number, record.ready)
            if turn % _TURN == 0:
                self._report()
                await asyncio.sleep(0)
            if len(self._under_way) >= IN_FLIGHT:
                await self._wait(IN_FLIGHT // 2)
            if self._result.gave_up:
                return

    def finish(self) -> PublishResult:
        """The result, all of it reported."""
        self._result.seconds = time.perf_counter() - self._began
        self._reported = 0.0
        self._report()
        return self._result

    async def _send(self, producer: AIOKafkaProducer, number: int, ready: Ready) -> None:
        if ready.topic not in self._topics:
            await self._check_topic(producer, ready.topic)
        try:
            future: asyncio.Future[object] = await producer.send(
                ready.topic, value=ready.value, key=ready.key, headers=list(ready.headers)
            )
        except KafkaTimeoutError:
            self._note(line_fault(number, "it was not sent: the brokers are silent."))
            self._give_up()
            return
        except KafkaError as error:
            self._note(line_fault(number, f"it was not sent: {type(error).__name__}."))
            return
        self._under_way[future] = number
        future.add_done_callback(self._settle)

    async def _check_topic(self, producer: AIOKafkaProducer, topic: str) -> None:
        try:
            await asyncio.wait_for(producer.partitions_for(topic), self.patience)
        except (KafkaError, TimeoutError):
            raise NotPublished(f"Kafka has no topic {topic}, or this client may not write to it.") from None
        self._topics.add(topic)

    def _settle(self, future: asyncio.Future[object]) -> None:
        number = self._under_way.pop(future, None)
        error = KafkaTimeoutError() if future.cancelled() else future.exception()
        if number is None:
            return
        if error is None:
            self._result.acknowledged += 1
        else:
            self._note(line_fault(number, f"the brokers did not take it: {type(error).__name__}."))
        self._moved.set()

    async def _wait(self, at_most: int) -> None:
        """Wait until no more than `at_most` are under way; give up when nothing has moved for too long."""
        silent_since = time.monotonic()
        while len(self._under_way) > at_most:
            self._moved.clear()
            try:
                await asyncio.wait_for(self._moved.wait(), 0.5)
                silent_since = time.monotonic()
            except TimeoutError:
                if time.monotonic() - silent_since > self.patience:
                    self._give_up()
            self._report()

    def _give_up(self) -> None:
        for number in sorted(self._under_way.values()):
            self._note(
                line_fault(
                    number, "no broker acknowledged it in time; it may have been taken. Publish it again."
                )
            )
        self._under_way.clear()
        self._result.gave_up = True

    def _note(self, found: LineFault, *, new_line: bool = True) -> None:
        self._result.faulty += new_line
        if len(self._result.faults) < LISTED_FAULTS:
            self._result.faults.append(found)
        if self._on_fault is not None:
            self._on_fault(found)

    def _report(self) -> None:
        if self._on_progress is None:
            return
        now = time.monotonic()
        if now - self._reported >= _REPORT_SECONDS:
            self._reported = now
            self._on_progress(self._result.progress)
