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

from notifiers.bounces import run as bounces
from notifiers.bounces.address import bounce_address, token
from notifiers.bounces.run import Drop, sweep
from notifiers.bounces.store import Effect, Returns
from notifiers.due import Freeze, freezer
from notifiers.run import NotifierSettings, run
from notifiers.store import Pool
from seals.tags import Purpose, Tags
from tests.integration.notifiers.builders import Row, add_delivery, contacts, outcomes_of, rows, status_of
from tests.integration.notifiers.test_run import email_channel
from tests.smtp.reports import report
from tests.smtp.server import At, Close, MisbehavingServer, Plan, Received, Say

TAGS = Tags({"v1": bytes(range(32))}, "v1", Purpose.BOUNCE)
FORGER = Tags({"v1": bytes(range(1, 33))}, "v1", Purpose.BOUNCE)
BASE = "bounce@varsel.example.dk"
FREEZE: Freeze = freezer(
    sender="frafaldsvarsel@varsel.example.dk",
    sender_name="Frafaldsvarsel",
    message_id_domain="varsel.example.dk",
    link_base="https://varsel.example.dk",
    return_to=lambda delivery: bounce_address(TAGS, BASE, delivery),
)


@pytest.fixture
def drop(tmp_path: Path) -> Drop:
    for folder in ("new", "cur", "tmp"):
        (tmp_path / "maildir" / folder).mkdir(parents=True)
    return Drop(maildir=tmp_path / "maildir", returns=Returns(tags=TAGS, base=BASE), poll_seconds=0.1)


def put(drop: Drop, content: bytes) -> None:
    """As a relay does it: whole, or not at all."""
    name = f"{time.time_ns()}.{uuid4().hex}.relay"
    (drop.maildir / "tmp" / name).write_bytes(content)
    (drop.maildir / "tmp" / name).rename(drop.maildir / "new" / name)


def lying(drop: Drop) -> tuple[int, int]:
    """New ones, and those that are left for people."""
    left = [file for file in (drop.maildir / "cur").iterdir() if not file.name.endswith(":2,ST")]
    return len(list((drop.maildir / "new").iterdir())), len(left)


def taken(drop: Drop) -> list[Path]:
    """Those that are kept until no backup is older."""
    return sorted((drop.maildir / "cur").glob("*:2,ST"))


async def effects(drop: Drop, pool: Pool) -> list[Effect]:
    found: list[Effect] = []
    await sweep(drop, pool, on_effect=found.append)
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
            freeze=FREEZE,
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


async def test_a_bounce_an_hour_later_refuses_the_recipient(pool: Pool, drop: Drop) -> None:
    one = await sent(pool)
    await rows(
        pool,
        "UPDATE deliveries SET ended_at = ended_at - interval '1 hour', created_at = created_at - interval '1 hour' "
        "RETURNING id",
    )
    await rows(pool, "UPDATE attempts SET at = at - interval '1 hour' RETURNING attempt")
    put(drop, report(one.mail))
    assert await effects(drop, pool) == [Effect.REFUSED]
    assert await standing(pool, one.row) == ("refused", 2, True, None)
    assert await outcomes_of(pool, one.row) == ["delivered", "refused"]
    assert await rows(pool, "SELECT detail FROM attempts WHERE attempt = 2") == [("bounce: 5.1.1",)]
    assert await reasons(pool, one.row) == [("delivery_refused", "bounce: 5.1.1")]
    assert await rows(pool, "SELECT action, status, found FROM bounces") == [("failed", "5.1.1", "delivered")]
    ((late,),) = await rows(pool, "SELECT ended_at > now() - interval '1 minute' FROM deliveries")
    assert late
    assert lying(drop) == (0, 0)


async def test_the_same_report_twice_counts_once(pool: Pool, drop: Drop) -> None:
    one = await sent(pool)
    put(drop, report(one.mail))
    put(drop, report(one.mail))
    assert await effects(drop, pool) == [Effect.REFUSED, Effect.REPEATED]
    put(drop, report(one.mail, status="5.2.1"))
    assert await effects(drop, pool) == [Effect.NOTED]
    assert await standing(pool, one.row) == ("refused", 2, True, None)
    assert len(await reasons(pool, one.row)) == 1


async def test_a_delay_changes_nothing_and_a_failure_after_it_does(pool: Pool, drop: Drop) -> None:
    one = await sent(pool)
    before = await standing(pool, one.row)
    put(drop, report(one.mail, action="delayed", status="4.4.1"))
    assert await effects(drop, pool) == [Effect.NOTED]
    assert await standing(pool, one.row) == before
    assert await reasons(pool, one.row) == []
    put(drop, report(one.mail, status="4.4.7"))
    assert await effects(drop, pool) == [Effect.REFUSED]
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
    pool: Pool, drop: Drop, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    one = await sent(pool)
    before = await standing(pool, one.row)
    made = forgeries(one)
    for content in made.values():
        put(drop, content)
    assert await effects(drop, pool) == [Effect.NOT_OURS] * len(made)
    assert await standing(pool, one.row) == before
    assert await reasons(pool, one.row) == []
    assert await rows(pool, "SELECT count(*) FROM bounces") == [(0,)]
    assert lying(drop) == (0, len(made))
    assert await effects(drop, pool) == []
    assert one.mail.recipient not in caplog.text
    assert str(one.row.id) not in caplog.text


async def test_a_relay_that_keeps_only_the_envelopes_id_is_understood(pool: Pool, drop: Drop) -> None:
    one = await sent(pool)
    put(drop, report(one.mail, to=BASE, envelope_id=token(TAGS, one.row.id), message_id=None))
    assert await effects(drop, pool) == [Effect.REFUSED]


async def test_a_mail_whose_answer_was_lost_and_that_came_back_is_not_sent_again(
    pool: Pool, drop: Drop
) -> None:
    row = await add_delivery(pool)
    async with MisbehavingServer({At.DOT: [Close()]}) as server:
        async with notifying(pool, server.port):
            await until(pool, row, ["indeterminate"])
            put(drop, report(server.mails[0]))
            assert await effects(drop, pool) == [Effect.REFUSED]
            await rows(pool, "UPDATE deliveries SET due_at = now() RETURNING id")
            await asyncio.sleep(0.5)
        assert len(server.mails) == 1
    assert await outcomes_of(pool, row) == ["indeterminate", "refused"]
    assert await rows(pool, "SELECT found FROM bounces") == [("due",)]


async def test_a_report_about_a_mail_that_was_never_sent_changes_nothing(pool: Pool, drop: Drop) -> None:
    row = await add_delivery(pool)
    mail = Received(
        bounce_address(TAGS, BASE, row.id), "jobcenter@kommune.example.dk", b"Message-ID: <x@y>\r\n\r\n"
    )
    put(drop, report(mail, message_id=None))
    assert await effects(drop, pool) == [Effect.NOT_OURS]
    assert await status_of(pool, row) == "due"


async def test_the_first_refusal_stands(pool: Pool, drop: Drop) -> None:
    row = await add_delivery(pool)
    plan: Plan = {At.RCPT: [Say("550 5.1.1 no")]}
    async with MisbehavingServer(plan) as server, notifying(pool, server.port):
        await until(pool, row, ["refused"])
    mail = Received(bounce_address(TAGS, BASE, row.id), "jobcenter@kommune.example.dk", b"")
    put(drop, report(mail, message_id=None))
    assert await effects(drop, pool) == [Effect.NOTED]
    assert await outcomes_of(pool, row) == ["refused"]


async def test_two_notifiers_read_the_same_folder_and_a_report_counts_once(pool: Pool, drop: Drop) -> None:
    one = await sent(pool)
    for _ in range(20):
        put(drop, report(one.mail))
    found = await asyncio.gather(effects(drop, pool), effects(drop, pool))
    assert [effect for effects in found for effect in effects].count(Effect.REFUSED) == 1
    assert await standing(pool, one.row) == ("refused", 2, True, None)
    assert lying(drop) == (0, 0)


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
    pool: Pool, drop: Drop
) -> None:
    command = "find cur -name '*:2,ST' -exec mv -t new -- {} +"
    assert command in (Path(__file__).parents[3] / "docs" / "operations.md").read_text("utf-8")
    before, after = await sent(pool), await sent(pool)
    put(drop, report(before.mail))
    assert await effects(drop, pool) == [Effect.REFUSED]
    await back_up(pool)
    put(drop, report(after.mail))
    put(drop, b"Subject: out of office\n\nHej\n")
    assert sorted(await effects(drop, pool)) == [Effect.NOT_OURS, Effect.REFUSED]
    await restore(pool)
    assert (await standing(pool, after.row))[0] == "delivered"

    for expected in ([Effect.REFUSED, Effect.REPEATED], [Effect.REPEATED, Effect.REPEATED]):
        await asyncio.to_thread(subprocess.run, ["/bin/sh", "-c", command], cwd=drop.maildir, check=True)
        assert sorted(await effects(drop, pool)) == expected
        assert (await standing(pool, after.row))[0] == "refused"
        assert lying(drop) == (0, 1)
        assert [file.name.count(":2,") for file in taken(drop)] == [1, 1]


async def test_a_report_that_was_taken_in_is_removed_when_it_is_old_and_what_people_have_to_see_is_not(
    pool: Pool, drop: Drop
) -> None:
    one = await sent(pool)
    for content in (report(one.mail), report(one.mail, status="5.2.1"), b"Subject: out of office\n\nHej\n"):
        put(drop, content)
    await effects(drop, pool)
    old, young = taken(drop)
    (left,) = set((drop.maildir / "cur").iterdir()) - {old, young}
    long_ago = time.time() - bounces.KEPT.total_seconds() - 3600
    for file in (old, left):
        os.utime(file, (long_ago, long_ago))
    stop = asyncio.Event()
    task = asyncio.create_task(bounces.run(drop, pool, stop))
    async with asyncio.timeout(60):
        while old.exists():
            await asyncio.sleep(0.02)
    stop.set()
    await asyncio.wait_for(task, 60)
    assert set((drop.maildir / "cur").iterdir()) == {young, left}


async def test_a_folder_that_is_missing_is_waited_for_and_said_once(
    pool: Pool, drop: Drop, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    one = await sent(pool)
    away = replace(drop, maildir=drop.maildir / "later")
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


async def test_a_real_relay_that_takes_a_mail_and_gives_it_back(pool: Pool, drop: Drop) -> None:
    """The whole way: notifier, SMTP, a relay that accepts and then finds no mailbox, Maildir, PostgreSQL."""

    class Relay:
        async def handle_DATA(self, _server: object, _session: object, envelope: smtp.Envelope) -> str:  # noqa: N802 - aiosmtpd's
            content = envelope.content
            assert isinstance(content, bytes)
            mail = Received(str(envelope.mail_from), envelope.rcpt_tos[0], content)
            asyncio.get_running_loop().call_later(0.2, lambda: put(drop, report(mail)))
            return "250 2.0.0 queued"

    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: smtp.SMTP(Relay(), hostname="relay.test"), "127.0.0.1", 0)
    stop = asyncio.Event()
    reading = asyncio.create_task(bounces.run(drop, pool, stop))
    row = await add_delivery(pool)
    async with notifying(pool, server.sockets[0].getsockname()[1]):
        await until(pool, row, ["delivered", "refused"])
    stop.set()
    await asyncio.wait_for(reading, 60)
    server.close()
    await server.wait_closed()
    assert (await standing(pool, row))[0] == "refused"
