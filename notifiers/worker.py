"""The notifier: claims due deliveries, sends them over a few connections, records what came of each.

An outage is waited for and said once. It must not send what it no longer holds, nor drop a mail in flight.
"""

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Generic

from infra.failpoints import Point, reach
from infra.postgres import Pool
from infra.supervise import supervise
from models.notifications.delivery import Channel as Kind
from models.notifications.delivery import DeliveryStatus, Scope, SendAttempt, SendOutcome
from models.notifications.retry import RetryPolicy
from notifiers.channel import ChannelSender
from notifiers.circuit_breaker import CircuitBreaker
from notifiers.due_delivery import Claim, PayloadT
from notifiers.gathering import Gathering, told_at_once
from notifiers.listen import DATABASE_AWAY, listen
from notifiers.recorder import Recorder
from notifiers.registry import ChannelEntry
from notifiers.repository import Store
from notifiers.supersede import Contacts
from notifiers.told import Attempted, Hearers

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class NotifierSettings:
    """`lease_seconds` is how long a killed notifier's deliveries wait for another; a living one renews it."""

    owner: str  # unique among the notifiers that run
    workers: int = 8
    batch: int = 64
    lease_seconds: float = 60
    poll_seconds: float = 1
    expire_seconds: float = 5
    first_rest_seconds: float = 0.5  # after a failure of relay or database; doubled while it lasts
    longest_rest_seconds: float = 30
    stop_grace_seconds: float = 30
    database_seconds: float = 60  # for one transaction; then its connection is ended
    policy: RetryPolicy = field(default_factory=RetryPolicy)
    gathering: Gathering = told_at_once

    def __post_init__(self) -> None:
        waits = (self.lease_seconds, self.poll_seconds, self.expire_seconds, self.stop_grace_seconds)
        rests = (self.first_rest_seconds, self.longest_rest_seconds)
        if self.workers < 1 or self.batch < self.workers or min(*waits, *rests) <= 0:
            raise ValueError("workers and seconds must be positive, and a batch not smaller than the workers")


async def run(
    *,
    settings: NotifierSettings,
    pool: Pool,
    channel: ChannelSender[PayloadT],
    contacts: Contacts,
    entry: ChannelEntry[PayloadT],
    stop: asyncio.Event,
    told: Hearers | None = None,
) -> None:
    """Until `stop` is set; then the notices in flight are finished and the others given back.

    One run serves one channel, `entry`'s: so a webhook that hangs never holds up a mail.
    `pool` is open, in autocommit, of at least `workers` + 3 connections. The caller closes pool and channel.
    """
    told = told or Hearers()
    store = Store[PayloadT](
        pool,
        owner=settings.owner,
        lease=timedelta(seconds=settings.lease_seconds),
        contacts=contacts,
        entry=entry,
        policy=settings.policy,
        gathering=settings.gathering,
        patience_seconds=settings.database_seconds,
        traced=told.traced,
    )
    await _Notifier(settings, pool, store, channel, entry.payload.channel, told).run(stop)


@dataclass
class _Held(Generic[PayloadT]):
    claim: Claim[PayloadT]
    since: float
    until: float  # the lease's end, cautiously, on our clock


class _Notifier(Generic[PayloadT]):
    def __init__(
        self,
        settings: NotifierSettings,
        pool: Pool,
        store: Store[PayloadT],
        channel: ChannelSender[PayloadT],
        kind: Kind,
        told: Hearers,
    ) -> None:
        self._settings = settings
        self._pool = pool
        self._store = store
        self._recorder = Recorder(store)
        self._channel = channel
        self._kind = kind
        self._told = told
        self._held: dict[str, _Held[PayloadT]] = {}
        self._queue: asyncio.Queue[_Held[PayloadT] | None] = asyncio.Queue()
        self._wake = asyncio.Event()  # something may have become due
        self._freed = asyncio.Event()  # a worker has finished
        rests = {"first": settings.first_rest_seconds, "longest": settings.longest_rest_seconds}
        self._relay = CircuitBreaker("the mail relay", log, **rests)
        self._database = CircuitBreaker("PostgreSQL", log, **rests)
        self._next_expiry = 0.0
        self._stopping = False
        self._clock = asyncio.get_running_loop().time

    async def run(self, stop: asyncio.Event) -> None:
        async with asyncio.TaskGroup() as group:
            listening = listen(self._pool, self._wake, rest_seconds=self._settings.poll_seconds)
            background = [
                group.create_task(self._lasting(self._watch(stop), "the watch")),
                group.create_task(self._lasting(listening, "the listener")),
                group.create_task(self._lasting(self._renew(), "the renewal of leases")),
                group.create_task(self._lasting(self._recorder.run(), "the recorder")),
            ]
            workers = [
                group.create_task(self._lasting(self._work(), "a sender"))
                for _ in range(self._settings.workers)
            ]
            await self._dispatch(workers)
            reach(Point.NOTIFY_SHUTDOWN)
            for _ in workers:
                self._queue.put_nowait(None)
            _, late = await asyncio.wait(workers, timeout=self._settings.stop_grace_seconds)
            if late:
                log.warning("stopped with %d mails in flight; their leases run out", len(late))
            for task in (*background, *late):
                task.cancel()

    def _lasting(self, work: Coroutine[object, object, None], name: str) -> Coroutine[object, object, None]:
        return supervise(work, name=name, told=lambda: self._stopping)

    async def _watch(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._stopping = True
        self._wake.set()
        self._freed.set()

    async def _dispatch(self, workers: Sequence[asyncio.Task[None]]) -> None:
        # A library below may swallow the cancellation that a failed worker brings: so it is looked for as well.
        while not self._stopping and not any(worker.done() for worker in workers):
            self._wake.clear()
            self._freed.clear()
            now = self._clock()
            room = self._room(now)
            if self._database.resting(now):
                await self._pause(self._wake, self._database.until - now)
            elif self._relay.resting(now):
                await self._expire(now)
                await self._pause(self._wake, min(self._relay.until - now, self._settings.poll_seconds))
            elif room == 0:
                await self._pause(self._freed, self._settings.poll_seconds)
            elif not await self._claim(room):
                await self._pause(self._wake, self._settings.poll_seconds)

    def _room(self, now: float) -> int:
        """How many deliveries to take on: refilled by halves; one alone, to see whether the relay is back."""
        batch, held = self._settings.batch, len(self._held)
        if self._relay.is_away:
            return 1 if held == 0 else 0
        return batch - held if held <= batch // 2 else 0

    async def _claim(self, room: int) -> bool:
        """Whether there may be more to claim at once."""
        asked = self._clock()
        await self._expire(asked)
        try:
            claimed = await self._store.claim(room)
        except DATABASE_AWAY as fault:
            self._without_database(fault, asked)
            return True  # the rest is kept by `_dispatch`
        self._database.back()
        self._told.database(True)
        if claimed.claims:
            reach(Point.NOTIFY_CLAIMED)
        for claim in claimed.claims:
            held = _Held(claim, since=self._clock(), until=asked + self._settings.lease_seconds)
            self._held[claim.token] = held
            self._queue.put_nowait(held)
        return len(claimed.claims) + claimed.settled == room

    async def _expire(self, now: float) -> None:
        if now < self._next_expiry:
            return
        self._next_expiry = now + self._settings.expire_seconds
        try:
            ended = await self._store.expire(limit=1000)
        except DATABASE_AWAY as fault:
            self._without_database(fault, now)
            return
        if ended:
            self._told.expired(ended)
            log.error("%d deliveries reached their deadline without an answer", ended)

    async def _work(self) -> None:
        while (held := await self._queue.get()) is not None:
            try:
                await self._serve(held)
            finally:
                self._held.pop(held.claim.token, None)
                self._freed.set()

    async def _serve(self, held: _Held[PayloadT]) -> None:
        started = self._clock()
        too_late = held.until - started < self._settings.lease_seconds / 4
        if self._stopping or too_late or self._relay.resting(started):
            with suppress(*DATABASE_AWAY):  # then the lease runs out by itself
                await self._store.release([held.claim])
            return
        try:
            attempt = await self._channel.send(held.claim.mail)
        except Exception as fault:  # a fault of ours, at one mail, must not stop the others
            log.error("a channel failed on delivery %s: %s", held.claim.id, type(fault).__name__)
            attempt = SendAttempt(outcome=SendOutcome.INDETERMINATE, detail="the channel failed")
        if attempt.outcome is SendOutcome.DELIVERED:
            reach(Point.MAIL_ANSWERED)
        if attempt.scope is Scope.RELAY:
            self._relay.away(attempt.detail, started=started, now=self._clock())
        else:
            self._relay.back()
        self._told.way_out(self._kind, not self._relay.is_away)
        await self._record(held, attempt, started)

    def _without_database(self, fault: Exception, asked: float) -> None:
        self._database.away(type(fault).__name__, started=asked, now=self._clock())
        self._told.database(False)

    async def _record(self, held: _Held[PayloadT], attempt: SendAttempt, started: float) -> None:
        """Asks until the database takes it: what was sent and is not recorded would be sent again."""
        ended = held.claim.claimed_at + timedelta(seconds=self._clock() - held.since)
        while True:
            asked = self._clock()
            try:
                status = await self._record_once(held.claim, attempt, ended)
                break
            except DATABASE_AWAY as fault:
                self._without_database(fault, asked)
                await asyncio.sleep(max(self._database.until - self._clock(), 0.1))
        seconds = (ended - held.claim.since).total_seconds()
        self._told.attempted(
            Attempted(
                channel=self._kind,
                outcome=attempt.outcome,
                status=status,
                seconds=seconds,
                took_seconds=self._clock() - started,
                delivery=held.claim.id,
                message=held.claim.message,
            )
        )

    async def _record_once(
        self, claim: Claim[PayloadT], attempt: SendAttempt, ended: datetime
    ) -> DeliveryStatus | None:
        status = await self._recorder.record(claim, attempt, ended)
        if status is None:
            log.error("the lease of delivery %s was lost; %s is in the audit only", claim.id, attempt.outcome)
        elif attempt.outcome is not SendOutcome.DELIVERED:
            log.warning("delivery %s: %s (%s), now %s", claim.id, attempt.outcome, attempt.detail, status)
        return status

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(self._settings.lease_seconds / 3)
            asked, held = self._clock(), list(self._held.values())
            if not held:
                continue
            try:
                ours = await self._store.renew([one.claim for one in held])
            except DATABASE_AWAY:
                continue  # `until` stands, and what is not begun before it is not begun
            for one in held:
                one.until = asked + self._settings.lease_seconds if one.claim.id in ours else asked

    async def _pause(self, event: asyncio.Event, seconds: float) -> None:
        # Not `wait_for`: in Python 3.11 it loses a cancellation that comes together with the event.
        with suppress(TimeoutError):
            async with asyncio.timeout(max(seconds, 0.01)):
                await event.wait()
