"""Notifiers, with the real store of deliveries, and a relay that fails as relays do."""

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Final, cast
from uuid import UUID

import psycopg

from models.outcome import Attempt, Outcome
from models.retry import RetryPolicy
from notifiers.due import Claim, Due, Freeze, freezer
from notifiers.fit import UnitContact
from notifiers.message import Mail
from notifiers.store import Pool, Store
from tests.simulation.clock import Clock
from tests.simulation.faults import Fault, Mutation
from tests.simulation.sessions import Session

LEASE: Final = timedelta(seconds=60)
DOMAIN: Final = "varsel.example.dk"
POLICY: Final = RetryPolicy()
_FREEZE: Final = freezer(
    sender=f"frafaldsvarsel@{DOMAIN}",
    sender_name="Frafaldsvarsel",
    message_id_domain=DOMAIN,
    link_base=f"https://{DOMAIN}",
)


def recipients(unit: str) -> tuple[str, ...]:
    """Whom a unit has told us to write to; one has two."""
    names = ("en", "to") if unit == "jobcentre-0751" else ("opgaver",)
    return tuple(f"{name}@{unit}.example" for name in names)


def contacts(unit: str) -> UnitContact | None:
    """How a unit is named and reached."""
    return UnitContact(name=unit, recipients=recipients(unit))


@dataclass(frozen=True, slots=True)
class Taken:
    """A mail for which the relay has taken the responsibility."""

    mail: Mail
    at: datetime
    age: int
    """How many times the database had been restored when it was claimed: a backup may not know the frozen mail."""


class Relay:
    """The next hop. What it takes is kept for the judge, with every reason for which a copy may follow."""

    def __init__(self, clock: Clock, rng: Random, count: Callable[[Fault], None]) -> None:
        self._clock, self._rng, self._count = clock, rng, count
        self.taken: list[Taken] = []
        self.excuses: Counter[str] = Counter()
        """By Message-ID."""
        self.answers: dict[str, list[Outcome]] = defaultdict(list)
        self.age = 0
        self.healed = False

    def send(self, mail: Mail, age: int) -> Attempt:
        """One mail, one answer, or none."""
        drawn = 0.0 if self.healed else self._rng.random()
        match drawn:
            case _ if drawn < 0.62:
                attempt = self._take(mail, age, Outcome.DELIVERED)
            case _ if drawn < 0.74:
                self._count(Fault.MAIL_TRY_AGAIN)
                wait = timedelta(minutes=10) if drawn < 0.66 else None
                attempt = Attempt(outcome=Outcome.TRY_AGAIN, detail="later", code=451, retry_after=wait)
            case _ if drawn < 0.84:
                self._count(Fault.MAIL_INDETERMINATE_TAKEN)
                self.excuses[mail.message_id] += 1
                attempt = self._take(mail, age, Outcome.INDETERMINATE)
            case _ if drawn < 0.91:
                self._count(Fault.MAIL_INDETERMINATE_NOT_TAKEN)
                attempt = Attempt(outcome=Outcome.INDETERMINATE, detail="no answer")
            case _ if drawn < 0.96:
                self._count(Fault.MAIL_MISCONFIGURED)
                attempt = Attempt(outcome=Outcome.MISCONFIGURED, detail="login", code=535)
            case _:
                self._count(Fault.MAIL_REFUSED)
                attempt = Attempt(outcome=Outcome.REFUSED, detail="no such mailbox", code=550)
        self.answers[mail.message_id].append(attempt.outcome)
        return attempt

    def _take(self, mail: Mail, age: int, outcome: Outcome) -> Attempt:
        self.taken.append(Taken(mail, self._clock.now, age))
        if outcome is Outcome.DELIVERED:
            return Attempt(outcome=outcome, detail="taken", code=250)
        return Attempt(outcome=outcome, detail="no answer")


class Notifier:
    """One of two: claims, sends and records, a step at a time, so that anything may come in between."""

    def __init__(
        self,
        name: str,
        session: Session,
        relay: Relay,
        clock: Clock,
        count: Callable[[Fault], None],
        mutation: Mutation | None,
    ) -> None:
        self._name, self.session, self._relay, self._clock, self._count = name, session, relay, clock, count
        self._mutation = mutation
        self._sent: list[tuple[Claim, Attempt, datetime]] = []
        self._held: list[Claim] = []
        self._until: dict[str, datetime] = {}
        self._ages: dict[str, int] = {}
        self._made = 0
        self._store = Store(
            cast(Pool, session),
            owner=name,
            lease=LEASE,
            contacts=contacts,
            freeze=self._freeze if mutation is Mutation.NEW_MESSAGE_ID else _FREEZE,
            policy=POLICY,
        )

    def _freeze(self, due: Due, unit_name: str, now: datetime) -> Mail:
        """Planted: a number that is drawn anew."""
        self._made += 1
        frozen: Freeze = _FREEZE
        return frozen(replace(due, id=UUID(int=due.id.int ^ self._made)), unit_name, now)

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
            done = Attempt(outcome=Outcome.DELIVERED, detail="taken", code=250)
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
            self._relay.excuses[claim.mail.message_id] += 1

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

    def kill(self) -> None:
        """All that it held is forgotten; the leases run out by themselves."""
        if self._held:
            self._count(Fault.NOTIFIER_KILLED_HOLDING)
        for claim, attempt, _ in self._sent:
            if attempt.outcome is Outcome.DELIVERED:
                self._count(Fault.NOTIFIER_KILLED_SENT)
                self._relay.excuses[claim.mail.message_id] += 1
        self._held, self._sent = [], []

    async def _quietly(self, what: object) -> None:
        try:
            await what  # type: ignore[misc]  # one of two coroutines of the store
        except psycopg.OperationalError:
            return
