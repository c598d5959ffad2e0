"""A relay that refuses us, over real SMTP: the unit, another unit and the next rung are not given up for it."""

import asyncio

import pytest

from infra.postgres import Pool
from notifiers.supersede import UnitContact
from tests.channels import unit_contact
from tests.integration.notifiers.builders import UNIT, Row, add_delivery, rows
from tests.integration.notifiers.test_worker import email_channel, running, until, until_none_due
from tests.smtp.server import At, MisbehavingServer, Say

WHO = ("jobcenter@kommune.example.dk", "ungeenhed@kommune.example.dk", "chef@andet.example.dk")
WHILE = 1.5
"""Seconds: in fewer than four all three were given up."""


def three(unit_id: str) -> UnitContact | None:
    return unit_contact("Jobcenter Ærø", mails=WHO) if unit_id == UNIT else None


async def statuses(pool: Pool, notices: list[Row]) -> list[object]:
    found = await rows(pool, "SELECT id, status FROM deliveries")
    return [dict(found)[notice.id] for notice in notices]  # type: ignore[arg-type, index]


async def hurry(pool: Pool) -> None:
    """In their order: who was refused last comes last, or the relay would be probed with the same one for ever."""
    await rows(
        pool, "UPDATE deliveries SET due_at = due_at - interval '1 hour' WHERE status = 'due' RETURNING id"
    )
    await rows(pool, "SELECT pg_notify('deliveries', '')")


@pytest.mark.parametrize(
    ("at", "answer"),
    [
        (At.RCPT, "554 5.7.1 <x>: Relay access denied"),
        (At.RCPT, "553 5.7.1 <varsel@example.dk>: Sender address rejected: not owned by user relay"),
        (At.RCPT, "550 5.1.8 <varsel@example.dk>: Sender address rejected: Domain not found"),
        (At.RCPT, "550 5.7.1 no"),
        (At.DATA, "554 5.7.1 <DATA>: Data command rejected: limit of 400 rcpts per 24 hours reached"),
        (At.DOT, "550-5.4.5 Daily user sending limit exceeded.\r\n550 5.4.5 go to https://example.com"),
        (At.DOT, "550 5.7.60 SMTP; Client does not have permissions to send as this sender"),
        (At.DOT, "554 5.2.0 STOREDRV.Submission.Exception:SendAsDeniedException.MapiExceptionSendAsDenied"),
        (At.DOT, "550 5.1.8 Access denied, bad outbound sender AS(42004)"),
    ],
)
async def test_that_we_may_not_send_gives_up_nobody(pool: Pool, at: At, answer: str) -> None:
    async with MisbehavingServer({at: [Say(answer)] * 200}) as server:
        channel = email_channel(server.port)
        async with running(pool, channel, contacts=three):
            notices = [await add_delivery(pool, recipient=who) for who in WHO]
            await until(lambda: server.commands.count("RCPT") > 0)
            await asyncio.sleep(WHILE)
            await hurry(pool)
            await asyncio.sleep(1)
            assert await statuses(pool, notices) == ["due"] * 3
            server.faults(at).clear()  # somebody has mended it
            while "due" in await statuses(pool, notices):
                await hurry(pool)
                await asyncio.sleep(0.3)
    assert await statuses(pool, notices) == ["delivered"] * 3
    assert len(server.accepted) == 3


async def test_the_same_answer_to_one_after_another_pauses_the_relay_and_says_so(
    pool: Pool, caplog: pytest.LogCaptureFixture
) -> None:
    """In words that nobody knows, without a code: after two the third waits, and all who come after."""
    strange = Say("550 kan ikke i dag")
    async with MisbehavingServer({At.RCPT: [strange] * 200}) as server:
        channel = email_channel(server.port)
        async with running(pool, channel, contacts=three):
            notices = [await add_delivery(pool, recipient=who) for who in WHO]
            await asyncio.sleep(WHILE)
            assert sorted(map(str, await statuses(pool, notices))) == ["due", "refused", "refused"]
            server.faults(At.RCPT).clear()
            while "due" in await statuses(pool, notices):
                await hurry(pool)
                await asyncio.sleep(0.3)
    assert len(server.accepted) == 1
    said = [record.getMessage() for record in caplog.records]
    assert "the relay gives 3 recipients in a row the same answer: recipient: 550" in said
    assert "the mail relay cannot be used, waiting: recipient: 550, to 3 in a row" in said
    assert "the mail relay is back" in said
    assert not any("@" in line for line in said)


async def test_a_mail_that_is_too_large_holds_up_no_other(pool: Pool) -> None:
    async with MisbehavingServer({At.MAIL: [Say("552 Message size exceeds maximum permitted")]}) as server:
        channel = email_channel(server.port)
        async with running(pool, channel, contacts=three):
            first = await add_delivery(pool, recipient=WHO[0])
            await until(lambda: server.commands.count("MAIL") > 0)
            others = [await add_delivery(pool, recipient=who) for who in WHO[1:]]
            await until_none_due(pool)
    assert await statuses(pool, [first, *others]) == ["refused", "delivered", "delivered"]


async def test_one_recipients_policy_ends_that_notice_alone(pool: Pool) -> None:
    """Not said to be whose: the others are served, and then it is known."""
    bad = {WHO[0]: "550 5.7.1 not from you"}
    async with MisbehavingServer(bad_recipients=bad) as server:
        channel = email_channel(server.port)
        async with running(pool, channel, contacts=three):
            notices = [await add_delivery(pool, recipient=WHO[0])]
            # Who is served before it is refused says nothing of what came afterwards.
            while not await rows(pool, "SELECT attempt FROM attempts"):
                await asyncio.sleep(0.05)
            notices += [await add_delivery(pool, recipient=who) for who in WHO[1:]]
            while "due" in await statuses(pool, notices):
                await hurry(pool)
                await asyncio.sleep(0.3)
    assert await statuses(pool, notices) == ["refused", "delivered", "delivered"]
