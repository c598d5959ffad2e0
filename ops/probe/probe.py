"""One canary after another: sent, followed until it is home or lost, and taken back.

It looks with its own clock at what anybody can see: what is said on Kafka, and what stands in the books.
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
from models.eligibility.law import Law
from ops.probe import events
from ops.probe.events import Plan
from ops.probe.kafka_client import Ends, Wire
from ops.probe.ledger_client import Books
from ops.probe.metrics import CANARY_HOME, CANARY_LEFT, CANARY_LEG, CANARY_LOST, CANARY_SECONDS
from ops.probe.trace import Flight, Leg, Trail, applied_places, refusal
from publisher.prepare import Keys

log = logging.getLogger(__name__)

_NO_KAFKA: Final = (KafkaError, OSError)
_HEAR_MS: Final = 100
_READ_SECONDS: Final = 0.25
_REST_SECONDS: Final = 0.5
_TAKE_BACK_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CanarySettings:
    """What a canary needs."""

    kafka: KafkaSettings
    database_url: str
    keys: Keys
    sources: Mapping[str, str]
    law: Law
    patience: timedelta


class Canary:
    """Sends them. `close` in the end."""

    def __init__(self, settings: CanarySettings, shown: Metrics, *, monotonic: Callable[[], float]) -> None:
        self._settings = settings
        self._shown = shown
        self._monotonic = monotonic
        self._plan = Plan(settings.sources, settings.law)
        self._wire = Wire(settings.kafka, settings.keys)
        self._books = Books(settings.database_url)
        self._known: int | None = None
        """The person whose facts are known to be applied."""
        self._taken_back: set[datetime] = set()
        for leg in Leg:
            # Of a series that begins with a loss, Prometheus could not say that it has grown.
            shown.count(CANARY_LOST, leg, by=0)

    async def close(self) -> None:
        """Disconnect."""
        await self._wire.close()
        await self._books.close()

    async def fly(self, moment: datetime) -> Flight:
        """Take back what earlier ones have left, send the canary of `moment`, follow it, take it back."""
        await self._quietly(self._sweep(moment))
        began = self._monotonic()
        trail = Trail(events.message_id(moment))
        try:
            async with asyncio.timeout(self._settings.patience.total_seconds()):
                await self._follow(moment, trail)
        except TimeoutError:
            pass
        flight = Flight(
            message_id=trail.message_id,
            seconds=trail.seconds(began),
            lost_at=trail.waiting_for,
            why=None if trail.home else trail.stopped or trail.hint or "it was not seen in time",
        )
        self._show(flight)
        if trail.place is not None or trail.stopped is None:
            # It may have been taken though nobody acknowledged it.
            await self._quietly(self._take_back(moment))
        self._wire.deaf()
        return flight

    async def _follow(self, moment: datetime, trail: Trail) -> None:
        """Until it is home or stopped; brokers that are away are asked again, from where we had begun to listen."""
        since: Ends | None = None
        while not trail.home and trail.stopped is None:
            try:
                await self._wire.open()
                since = await self._wire.listen(since)
                if trail.place is None:
                    await self._send(moment, trail)
                await self._look(trail)
            except _NO_KAFKA as error:
                trail.hint = f"Kafka: {type(error).__name__}"
                await self._wire.close()
                await asyncio.sleep(_REST_SECONDS)

    async def _send(self, moment: datetime, trail: Trail) -> None:
        person = events.person_of(moment)
        if self._known != person:
            waited_for = set(await self._wire.publish(events.facts(moment, self._plan)))
            while waited_for:
                for topic, value in await self._wire.hear(_HEAR_MS):
                    if topic == Topic.APPLIED:
                        waited_for -= applied_places(value)
                    elif topic == Topic.RECEIPTS and (reason := refusal(value, waited_for)) is not None:
                        trail.stopped = f"intake has refused a fact: {reason}"
                        return
            self._known = person
        (trail.place,) = await self._wire.publish([events.message(moment, self._plan)])
        trail.reach(Leg.PUBLISHED, self._monotonic())

    async def _look(self, trail: Trail) -> None:
        read_at = self._monotonic()
        while not trail.home and trail.stopped is None:
            for topic, value in await self._wire.hear(_HEAR_MS):
                trail.hear(topic, value, self._monotonic())
            if self._monotonic() >= read_at:
                try:
                    trail.read(await self._books.standing(trail.message_id), self._monotonic())
                except psycopg.Error as error:
                    trail.hint = f"PostgreSQL: {type(error).__name__}"
                read_at = self._monotonic() + _READ_SECONDS

    async def _take_back(self, moment: datetime) -> None:
        await self._wire.open()
        await self._wire.publish([events.withdrawal(moment, self._plan)])
        self._taken_back.add(moment)

    async def _sweep(self, moment: datetime) -> None:
        """What still stands of earlier ones; what was taken back already is on its way, or the auditor's to find."""
        left = await self._books.left(moment)
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

    def _show(self, flight: Flight) -> None:
        self._shown.clear(CANARY_LEG)
        for leg, seconds in flight.seconds.items():
            self._shown.set(CANARY_LEG, seconds, leg)
        if flight.lost_at is None:
            self._shown.count(CANARY_HOME)
            self._shown.set(CANARY_SECONDS, flight.total)
            log.info("home in %.1f seconds", flight.total)
        else:
            self._shown.count(CANARY_LOST, flight.lost_at)
            log.error("lost: not over the leg %r: %s", flight.lost_at.value, flight.why)


async def one_after_another(canary: Canary, interval: timedelta, stop: asyncio.Event) -> None:
    """One at each moment that `interval` divides, until `stop`; one that takes longer lets the next moments pass."""
    try:
        while not stop.is_set():
            moment = events.next_flight(datetime.now(UTC), interval)
            try:
                async with asyncio.timeout((moment - datetime.now(UTC)).total_seconds()):
                    await stop.wait()
            except TimeoutError:
                await _until(stop, canary.fly(moment))
    finally:
        await canary.close()


async def _until(stop: asyncio.Event, flight: Coroutine[None, None, Flight]) -> None:
    """The whole flight, or as much of it as there is before `stop`: the next process takes its message back."""
    flying, stopping = asyncio.create_task(flight), asyncio.create_task(stop.wait())
    try:
        await asyncio.wait((flying, stopping), return_when=asyncio.FIRST_COMPLETED)
        if flying.done():
            flying.result()
    finally:
        for task in (flying, stopping):
            task.cancel()
        await asyncio.gather(flying, stopping, return_exceptions=True)
