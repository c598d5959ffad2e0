"""One canary after another: sent, followed until it is home or lost, and taken back.

It looks with its own clock at what anybody can see: what is said on Kafka, and what stands in the ledger.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import psycopg
from aiokafka.errors import KafkaError

from config.kafka import KafkaSettings
from config.topics import Topic
from infra.metrics import Metrics
from infra.stream_mac import NO_MAC, StreamMac
from models.eligibility.law import Law
from ops.probe import events
from ops.probe.events import ProbePlan
from ops.probe.kafka_client import Ends, ProbeKafka
from ops.probe.ledger_client import ProbeLedger
from ops.probe.metrics import CANARY_HOME, CANARY_LEFT, CANARY_LEG, CANARY_LOST, CANARY_SECONDS
from ops.probe.trace import Leg, ProbeRun, ProbeTrace, applied_places, refusal
from publisher.prepare import ContractVersion, Keys

log = logging.getLogger(__name__)

_NO_KAFKA: Final = (KafkaError, OSError)
_HEAR_MS: Final = 100
_READ_SECONDS: Final = 0.25
_REST_SECONDS: Final = 0.5
_TAKE_BACK_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeSettings:
    """What a canary needs."""

    kafka: KafkaSettings
    database_url: str
    keys: Keys
    sources: Mapping[str, str]
    law: Law
    patience: timedelta
    version: ContractVersion
    """Of the contract, that they are sent in."""
    mac: StreamMac = NO_MAC


class Probe:
    """Sends them. `close` in the end."""

    def __init__(self, settings: ProbeSettings, shown: Metrics, *, monotonic: Callable[[], float]) -> None:
        self._settings = settings
        self._shown = shown
        self._monotonic = monotonic
        self._plan = ProbePlan(settings.sources, settings.law)
        self._wire = ProbeKafka(settings.kafka, settings.keys, settings.version, settings.mac)
        self._ledger = ProbeLedger(settings.database_url)
        self._known: int | None = None
        """The person whose facts are known to be applied."""
        self._taken_back: set[datetime] = set()
        for leg in Leg:
            # Of a series that begins with a loss, Prometheus could not say that it has grown.
            shown.count(CANARY_LOST, leg, by=0)

    async def close(self) -> None:
        """Disconnect."""
        await self._wire.close()
        await self._ledger.close()

    async def fly(self, moment: datetime) -> ProbeRun:
        """Take back what earlier ones have left, send the canary of `moment`, follow it, take it back."""
        await self._quietly(self._sweep(moment))
        began = self._monotonic()
        trace = ProbeTrace(events.message_id(moment))
        try:
            async with asyncio.timeout(self._settings.patience.total_seconds()):
                await self._follow(moment, trace)
        except TimeoutError:
            pass
        run = ProbeRun(
            message_id=trace.message_id,
            seconds=trace.seconds(began),
            lost_at=trace.waiting_for,
            why=None if trace.home else trace.stopped or trace.hint or "it was not seen in time",
        )
        self._show(run)
        if trace.place is not None or trace.stopped is None:
            # It may have been taken though nobody acknowledged it.
            await self._quietly(self._take_back(moment))
        self._wire.deaf()
        return run

    async def _follow(self, moment: datetime, trace: ProbeTrace) -> None:
        """Until it is home or stopped; brokers that are away are asked again, from where we had begun to listen."""
        since: Ends | None = None
        while not trace.home and trace.stopped is None:
            try:
                await self._wire.open()
                since = await self._wire.listen(since)
                if trace.place is None:
                    await self._send(moment, trace)
                await self._look(trace)
            except _NO_KAFKA as error:
                trace.hint = f"Kafka: {type(error).__name__}"
                await self._wire.close()
                await asyncio.sleep(_REST_SECONDS)

    async def _send(self, moment: datetime, trace: ProbeTrace) -> None:
        person = events.person_of(moment)
        if self._known != person:
            waited_for = set(await self._wire.publish(events.facts(moment, self._plan)))
            while waited_for:
                for topic, value in await self._wire.hear(_HEAR_MS):
                    if topic == Topic.APPLIED:
                        waited_for -= applied_places(value)
                    elif topic == Topic.RECEIPTS and (reason := refusal(value, waited_for)) is not None:
                        trace.stopped = f"intake has refused a fact: {reason}"
                        return
            self._known = person
        (trace.place,) = await self._wire.publish([events.message(moment, self._plan)])
        trace.reach(Leg.PUBLISHED, self._monotonic())

    async def _look(self, trace: ProbeTrace) -> None:
        read_at = self._monotonic()
        while not trace.home and trace.stopped is None:
            for topic, value in await self._wire.hear(_HEAR_MS):
                trace.hear(topic, value, self._monotonic())
            if self._monotonic() >= read_at:
                try:
                    trace.read(await self._ledger.state(trace.message_id), self._monotonic())
                except psycopg.Error as error:
                    trace.hint = f"PostgreSQL: {type(error).__name__}"
                read_at = self._monotonic() + _READ_SECONDS

    async def _take_back(self, moment: datetime) -> None:
        await self._wire.open()
        await self._wire.publish([events.withdrawal(moment, self._plan)])
        self._taken_back.add(moment)

    async def _sweep(self, moment: datetime) -> None:
        """What still stands of earlier ones; what was taken back already is on its way, or the auditor's to find."""
        left = await self._ledger.left(moment)
        self._shown.set(CANARY_LEFT, len(left))
        self._taken_back &= set(left)
        for one in left:
            if one not in self._taken_back:
                await self._take_back(one)

    async def _quietly(self, work: Awaitable[None]) -> None:
        """What does not succeed now is tried again by the next flight."""
        try:
            async with asyncio.timeout(_TAKE_BACK_SECONDS):
                await work
        except (TimeoutError, psycopg.Error, *_NO_KAFKA) as error:
            log.warning("cannot take back an earlier message now: %s", type(error).__name__)
            await self._wire.close()

    def _show(self, run: ProbeRun) -> None:
        self._shown.clear(CANARY_LEG)
        for leg, seconds in run.seconds.items():
            self._shown.set(CANARY_LEG, seconds, leg)
        if run.lost_at is None:
            self._shown.count(CANARY_HOME)
            self._shown.set(CANARY_SECONDS, run.total)
            log.info("home in %.1f seconds", run.total)
        else:
            self._shown.count(CANARY_LOST, run.lost_at)
            log.error("lost: not over the leg %r: %s", run.lost_at.value, run.why)


async def one_after_another(probe: Probe, interval: timedelta, stop: asyncio.Event) -> None:
    """One at each moment that `interval` divides, until `stop`; one that takes longer lets the next moments pass."""
    try:
        while not stop.is_set():
            moment = events.next_run(datetime.now(UTC), interval)
            try:
                async with asyncio.timeout((moment - datetime.now(UTC)).total_seconds()):
                    await stop.wait()
            except TimeoutError:
                await _until(stop, probe.fly(moment))
    finally:
        await probe.close()


async def _until(stop: asyncio.Event, run: Coroutine[None, None, ProbeRun]) -> None:
    """The whole flight, or as much of it as there is before `stop`: the next process takes its message back."""
    flying, stopping = asyncio.create_task(run), asyncio.create_task(stop.wait())
    try:
        await asyncio.wait((flying, stopping), return_when=asyncio.FIRST_COMPLETED)
        if flying.done():
            flying.result()
    finally:
        for task in (flying, stopping):
            task.cancel()
        await asyncio.gather(flying, stopping, return_exceptions=True)
