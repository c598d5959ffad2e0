"""The ledger, the runners of steps and the notifiers under a clock that jumps, and a collector that misses nothing.

Everything is real but the clock and Kafka: the decisions are put into batches as Kafka would bring them.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from email import message_from_bytes
from email.policy import default
from typing import Any, Final
from uuid import UUID

import psycopg
from psycopg_pool import AsyncConnectionPool

from config.reference.days_off import days_off_of
from config.topics import Topic
from infra.postgres import Connection
from ledger.actions.perform import Performed, Rules, perform
from ledger.consume.batch import Batch, Place
from ledger.consume.project import project
from ledger.reminders.runner import Runner
from ledger.tasks.projection import Policy
from models.eligibility.decision import Decision
from models.notifications.delivery import Audience, Channel
from models.tasks.actions import Action, Actor, Via
from models.tasks.office_hours import OfficeHours, Week
from models.tasks.reminders import Digest, ReminderPolicy, ReminderRule
from notifiers.due_delivery import payload_builder
from notifiers.email.channel import EmailChannel
from notifiers.email.settings import SmtpSettings
from notifiers.supersede import UnitContact
from notifiers.worker import NotifierSettings
from notifiers.worker import run as run_notifier
from tests.channels import by_channel, mail_entry, unit_contact
from tests.reference import SHIPPED
from tests.smtp.server import MisbehavingServer
from tests.travel.clock import Clock

SENDER: Final = "frafaldsvarsel@varsel.example.dk"
_SECONDS: Final = 60.0
WORKER: Final = Actor(id="sub-1", name="En medarbejder", via=Via.PAGE)


@dataclass(frozen=True, kw_only=True)
class Units:
    """Who is written to, and by which rules."""

    people: Mapping[tuple[str, Audience], tuple[str, ...]]
    rules: Sequence[ReminderRule]
    week: Week
    digests: Mapping[str, Digest] = field(default_factory=dict)

    def addresses(self, unit: str, audience: Audience, channel: Channel) -> Sequence[str]:
        return self.people.get((unit, audience), ()) if channel is Channel.EMAIL else ()

    def contact(self, unit: str) -> UnitContact:
        found = {one: tuple(self.addresses(unit, one, Channel.EMAIL)) for one in Audience}
        return unit_contact(f"Jobcenter {unit}", mails=found.pop(Audience.UNIT), above=found)

    def policy(self) -> Policy:
        days_off = days_off_of(SHIPPED)
        steps = ReminderPolicy(
            rules=lambda _unit, _on: self.rules,
            hours=lambda _: OfficeHours(lambda _day: self.week, days_off),
            days_off=days_off,
            addresses=self.addresses,
            digest=lambda unit, _day: self.digests.get(unit),
            digest_units=tuple(self.digests),
            fingerprint="travel",
        )
        return Policy(
            react_by_days=lambda _unit, _on: 5,
            addresses=by_channel(lambda unit: self.addresses(unit, Audience.UNIT, Channel.EMAIL)),
            days_off=days_off,
            steps=steps,
        )


@dataclass(frozen=True, order=True)
class Got:
    """A mail that arrived: to whom, and the subject's first words."""

    recipient: str
    subject: str


class World:
    """One database, any number of runners and notifiers, one relay."""

    def __init__(
        self,
        *,
        clock: Clock,
        connection: Connection,
        acting: Connection,
        runners: Sequence[Runner],
        relay: MisbehavingServer,
        policy: Policy,
    ) -> None:
        self.clock = clock
        self.relay = relay
        self.policy = policy
        self.connection = connection
        self.runners = runners
        self._acting = acting
        self._known: dict[Place, int] = {}
        self._offset = 0
        self._read = 0

    async def decide(self, *decisions: Decision) -> None:
        """Kafka brings these."""
        batch = Batch()
        batch.decisions += decisions
        self._offset += 1
        batch.next_offsets[str(Topic.DECISIONS), 0] = self._offset
        async with self.connection.transaction():
            await project(self.connection, batch, self._known, self.policy)
        self._known |= batch.next_offsets

    async def do(self, task: UUID, deed: Action, *, unit: str, act_id: UUID) -> Performed:
        """A person does this."""
        return await perform(
            self._acting,
            task_id=task,
            units=frozenset({unit}),
            act_id=act_id,
            by=WORKER,
            deed=deed,
            rules=Rules(
                policy=self.policy,
                not_reached_after=lambda _: 3,
                units=frozenset({"unit-0101", "unit-0751"}),
            ),
        )

    async def at(self, now: datetime, *, outage: bool = False) -> None:
        """Time goes on to `now`, and all that is due then happens; in an outage nothing does.

        A mail that is on its way comes home first: else its lease would end in the jump, as if its sender had frozen.
        """
        await self._until_sent()
        await self.clock.set(now)
        if not outage:
            await self.work()

    async def work(self) -> None:
        """Every runner at once, until none finds anything, and then until every mail has its answer."""
        while True:
            before = await self._standing()
            await asyncio.gather(*(runner.sweep() for runner in self.runners))
            await asyncio.gather(*(runner.round() for runner in self.runners))
            await self._until_sent()
            if await self._standing() == before:
                return

    async def _standing(self) -> list[tuple[Any, ...]]:
        return await self.rows(
            "SELECT (SELECT count(*) FROM steps), (SELECT count(*) FROM steps WHERE status = 'waiting'), "
            "(SELECT count(*) FROM deliveries), (SELECT count(*) FROM deliveries WHERE status = 'due'), "
            "(SELECT count(*) FROM digests)"
        )

    async def _until_sent(self) -> None:
        end = time.monotonic() + _SECONDS
        while (
            await self.rows(
                "SELECT 1 FROM deliveries WHERE status = 'due' AND (due_at <= now() OR lease_owner IS NOT NULL)"
            )
        ) != []:
            assert time.monotonic() < end, "mails are still under way"
            await self.connection.execute("NOTIFY deliveries")
            await asyncio.sleep(0.02)

    async def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """What a query finds."""
        return await (await self.connection.execute(query.encode(), values)).fetchall()

    async def collect(self, *wanted: tuple[str, str]) -> None:
        """Exactly these mails have come since the last time: recipient, and how its subject begins.

        One that is missing fails, and so does one that nobody wanted.
        """
        fresh, self._read = self.relay.accepted[self._read :], len(self.relay.accepted)
        got = [
            Got(mail.recipient, str(message_from_bytes(mail.body, policy=default)["Subject"]))
            for mail in fresh
        ]
        left = Counter(got)
        missing = []
        for recipient, begins in wanted:
            match = next(
                (
                    one
                    for one in sorted(left)
                    if one.recipient == recipient and one.subject.startswith(begins)
                ),
                None,
            )
            if match is None:
                missing.append((recipient, begins))
            else:
                left -= Counter([match])
        assert (missing, sorted(left)) == ([], []), f"{self.clock.now}: (missing, nobody wanted)"

    async def task(self, unit: str) -> UUID:
        """The open task of a unit."""
        ((found,),) = await self.rows("SELECT id FROM tasks WHERE unit_id = %s AND status = 'open'", unit)
        return UUID(str(found))

    async def react_by(self, unit: str) -> date:
        """Its date."""
        ((found,),) = await self.rows(
            "SELECT react_by FROM tasks WHERE unit_id = %s AND status = 'open'", unit
        )
        assert isinstance(found, date)
        return found


@asynccontextmanager
async def a_world(
    url: str,
    units: Units,
    begin: datetime,
    *,
    runners: int = 2,
    notifiers: int = 2,
    bad: Mapping[str, str] | None = None,
) -> AsyncIterator[World]:
    """Runs until it is left; `bad`: addresses that the relay refuses, with its words."""
    policy, stop = units.policy(), asyncio.Event()
    assert policy.steps is not None
    async with AsyncExitStack() as stack:

        async def connect() -> Connection:
            return await stack.enter_async_context(
                await psycopg.AsyncConnection.connect(url, autocommit=True)
            )

        relay = await stack.enter_async_context(MisbehavingServer(bad_recipients=dict(bad or {})))
        clock = Clock(await connect())
        await clock.set(begin)
        running = []
        for number in range(notifiers):
            pool = await stack.enter_async_context(
                AsyncConnectionPool(url, min_size=1, max_size=8, kwargs={"autocommit": True}, open=False)
            )
            channel = EmailChannel(SmtpSettings(host="localhost", port=relay.port, tls="none", sender=SENDER))
            stack.push_async_callback(channel.aclose)
            running.append(
                asyncio.create_task(
                    run_notifier(
                        settings=NotifierSettings(owner=f"n{number}", workers=2, batch=8, poll_seconds=0.05),
                        pool=pool,
                        channel=channel,
                        contacts=units.contact,
                        entry=mail_entry(
                            payload_builder(
                                sender=SENDER,
                                sender_name="Frafaldsvarsel",
                                message_id_domain="varsel.example.dk",
                                link_base="https://varsel.example.dk",
                            )
                        ),
                        stop=stop,
                    )
                )
            )
        try:
            yield World(
                clock=clock,
                connection=await connect(),
                acting=await connect(),
                runners=[Runner(await connect(), policy.steps) for _ in range(runners)],
                relay=relay,
                policy=policy,
            )
        finally:
            stop.set()
            await asyncio.gather(*running)
