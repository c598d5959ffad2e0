"""Mails that come back: sent over real SMTP, reported into a real Maildir, and taken in by PostgreSQL."""

import asyncio
import contextlib
import logging
import os
import subprocess
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

import pytest
from aiosmtpd import smtp

from crypto.hmac_tokens import HmacTokens, Purpose
from infra.postgres import Pool
from notifiers.bounces import run as bounces
from notifiers.bounces.address import bounce_address, token
from notifiers.bounces.run import BounceMailbox, sweep
from notifiers.bounces.store import BounceAddress, BounceEffect
from notifiers.due_delivery import BuildPayload, payload_builder
from notifiers.worker import NotifierSettings, run
from tests.channels import mail_entry
from tests.integration.notifiers.builders import Row, add_delivery, contacts, outcomes_of, rows, status_of
from tests.integration.notifiers.test_worker import email_channel
from tests.paths import ROOT
from tests.smtp.reports import report
from tests.smtp.server import At, Close, MisbehavingServer, Plan, Received, Say

TAGS = HmacTokens({"v1": bytes(range(32))}, "v1", Purpose.BOUNCE)
FORGER = HmacTokens({"v1": bytes(range(1, 33))}, "v1", Purpose.BOUNCE)
BASE = "bounce@varsel.example.dk"
FREEZE: BuildPayload = payload_builder(
    sender="frafaldsvarsel@varsel.example.dk",
    sender_name="Frafaldsvarsel",
    message_id_domain="varsel.example.dk",
    link_base="https://varsel.example.dk",
    return_to=lambda delivery: bounce_address(TAGS, BASE, delivery),
)


@pytest.fixture
def mailbox(tmp_path: Path) -> BounceMailbox:
    for folder in ("new", "cur", "tmp"):
        (tmp_path / "maildir" / folder).mkdir(parents=True)
    return BounceMailbox(
        maildir=tmp_path / "maildir", bounce_address=BounceAddress(tags=TAGS, base=BASE), poll_seconds=0.1
    )


def put(mailbox: BounceMailbox, content: bytes) -> None:
    """As a relay does it: whole, or not at all."""
    name = f"{time.time_ns()}.{uuid4().hex}.relay"
    (mailbox.maildir / "tmp" / name).write_bytes(content)
    (mailbox.maildir / "tmp" / name).rename(mailbox.maildir / "new" / name)


def lying(mailbox: BounceMailbox) -> tuple[int, int]:
    """New ones, and those that are left for people."""
    left = [file for file in (mailbox.maildir / "cur").iterdir() if not file.name.endswith(":2,ST")]
    return len(list((mailbox.maildir / "new").iterdir())), len(left)


def taken(mailbox: BounceMailbox) -> list[Path]:
    """Those that are kept until no backup is older."""
    return sorted((mailbox.maildir / "cur").glob("*:2,ST"))


async def effects(mailbox: BounceMailbox, pool: Pool) -> list[BounceEffect]:
    found: list[BounceEffect] = []
    await sweep(mailbox, pool, on_effect=found.append)
    return found


@contextlib.asynccontextmanager
async def notifying(pool: Pool, port: int) -> AsyncIterator[None]:
    stop = asyncio.Event()
    channel = email_channel(port)
    task = asyncio.create_task(
        run(
            settings=NotifierSettings(owner="one", poll_seconds=0.1, stop_grace_seconds=5),
            pool=pool,
            channel=channel,
            contacts=contacts,
            entry=mail_entry(FREEZE),
            stop=stop,
        )
    )
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(task, 60)
        await channel.aclose()


async def until(pool: Pool, row: Row, outcomes: list[str]) -> None:
    async with asyncio.timeout(60):
        while await outcomes_of(pool, row) != outcomes:
            await asyncio.sleep(0.05)


@dataclass
class Sent:
    row: Row
    mail: Received


async def sent(pool: Pool) -> Sent:
    """A notice that a real server has taken, and its envelope."""
    row = await add_delivery(pool)
    async with MisbehavingServer() as server, notifying(pool, server.port):
        await until(pool, row, ["delivered"])
    (mail,) = server.accepted
    return Sent(row, mail)


async def standing(pool: Pool, row: Row) -> tuple[object, ...]:
    return (
        await rows(
            pool,
            "SELECT status, attempts, ended_at IS NOT NULL, lease_owner FROM deliveries WHERE id = %s",
            row.id,
        )
    )[0]


async def reasons(pool: Pool, row: Row) -> list[tuple[object, ...]]:
    return await rows(
        pool, "SELECT kind, detail ->> 'reason' FROM audit WHERE task_id = %s ORDER BY id", row.task_id
    )


async def test_a_mail_names_its_delivery_in_the_envelope_and_nowhere_else(pool: Pool) -> None:
    one = await sent(pool)
    assert one.mail.sender == bounce_address(TAGS, BASE, one.row.id)
    assert b"bounce+" not in one.mail.body
    assert b"From: Frafaldsvarsel <frafaldsvarsel@varsel.example.dk>" in one.mail.body


async def test_a_bounce_an_hour_later_refuses_the_recipient(pool: Pool, mailbox: BounceMailbox) -> None:
    one = await sent(pool)
    await rows(
        pool,
        "UPDATE deliveries SET ended_at = ended_at - interval '1 hour', created_at = created_at - interval '1 hour' "
        "RETURNING id",
    )
    await rows(pool, "UPDATE attempts SET at = at - interval '1 hour' RETURNING attempt")
    put(mailbox, report(one.mail))
    assert await effects(mailbox, pool) == [BounceEffect.REFUSED]
    assert await standing(pool, one.row) == ("refused", 2, True, None)
    assert await outcomes_of(pool, one.row) == ["delivered", "refused"]
    assert await rows(pool, "SELECT detail FROM attempts WHERE attempt = 2") == [("bounce: 5.1.1",)]
    assert await reasons(pool, one.row) == [("delivery_refused", "bounce: 5.1.1")]
    assert await rows(pool, "SELECT action, status, found FROM bounces") == [("failed", "5.1.1", "delivered")]
    ((late,),) = await rows(pool, "SELECT ended_at > now() - interval '1 minute' FROM deliveries")
    assert late
    assert lying(mailbox) == (0, 0)


async def test_the_same_report_twice_counts_once(pool: Pool, mailbox: BounceMailbox) -> None:
    one = await sent(pool)
    put(mailbox, report(one.mail))
    put(mailbox, report(one.mail))
    assert await effects(mailbox, pool) == [BounceEffect.REFUSED, BounceEffect.REPEATED]
    put(mailbox, report(one.mail, status="5.2.1"))
    assert await effects(mailbox, pool) == [BounceEffect.NOTED]
    assert await standing(pool, one.row) == ("refused", 2, True, None)
    assert len(await reasons(pool, one.row)) == 1


async def test_a_delay_changes_nothing_and_a_failure_after_it_does(
    pool: Pool, mailbox: BounceMailbox
) -> None:
    one = await sent(pool)
    before = await standing(pool, one.row)
    put(mailbox, report(one.mail, action="delayed", status="4.4.1"))
    assert await effects(mailbox, pool) == [BounceEffect.NOTED]
    assert await standing(pool, one.row) == before
    assert await reasons(pool, one.row) == []
    put(mailbox, report(one.mail, status="4.4.7"))
    assert await effects(mailbox, pool) == [BounceEffect.REFUSED]
    assert (await standing(pool, one.row))[0] == "refused"


def forgeries(one: Sent) -> dict[str, bytes]:
    """By somebody who knows the Message-ID, the recipient and the delivery's id, and not the key."""
    by_other_key = bounce_address(FORGER, BASE, one.row.id)
    other = bounce_address(TAGS, BASE, uuid4())
    return {
        "to the sender's own address": report(one.mail, to="frafaldsvarsel@varsel.example.dk"),
        "to the bare address": report(one.mail, to=BASE),
        "under another key": report(one.mail, to=by_other_key),
        "by the envelope's id under another key": report(
            one.mail, to=BASE, envelope_id=token(FORGER, one.row.id)
        ),
        "for a delivery that was never made": report(one.mail, to=other),
        "about another mail": report(one.mail, message_id="<another@varsel.example.dk>"),
        "for two at once": report(one.mail, to=f"{one.mail.sender}, {other}"),
        "no report": b"Subject: out of office\n\nHej\n",
        "too large": report(one.mail) + b"x" * (bounces.LARGEST + 1),
    }


async def test_a_forged_bounce_changes_nothing_and_is_left_for_people(
    pool: Pool, mailbox: BounceMailbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    one = await sent(pool)
    before = await standing(pool, one.row)
    made = forgeries(one)
    for content in made.values():
        put(mailbox, content)
    assert await effects(mailbox, pool) == [BounceEffect.NOT_OURS] * len(made)
    assert await standing(pool, one.row) == before
    assert await reasons(pool, one.row) == []
    assert await rows(pool, "SELECT count(*) FROM bounces") == [(0,)]
    assert lying(mailbox) == (0, len(made))
    assert await effects(mailbox, pool) == []
    assert one.mail.recipient not in caplog.text
    assert str(one.row.id) not in caplog.text


async def test_a_relay_that_keeps_only_the_envelopes_id_is_understood(
    pool: Pool, mailbox: BounceMailbox
) -> None:
    one = await sent(pool)
    put(mailbox, report(one.mail, to=BASE, envelope_id=token(TAGS, one.row.id), message_id=None))
    assert await effects(mailbox, pool) == [BounceEffect.REFUSED]


async def test_a_mail_whose_answer_was_lost_and_that_came_back_is_not_sent_again(
    pool: Pool, mailbox: BounceMailbox
) -> None:
    row = await add_delivery(pool)
    async with MisbehavingServer({At.DOT: [Close()]}) as server:
        async with notifying(pool, server.port):
            await until(pool, row, ["indeterminate"])
            put(mailbox, report(server.mails[0]))
            assert await effects(mailbox, pool) == [BounceEffect.REFUSED]
            await rows(pool, "UPDATE deliveries SET due_at = now() RETURNING id")
            await asyncio.sleep(0.5)
        assert len(server.mails) == 1
    assert await outcomes_of(pool, row) == ["indeterminate", "refused"]
    assert await rows(pool, "SELECT found FROM bounces") == [("due",)]


async def test_a_report_about_a_mail_that_was_never_sent_changes_nothing(
    pool: Pool, mailbox: BounceMailbox
) -> None:
    row = await add_delivery(pool)
    mail = Received(
        bounce_address(TAGS, BASE, row.id), "jobcenter@kommune.example.dk", b"Message-ID: <x@y>\r\n\r\n"
    )
    put(mailbox, report(mail, message_id=None))
    assert await effects(mailbox, pool) == [BounceEffect.NOT_OURS]
    assert await status_of(pool, row) == "due"


async def test_the_first_refusal_stands(pool: Pool, mailbox: BounceMailbox) -> None:
    row = await add_delivery(pool)
    plan: Plan = {At.RCPT: [Say("550 5.1.1 no")]}
    async with MisbehavingServer(plan) as server, notifying(pool, server.port):
        await until(pool, row, ["refused"])
    mail = Received(bounce_address(TAGS, BASE, row.id), "jobcenter@kommune.example.dk", b"")
    put(mailbox, report(mail, message_id=None))
    assert await effects(mailbox, pool) == [BounceEffect.NOTED]
    assert await outcomes_of(pool, row) == ["refused"]


async def test_two_notifiers_read_the_same_folder_and_a_report_counts_once(
    pool: Pool, mailbox: BounceMailbox
) -> None:
    one = await sent(pool)
    for _ in range(20):
        put(mailbox, report(one.mail))
    found = await asyncio.gather(effects(mailbox, pool), effects(mailbox, pool))
    assert [effect for effects in found for effect in effects].count(BounceEffect.REFUSED) == 1
    assert await standing(pool, one.row) == ("refused", 2, True, None)
    assert lying(mailbox) == (0, 0)


CHANGED = ("bounces", "attempts", "audit", "deliveries")


async def back_up(pool: Pool) -> None:
    async with pool.connection() as connection:
        for table in CHANGED:
            await connection.execute(f"CREATE TABLE backup_{table} AS TABLE {table}".encode())


async def restore(pool: Pool) -> None:
    """All that happened since is gone."""
    async with pool.connection() as connection, connection.transaction():
        for table in CHANGED:
            await connection.execute(f"DELETE FROM {table}".encode())  # noqa: S608 - our own names
        for table in reversed(CHANGED):
            await connection.execute(
                f"INSERT INTO {table} OVERRIDING SYSTEM VALUE TABLE backup_{table}".encode()
            )


async def test_after_a_restore_the_reports_that_were_taken_in_are_read_again_by_the_runbooks_command(
    pool: Pool, mailbox: BounceMailbox
) -> None:
    command = "find cur -name '*:2,ST' -exec mv -t new -- {} +"
    assert command in (ROOT / "docs" / "operations.md").read_text("utf-8")
    before, after = await sent(pool), await sent(pool)
    put(mailbox, report(before.mail))
    assert await effects(mailbox, pool) == [BounceEffect.REFUSED]
    await back_up(pool)
    put(mailbox, report(after.mail))
    put(mailbox, b"Subject: out of office\n\nHej\n")
    assert sorted(await effects(mailbox, pool)) == [BounceEffect.NOT_OURS, BounceEffect.REFUSED]
    await restore(pool)
    assert (await standing(pool, after.row))[0] == "delivered"

    for expected in (
        [BounceEffect.REFUSED, BounceEffect.REPEATED],
        [BounceEffect.REPEATED, BounceEffect.REPEATED],
    ):
        await asyncio.to_thread(subprocess.run, ["/bin/sh", "-c", command], cwd=mailbox.maildir, check=True)
        assert sorted(await effects(mailbox, pool)) == expected
        assert (await standing(pool, after.row))[0] == "refused"
        assert lying(mailbox) == (0, 1)
        assert [file.name.count(":2,") for file in taken(mailbox)] == [1, 1]


async def test_a_report_that_was_taken_in_is_removed_when_it_is_old_and_what_people_have_to_see_is_not(
    pool: Pool, mailbox: BounceMailbox
) -> None:
    one = await sent(pool)
    for content in (report(one.mail), report(one.mail, status="5.2.1"), b"Subject: out of office\n\nHej\n"):
        put(mailbox, content)
    await effects(mailbox, pool)
    old, young = taken(mailbox)
    (left,) = set((mailbox.maildir / "cur").iterdir()) - {old, young}
    long_ago = time.time() - bounces.KEPT.total_seconds() - 3600
    for file in (old, left):
        os.utime(file, (long_ago, long_ago))
    stop = asyncio.Event()
    task = asyncio.create_task(bounces.run(mailbox, pool, stop))
    async with asyncio.timeout(60):
        while old.exists():
            await asyncio.sleep(0.02)
    stop.set()
    await asyncio.wait_for(task, 60)
    assert set((mailbox.maildir / "cur").iterdir()) == {young, left}


async def test_a_folder_that_is_missing_is_waited_for_and_said_once(
    pool: Pool, mailbox: BounceMailbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    one = await sent(pool)
    away = replace(mailbox, maildir=mailbox.maildir / "later")
    stop = asyncio.Event()
    task = asyncio.create_task(bounces.run(away, pool, stop))
    async with asyncio.timeout(60):
        while "FileNotFoundError" not in caplog.text:
            await asyncio.sleep(0.05)
    await asyncio.sleep(0.3)
    for folder in ("new", "cur", "tmp"):
        (away.maildir / folder).mkdir(parents=True)
    put(away, report(one.mail))
    await until(pool, one.row, ["delivered", "refused"])
    stop.set()
    await asyncio.wait_for(task, 60)
    said = [record.getMessage() for record in caplog.records if record.name == "notifiers.bounces.run"]
    assert said[0] == "bounces: waiting; cannot go on: FileNotFoundError"
    assert said.count(said[0]) == 1
    assert "bounces: going on" in said


async def test_a_real_relay_that_takes_a_mail_and_gives_it_back(pool: Pool, mailbox: BounceMailbox) -> None:
    """The whole way: notifier, SMTP, a relay that accepts and then finds no mailbox, Maildir, PostgreSQL."""

    class Relay:
        async def handle_DATA(self, _server: object, _session: object, envelope: smtp.Envelope) -> str:  # noqa: N802 - aiosmtpd's
            content = envelope.content
            assert isinstance(content, bytes)
            mail = Received(str(envelope.mail_from), envelope.rcpt_tos[0], content)
            asyncio.get_running_loop().call_later(0.2, lambda: put(mailbox, report(mail)))
            return "250 2.0.0 queued"

    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: smtp.SMTP(Relay(), hostname="relay.test"), "127.0.0.1", 0)
    stop = asyncio.Event()
    reading = asyncio.create_task(bounces.run(mailbox, pool, stop))
    row = await add_delivery(pool)
    async with notifying(pool, server.sockets[0].getsockname()[1]):
        await until(pool, row, ["delivered", "refused"])
    stop.set()
    await asyncio.wait_for(reading, 60)
    server.close()
    await server.wait_closed()
    assert (await standing(pool, row))[0] == "refused"
