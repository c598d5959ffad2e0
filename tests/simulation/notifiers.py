"""Notifiers, of mail and of webhooks, with the real store of deliveries: a step at a time."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final, Generic, cast
from uuid import UUID

import psycopg

from infra.postgres import Pool
from models.notifications.delivery import SendAttempt, SendOutcome
from models.notifications.retry import RetryPolicy
from notifiers.content.mail_message import Mail, message_id
from notifiers.due_delivery import BuildPayload, Claim, Due, payload_builder
from notifiers.registry import After, ChannelEntry, never
from notifiers.repository import Store
from notifiers.supersede import Superseded
from notifiers.webhook.endpoints import endpoint_superseded, watcher
from notifiers.webhook.hook import Hook, webhook_payload_builder
from tests.channels import not_here
from tests.simulation.bounces import return_to
from tests.simulation.channels import Carrier, NoticeT, Relay, name_of
from tests.simulation.clock import Clock
from tests.simulation.failing_connection import Session
from tests.simulation.faults import Fault, Mutation
from tests.simulation.units import contacts
from tests.simulation.webhook_receivers import Receivers

LEASE: Final = timedelta(seconds=60)
DOMAIN: Final = "varsel.example.dk"
_LINKS: Final = f"https://{DOMAIN}"
_SENDER: Final = f"frafaldsvarsel@{DOMAIN}"
_RENDERED: Final = payload_builder(
    sender=_SENDER,
    sender_name="Frafaldsvarsel",
    message_id_domain=DOMAIN,
    link_base=_LINKS,
    return_to=return_to,
)
_EVERY: Final = 8
"""One mail of so many is rendered: what it says is not judged here."""


def _mail(due: Due, unit_name: str, now: datetime) -> Mail:
    if due.id.int % _EVERY == 0:
        return _RENDERED(due, unit_name, now)
    return Mail(
        message_id=message_id(due.id, DOMAIN),
        date=now.replace(microsecond=0),
        sender=_SENDER,
        sender_name="Frafaldsvarsel",
        recipient=due.recipient,
        subject=due.occasion,
        text=due.cause.text,
        html=due.cause.text,
        return_to=return_to(due.id),
    )


_HOOK: Final = webhook_payload_builder(_LINKS)
_HOOK_POLICY: Final = RetryPolicy(longest_delay=timedelta(hours=6), misconfigured_delay=timedelta(hours=3))
"""Half an hour at most in truth: then five days of failures would be three hundred attempts."""


class Notifier(Generic[NoticeT]):
    """One of two: claims, sends and records, so that anything may come in between."""

    def __init__(
        self,
        name: str,
        session: Session,
        carrier: Carrier[NoticeT],
        kind: type[NoticeT],
        build_payload: BuildPayload[NoticeT],
        clock: Clock,
        count: Callable[[Fault], None],
        mutation: Mutation | None,
        *,
        policy: RetryPolicy | None = None,
        superseded: Callable[[Due, Sequence[str]], Superseded | None] = never,
        after: After[NoticeT] | None = None,
    ) -> None:
        self._name, self.session, self._relay, self._clock, self._count = name, session, carrier, clock, count
        self._mutation = mutation
        self._sent: list[tuple[Claim[NoticeT], SendAttempt, datetime]] = []
        self._held: list[Claim[NoticeT]] = []
        self._until: dict[str, datetime] = {}
        self._ages: dict[str, int] = {}
        self._made = 0
        self._made_of = build_payload
        anew = mutation in (Mutation.NEW_MESSAGE_ID, Mutation.NEW_WEBHOOK_ID)
        self._store = Store[NoticeT](
            cast(Pool, session),
            owner=name,
            lease=LEASE,
            contacts=contacts,
            entry=ChannelEntry(
                payload=kind,
                build=self._build_payload if anew else build_payload,
                open=not_here,
                superseded=superseded,
                after=after,
            ),
            policy=policy or RetryPolicy(),
        )

    def _build_payload(self, due: Due, unit_name: str, now: datetime) -> NoticeT:
        """Planted: a number that is drawn anew."""
        self._made += 1
        return self._made_of(replace(due, id=UUID(int=due.id.int ^ self._made)), unit_name, now)

    @property
    def busy(self) -> bool:
        """Whether it holds anything."""
        return bool(self._held or self._sent)

    async def claim(self, limit: int) -> int:
        """Take due deliveries; returns how many were claimed or settled."""
        try:
            claimed = await self._store.claim(limit)
        except psycopg.OperationalError:
            return 0
        for claim in claimed.claims:
            self._held.append(claim)
            self._until[claim.token] = self._clock.now + LEASE
            self._ages[claim.token] = self._relay.age
            self._relay.claimed.append((claim.id, self._clock.now, self._relay.age))
        return len(claimed.claims) + claimed.settled

    async def send(self) -> None:
        """Send one; what it may not hold for long is given back instead."""
        if not self._held:
            return
        claim = self._held.pop(0)
        if self._until[claim.token] - self._clock.now < LEASE / 4:
            await self._quietly(self._store.release([claim]))
            return
        if self._mutation is Mutation.SENT_BEFORE_SENDING:
            done = SendAttempt(outcome=SendOutcome.DELIVERED, detail="taken", code=250)
            await self._quietly(self._store.record(claim, done, self._clock.now))
            self._relay.send(claim.mail, self._ages[claim.token])
            return
        self._sent.append((claim, self._relay.send(claim.mail, self._ages[claim.token]), self._clock.now))

    async def record(self) -> None:
        """Write down one answer; asked again until the database takes it."""
        if not self._sent:
            return
        claim, attempt, at = self._sent[0]
        try:
            status = await self._store.record(claim, attempt, at)
        except psycopg.OperationalError:
            # It asks again. If the first time was done, the second finds that the lease is gone.
            return
        self._sent.pop(0)
        if status is None:
            self._count(Fault.LEASE_LOST)
        if status is None or self._ages[claim.token] < self._relay.age:
            # A restored backup may have given back a lease that had passed to another, who has sent it too.
            self._relay.excuses[name_of(claim.mail)] += 1

    async def renew(self) -> None:
        """Extend what it holds."""
        claims = [*self._held, *(claim for claim, _, _ in self._sent)]
        if not claims:
            return
        try:
            ours = await self._store.renew(claims)
        except psycopg.OperationalError:
            return
        for claim in claims:
            self._until[claim.token] = self._clock.now + (LEASE if claim.id in ours else timedelta(0))

    async def expire(self) -> None:
        """End what has passed its deadline."""
        await self._quietly(self._store.expire(1000))

    async def finish(self) -> None:
        """Send and record all that it holds."""
        while self.busy:
            await self.send()
            await self.record()

    def kill(self) -> None:
        """All that it held is forgotten; the leases run out by themselves."""
        if self._held:
            self._count(Fault.NOTIFIER_KILLED_HOLDING)
        for claim, attempt, _ in self._sent:
            if attempt.outcome is SendOutcome.DELIVERED:
                self._count(Fault.NOTIFIER_KILLED_SENT)
                self._relay.excuses[name_of(claim.mail)] += 1
        self._held, self._sent = [], []

    async def _quietly(self, what: Awaitable[Any]) -> None:
        try:
            await what
        except psycopg.OperationalError:
            return


def mailer(
    name: str,
    session: Session,
    relay: Relay,
    clock: Clock,
    count: Callable[[Fault], None],
    mutation: Mutation | None,
) -> Notifier[Mail]:
    """One that sends mails."""
    planted = None if mutation is Mutation.NEW_WEBHOOK_ID else mutation
    return Notifier(name, session, relay, Mail, _mail, clock, count, planted)


def caller(
    name: str,
    session: Session,
    receivers: Receivers,
    clock: Clock,
    count: Callable[[Fault], None],
    mutation: Mutation | None,
) -> Notifier[Hook]:
    """One that calls webhooks, and watches how their endpoints fare."""
    planted = None if mutation is Mutation.NEW_MESSAGE_ID else mutation
    return Notifier(
        name,
        session,
        receivers,
        Hook,
        _HOOK,
        clock,
        count,
        planted,
        policy=_HOOK_POLICY,
        superseded=endpoint_superseded,
        after=watcher(contacts),
    )
