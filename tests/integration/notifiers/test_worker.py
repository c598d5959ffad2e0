"""The whole notifier: PostgreSQL, the channel, and a relay that may be away or worse."""

import asyncio
import contextlib
import logging
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable

import psycopg
import pytest

from infra.postgres import Pool
from local.servers.postgres import Database
from models.notifications.delivery import Channel, DeliveryStatus, SendAttempt, SendOutcome
from notifiers.channel import ChannelSender
from notifiers.content.mail_message import Mail, wire_bytes
from notifiers.email.channel import EmailChannel
from notifiers.email.settings import SmtpSettings
from notifiers.supersede import UnitContact
from notifiers.told import Attempted, Hearers
from notifiers.worker import NotifierSettings, run
from tests.channels import mail_entry, unit_contact
from tests.integration.notifiers.builders import (
    FREEZE,
    RECIPIENT,
    Row,
    add_delivery,
    contacts,
    outcomes_of,
    rows,
    status_of,
)
from tests.smtp.server import At, MisbehavingServer, Plan, Say, Silence

LONG = 60
"""A test waits so long for what must come: a slow machine is no fault."""
YES = SendAttempt(outcome=SendOutcome.DELIVERED, code=250, detail="body: 250")


class Memory:
    """The channel's twin in memory."""

    def __init__(self, *, seconds: float = 0, answer: Callable[[Mail], SendAttempt] = lambda _: YES) -> None:
        self.sent: list[Mail] = []
        self.begun = 0
        self._seconds = seconds
        self._answer = answer

    async def send(self, mail: Mail) -> SendAttempt:
        self.begun += 1
        await asyncio.sleep(self._seconds)
        self.sent.append(mail)
        return self._answer(mail)

    async def aclose(self) -> None:
        pass


def email_channel(port: int, *, host: str = "localhost") -> EmailChannel:
    return EmailChannel(
        SmtpSettings(
            host=host,
            port=port,
            tls="none",
            sender="frafaldsvarsel@varsel.example.dk",
            timeout_seconds=10,
            answer_timeout_seconds=2,
        )
    )


@contextlib.asynccontextmanager
async def running(
    pool: Pool,
    channel: ChannelSender,
    *,
    owner: str = "one",
    lease_seconds: float = 30,
    poll_seconds: float = 0.2,
    first_rest_seconds: float = 0.5,
    contacts: Callable[[str], UnitContact | None] = contacts,
    told: Hearers | None = None,
) -> AsyncIterator[asyncio.Event]:
    stop = asyncio.Event()
    settings = NotifierSettings(
        owner=owner,
        lease_seconds=lease_seconds,
        poll_seconds=poll_seconds,
        expire_seconds=0.2,
        first_rest_seconds=first_rest_seconds,
        stop_grace_seconds=5,
    )
    task = asyncio.create_task(
        run(
            settings=settings,
            pool=pool,
            channel=channel,
            contacts=contacts,
            entry=mail_entry(FREEZE),
            stop=stop,
            told=told,
        )
    )
    try:
        yield stop
    finally:
        stop.set()
        await asyncio.wait_for(task, LONG)
        await channel.aclose()


async def until(holds: Callable[[], bool], seconds: float = LONG) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come about in time"
        await asyncio.sleep(0.01)


async def until_none_due(pool: Pool, seconds: float = LONG) -> None:
    end = time.monotonic() + seconds
    while (await rows(pool, "SELECT count(*) FROM deliveries WHERE status = 'due'"))[0][0]:
        assert time.monotonic() < end, "deliveries are still due"
        await asyncio.sleep(0.05)


async def until_status(pool: Pool, row: Row, status: str, seconds: float = LONG) -> None:
    end = time.monotonic() + seconds
    while (now := await status_of(pool, row)) != status:
        assert time.monotonic() < end, f"still {now}"
        await asyncio.sleep(0.05)


async def until_outcomes(pool: Pool, row: Row, outcomes: list[str], seconds: float = LONG) -> None:
    end = time.monotonic() + seconds
    while (now := await outcomes_of(pool, row)) != outcomes:
        assert time.monotonic() < end, f"still {now}"
        await asyncio.sleep(0.05)


async def test_two_notifiers_send_every_mail_exactly_once(pool: Pool) -> None:
    for _ in range(120):
        await add_delivery(pool)
    async with MisbehavingServer() as server:
        first, second = email_channel(server.port), email_channel(server.port)
        async with running(pool, first, owner="one"), running(pool, second, owner="two"):
            await until_none_due(pool)
    ids = Counter(mail.body.split(b"Message-ID: ")[1].split(b"\r\n")[0] for mail in server.accepted)
    assert len(ids) == 120
    assert set(ids.values()) == {1}
    assert await rows(pool, "SELECT DISTINCT status, attempts FROM deliveries") == [("delivered", 1)]


async def test_a_notification_wakes_it_long_before_the_poll(pool: Pool) -> None:
    channel = Memory()
    async with running(pool, channel, poll_seconds=60):
        await add_delivery(pool)
        await until(lambda: len(channel.sent) == 1)  # the first poll may have been it
        await asyncio.sleep(0.3)
        begun = time.monotonic()
        await add_delivery(pool)
        await until(lambda: len(channel.sent) == 2, 50)
        assert time.monotonic() - begun < 50


async def test_killed_between_the_yes_and_the_record_the_same_bytes_go_out_again(pool: Pool) -> None:
    row = await add_delivery(pool)
    async with MisbehavingServer() as server:
        channel = email_channel(server.port)

        class Killed:
            """Sends, gets the yes, and never comes back, as after a SIGKILL."""

            async def send(self, mail: Mail) -> SendAttempt:
                await channel.send(mail)
                await asyncio.sleep(3600)
                raise AssertionError

            async def aclose(self) -> None:
                pass

        victim = asyncio.create_task(
            run(
                settings=NotifierSettings(owner="killed", lease_seconds=2, poll_seconds=0.1),
                pool=pool,
                channel=Killed(),
                contacts=contacts,
                entry=mail_entry(FREEZE),
                stop=asyncio.Event(),
            )
        )
        await until(lambda: len(server.accepted) == 1)
        victim.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await victim
        assert await status_of(pool, row) == "due"
        async with running(pool, channel, owner="next"):
            await until_none_due(pool)
    one, two = server.accepted
    assert one.body == two.body
    assert f"Message-ID: <{row.id}@varsel.example.dk>".encode() in one.body
    assert await outcomes_of(pool, row) == ["indeterminate", "delivered"]


async def test_one_bad_address_does_not_hold_up_the_others(pool: Pool) -> None:
    bad = "findes-ikke@kommune.example.dk"
    both = unit_contact("Jobcenter", mails=(bad, RECIPIENT))
    refused = [await add_delivery(pool, recipient=bad) for _ in range(3)]
    good = [await add_delivery(pool) for _ in range(20)]
    async with (
        MisbehavingServer(bad_recipients={bad: "550 5.1.1 no such user"}) as server,
        running(pool, email_channel(server.port), contacts=lambda _: both),
    ):
        await until_none_due(pool)
    assert {await status_of(pool, row) for row in refused} == {"refused"}
    assert {await status_of(pool, row) for row in good} == {"delivered"}
    assert server.connections <= NotifierSettings(owner="any").workers
    ((escalations,),) = await rows(pool, "SELECT count(*) FROM audit WHERE kind = 'delivery_refused'")
    assert escalations == 3


async def test_a_task_withdrawn_before_sending_is_never_mailed(pool: Pool) -> None:
    row = await add_delivery(pool)
    await rows(pool, "UPDATE tasks SET status = 'withdrawn' RETURNING id")
    channel = Memory()
    async with running(pool, channel):
        await until_none_due(pool)
    assert channel.sent == []
    assert await status_of(pool, row) == "superseded"


async def test_an_unanswered_mail_is_sent_again_with_the_same_bytes(pool: Pool) -> None:
    row = await add_delivery(pool)
    async with (
        MisbehavingServer({At.DOT: [Silence()]}) as server,
        running(pool, email_channel(server.port)),
    ):
        await until(lambda: len(server.mails) == 1)
        await until_outcomes(pool, row, ["indeterminate"])
        await rows(pool, "UPDATE deliveries SET due_at = clock_timestamp() RETURNING id")
        await until_none_due(pool)
    assert server.mails[0].body == server.mails[1].body
    assert await outcomes_of(pool, row) == ["indeterminate", "delivered"]


async def test_a_relay_that_is_away_is_waited_for_and_said_once(
    pool: Pool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "notifiers.worker")
    async with MisbehavingServer() as server:
        port = server.port
    for _ in range(20):
        await add_delivery(pool)
    looked_up = 0

    def counted(unit_id: str) -> UnitContact | None:
        nonlocal looked_up
        looked_up += 1
        return contacts(unit_id)

    async with running(pool, email_channel(port, host="127.0.0.1"), contacts=counted):
        await until(lambda: "waiting: connect" in caplog.text)
        await asyncio.sleep(2)
        assert (
            looked_up <= 30
        )  # a claim looks up each delivery once: it rests, and does not claim in a circle
        ((attempts,),) = await rows(pool, "SELECT count(*) FROM attempts")
        assert isinstance(attempts, int)
        # One for each worker, which were under way together, and then one now and then.
        assert 1 <= attempts <= NotifierSettings(owner="any").workers + 4
        async with MisbehavingServer(port=port) as back:
            await rows(pool, "UPDATE deliveries SET due_at = clock_timestamp() RETURNING id")
            await until_none_due(pool)
            assert len(back.accepted) == 20
    said = [record.getMessage() for record in caplog.records]
    assert said.count("the mail relay cannot be used, waiting: connect: connection refused") == 1
    assert said.count("the mail relay is back") == 1
    assert "@" not in " ".join(said)


async def test_whoever_watches_hears_of_each_attempt_once_it_is_recorded_and_of_the_way_out(
    pool: Pool,
) -> None:
    """The way is closed by what concerns every notice; one that was tried is as old as it was made out."""
    told: list[Attempted] = []
    ways: list[tuple[Channel, bool]] = []
    expired: list[int] = []
    row = await add_delivery(pool)
    await rows(pool, "UPDATE deliveries SET created_at = now() - interval '400 s' RETURNING id")
    plan: Plan = {At.MAIL: [Say("421 4.3.2 closing")]}
    hears = Hearers(attempted=told.append, way_out=lambda *way: ways.append(way), expired=expired.append)
    async with MisbehavingServer(plan) as server, running(pool, email_channel(server.port), told=hears):
        await until(lambda: len(told) == 1)
        late = await add_delivery(pool, deadline="-1 second")
        await rows(pool, "UPDATE deliveries SET due_at = clock_timestamp() RETURNING id")
        await until_status(pool, row, "delivered")
        await until_status(pool, late, "exhausted")
    first, second = told
    assert (first.outcome, first.status) == (SendOutcome.TRY_AGAIN, DeliveryStatus.DUE)
    assert first.seconds < 300, "it is due since just now"
    assert (second.outcome, second.status) == (SendOutcome.DELIVERED, DeliveryStatus.DELIVERED)
    assert 400 <= second.seconds < 700
    assert ways == [(Channel.EMAIL, False), (Channel.EMAIL, True)]
    assert expired == [1]


async def test_a_wrong_login_stops_the_sending_and_not_the_escalation(pool: Pool) -> None:
    due = await add_delivery(pool)
    plan: Plan = {At.MAIL: [Say("530 5.7.0 log in first")]}
    async with (
        MisbehavingServer(plan) as server,
        running(pool, email_channel(server.port), first_rest_seconds=30),
    ):
        await until_outcomes(pool, due, ["misconfigured"])
        late = await add_delivery(pool, deadline="1 second")
        await until_status(pool, late, "exhausted")
    assert await status_of(pool, due) == "due"
    assert await outcomes_of(pool, late) == []
    assert server.accepted == []


async def test_a_stop_finishes_the_mails_in_flight_and_gives_back_the_others(pool: Pool) -> None:
    for _ in range(30):
        await add_delivery(pool)
    channel = Memory(seconds=0.5)
    async with running(pool, channel) as stop:
        await until(lambda: channel.begun >= 4)
        stop.set()
    assert len(channel.sent) == channel.begun < 30
    counted = await rows(pool, "SELECT status, count(*) FROM deliveries GROUP BY status ORDER BY status")
    assert counted == [("delivered", channel.begun), ("due", 30 - channel.begun)]
    assert await rows(pool, "SELECT 1 FROM deliveries WHERE lease_owner IS NOT NULL") == []


async def test_a_slow_mail_keeps_its_lease(pool: Pool) -> None:
    await add_delivery(pool)
    slow, other = Memory(seconds=5), Memory()
    async with running(pool, slow, lease_seconds=2), running(pool, other, owner="two", lease_seconds=2):
        await until(lambda: slow.begun + other.begun == 1)
        await until_none_due(pool)
    assert len(slow.sent) + len(other.sent) == 1


async def test_a_fault_of_ours_at_one_mail_does_not_stop_the_others(pool: Pool) -> None:
    bad = await add_delivery(pool)
    good = await add_delivery(pool)

    def answer(mail: Mail) -> SendAttempt:
        if str(bad.id) in mail.message_id:
            raise RuntimeError("a fault that names jobcenter@kommune.example.dk")
        return YES

    async with running(pool, Memory(answer=answer)):
        await until_status(pool, good, "delivered")
        await until_outcomes(pool, bad, ["indeterminate"])


async def test_a_database_that_goes_away_is_waited_for_and_nothing_is_sent_twice(
    pool: Pool, postgres: Database, ledger_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "notifiers.worker")
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)
    for _ in range(200):
        await add_delivery(pool)
    channel = Memory(seconds=0.02)
    async with running(pool, channel):
        await until(lambda: len(channel.sent) > 20)
        await asyncio.to_thread(postgres.kill)
        at_rest = -1
        # What had been claimed before is sent; then nothing is, for as long as it is away.
        while channel.begun != at_rest:
            at_rest = channel.begun
            await asyncio.sleep(1)
        assert at_rest < 200
        await asyncio.to_thread(postgres.start)
        deadline = time.monotonic() + 2 * LONG
        while True:
            with contextlib.suppress(psycopg.OperationalError):
                if not await rows(pool, "SELECT 1 FROM deliveries WHERE status = 'due'"):
                    break
            assert time.monotonic() < deadline
            await asyncio.sleep(0.2)
    assert len(channel.sent) == len({mail.message_id for mail in channel.sent}) == 200
    said = [record.getMessage() for record in caplog.records if "PostgreSQL" in record.getMessage()]
    assert len(said) == 2
    assert said[1] == "PostgreSQL is back"


async def test_what_is_sent_is_what_was_frozen(pool: Pool) -> None:
    await add_delivery(pool)
    async with MisbehavingServer() as server, running(pool, email_channel(server.port)):
        await until_none_due(pool)
    ((frozen,),) = await rows(pool, "SELECT frozen FROM deliveries")
    assert server.accepted[0].body == wire_bytes(Mail.model_validate(frozen))
    assert server.accepted[0].recipient == RECIPIENT
