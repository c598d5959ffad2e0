"""Mails that come back: sent over real SMTP, reported into a real Maildir, and taken in by PostgreSQL."""

import asyncio
import contextlib
import logging
import os
import subprocess
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
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
from notifiers.bounces.store import MOST_NOTED, BounceAddress, BounceEffect
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
        "for two at once": report(one.mail, to=f"{one.mail.sender}, {other}"),
        "no report": b"Subject: out of office\n\nHej\n",
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


def copy_of(one: Sent) -> bytes:
    """A report on a copy that the recipient's rule has passed on."""
    told = f"Final-Recipient: rfc822; {one.mail.recipient}".encode()
    return report(one.mail).replace(told, b"Final-Recipient: rfc822; privat@example.net")


ODD = {
    "its Message-ID was changed on the way": (
        lambda one: report(one.mail, message_id="<another@gateway.example.dk>"),
        BounceEffect.REFUSED,
    ),
    "huge": (lambda one: report(one.mail) + b"x" * (2 * bounces.LARGEST), BounceEffect.REFUSED),
    "about a copy": (copy_of, BounceEffect.NOTED),
    "not understood": (
        lambda one: f"To: {one.mail.sender}\nFrom: MAILER-DAEMON@x.dk\n\nAk og ve".encode(),
        BounceEffect.UNREAD,
    ),
    "broken": (lambda one: report(one.mail)[:300] + b"\x00\xff" * 500, BounceEffect.UNREAD),
    "an automatic answer": (
        lambda one: f"To: {one.mail.sender}\nFrom: x@y.dk\nSubject: Autosvar: ferie\n\nHej".encode(),
        BounceEffect.NOTHING,
    ),
    "all went well": (lambda one: report(one.mail, action="delivered"), BounceEffect.NOTHING),
}


@pytest.mark.parametrize(("make", "expected"), ODD.values(), ids=ODD.keys())
async def test_what_came_to_our_address_is_seen_whatever_it_is(
    pool: Pool, mailbox: BounceMailbox, make: Callable[[Sent], bytes], expected: BounceEffect
) -> None:
    one = await sent(pool)
    put(mailbox, make(one))
    assert await effects(mailbox, pool) == [expected]
    refused = expected is BounceEffect.REFUSED
    assert (await standing(pool, one.row))[0] == ("refused" if refused else "delivered")
    kept = await rows(pool, "SELECT delivery_id FROM bounces")
    assert kept == ([] if expected is BounceEffect.NOTHING else [(one.row.id,)])
    flags = {BounceEffect.UNREAD: "FS"}.get(expected, "ST")
    assert [file.name.rpartition(",")[2] for file in (mailbox.maildir / "cur").iterdir()] == [flags]


async def test_a_report_about_two_recipients_of_whom_ours_is_one_is_ours(
    pool: Pool, mailbox: BounceMailbox
) -> None:
    one = await sent(pool)
    ours = f"Final-Recipient: rfc822; {one.mail.recipient}".encode()
    other = b"Final-Recipient: rfc822; privat@example.net\nAction: failed\nStatus: 5.2.2\n\n"
    put(mailbox, report(one.mail).replace(ours, other + ours))
    assert await effects(mailbox, pool) == [BounceEffect.REFUSED]
    assert await rows(pool, "SELECT status FROM bounces") == [("5.1.1",)]


async def test_whoever_has_a_tag_fills_no_table_and_hides_no_failure(
    pool: Pool, mailbox: BounceMailbox
) -> None:
    one = await sent(pool)
    for number in range(MOST_NOTED + 10):
        put(mailbox, f"To: {one.mail.sender}\nFrom: MAILER-DAEMON@x.dk\n\nAk {number}".encode())
    assert Counter(await effects(mailbox, pool)) == {
        BounceEffect.UNREAD: MOST_NOTED,
        BounceEffect.REPEATED: 10,
    }
    put(mailbox, report(one.mail))
    assert await effects(mailbox, pool) == [BounceEffect.REFUSED]


async def test_each_file_is_read_for_itself(
    pool: Pool, mailbox: BounceMailbox, caplog: pytest.LogCaptureFixture
) -> None:
    """One that cannot be read, put away or opened stays, is said once, and holds up no other."""
    one = await sent(pool)
    new = mailbox.maildir / "new"
    (new / "0-a-folder").mkdir()
    os.mkfifo(new / "0-a-pipe")
    (new / "0-a-link").symlink_to(new / "nowhere")
    (new / "0-a-loop").symlink_to(new / "0-a-loop")
    (new / "0-not-ours").write_bytes(b"Subject: x\n\n")
    (new / ("0" * 255)).write_bytes(b"Subject: long\n\n")
    (new / os.fsdecode(b"0-\xff\n:2,:2,S")).write_bytes(b"Subject: odd\n\n")
    forbidden = new / "0-forbidden"
    forbidden.write_bytes(report(one.mail, status="5.9.9"))

    def no_permission(file: Path) -> bytes:
        if file == forbidden:
            raise PermissionError(13, "no", str(file))
        return read_bytes(file)

    read_bytes = bounces._content
    put(mailbox, report(one.mail))
    found: list[BounceEffect] = []
    passed: set[str] = set()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bounces, "_content", no_permission)
        for _ in range(3):
            await sweep(mailbox, pool, passed, on_effect=found.append)
    assert Counter(found) == {BounceEffect.REFUSED: 1, BounceEffect.NOT_OURS: 3}
    assert (await standing(pool, one.row))[0] == "refused"
    assert sorted(file.name for file in new.iterdir()) == [
        "0-a-folder",
        "0-a-link",
        "0-a-loop",
        "0-a-pipe",
        "0-forbidden",
    ]
    stays = [record.getMessage() for record in caplog.records if "stays in new" in record.getMessage()]
    assert stays == ["bounces: a file cannot be read or put away, and stays in new: PermissionError"]
    assert await effects(mailbox, pool) == [BounceEffect.NOTED]  # once it can be read, it is


async def test_two_files_of_one_name_are_both_kept(pool: Pool, mailbox: BounceMailbox) -> None:
    for content in (b"Subject: one\n\n", b"Subject: two\n\n"):
        (mailbox.maildir / "new" / "same").write_bytes(content)
        assert await effects(mailbox, pool) == [BounceEffect.NOT_OURS]
    assert len(list((mailbox.maildir / "cur").iterdir())) == 2


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
        # As the server's superuser: the audit trail only grows.
        await connection.execute("SET LOCAL session_replication_role = replica")
        for table in CHANGED:
            await connection.execute(f"DELETE FROM {table}".encode())  # noqa: S608 - our own names
        for table in reversed(CHANGED):
            await connection.execute(
                f"INSERT INTO {table} OVERRIDING SYSTEM VALUE TABLE backup_{table}".encode()
            )


async def test_after_a_restore_the_reports_that_were_taken_in_are_read_again_by_the_runbooks_command(
    pool: Pool, mailbox: BounceMailbox
) -> None:
    command = "find cur \\( -name '*:2,ST' -o -name '*:2,FS' \\) -exec mv -t new -- {} +"
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


async def test_what_is_not_understood_stays_flagged_when_it_is_read_again(
    pool: Pool, mailbox: BounceMailbox
) -> None:
    """After a restore: its case is still there, and somebody wants to read it."""
    one = await sent(pool)
    put(mailbox, f"To: {one.mail.sender}\nFrom: MAILER-DAEMON@x.dk\n\nAk og ve".encode())
    for expected in (BounceEffect.UNREAD, BounceEffect.REPEATED):
        assert await effects(mailbox, pool) == [expected]
        (file,) = (mailbox.maildir / "cur").iterdir()
        assert file.name.endswith(":2,FS")
        file.rename(mailbox.maildir / "new" / file.name)


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
