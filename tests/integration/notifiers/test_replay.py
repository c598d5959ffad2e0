"""Deliveries out of the quarantine: put back to due, they go out once, as one mail, with all their attempts."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

import psycopg

from config.kafka import KafkaSettings
from infra.postgres import Pool
from models.dead_letter import DeadLetter, DeadLetterState, ReplayOutcome
from models.notifications.delivery import SendAttempt, SendOutcome
from models.operator import Operator
from notifiers.supersede import UnitContact
from ops.recovery import dead_letters
from ops.recovery.dead_letters import Selection
from ops.recovery.rejected_payloads import RejectedPayloads
from ops.recovery.replay import Replayer, ReplayPlanner
from ops.recovery.replay_plan import ReplayPlan
from tests.channels import unit_contact
from tests.integration.notifiers.builders import (
    RECIPIENT,
    UNIT,
    add_delivery,
    contacts,
    outcomes_of,
    rows,
    status_of,
)
from tests.integration.notifiers.test_worker import (
    YES,
    Memory,
    email_channel,
    running,
    until_none_due,
    until_outcomes,
)
from tests.smtp.server import MisbehavingServer
from tests.unit.streams.senders import Senders

NEW_ADDRESS = "ny.adresse@kommune.example.dk"
NOBODY = KafkaSettings(bootstrap_servers="127.0.0.1:9")
"""No delivery needs Kafka."""


def mended(unit_id: str) -> UnitContact | None:
    return unit_contact("Jobcenter Ærø", mails=(NEW_ADDRESS,)) if unit_id == UNIT else None


def listed(url: str, *, everything: bool = False) -> list[DeadLetter]:
    with psycopg.connect(url, autocommit=True) as connection:
        return dead_letters.dead_letters(connection, Selection(decided_too=everything))


def replay(
    url: str,
    present: Callable[[str], UnitContact | None] = contacts,
    *,
    yes: bool = True,
    ids: tuple[str, ...] = (),
) -> list[ReplayPlan]:
    """What the command does."""
    senders = Senders()
    context, payloads = senders.context, RejectedPayloads(NOBODY, senders.opener)
    try:
        with psycopg.connect(url, autocommit=True) as connection:
            planner = ReplayPlanner(connection, payloads, context, present, datetime.now(UTC))
            plan = planner.of(dead_letters.dead_letters(connection, Selection(ids=ids)))
            replayer = Replayer(connection, NOBODY, Operator("drift-1", "adressen er rettet"))
            for one in plan:
                if yes and one.goes(force=False):
                    assert replayer.replay(one) is not None
            return plan
    finally:
        payloads.close()


async def test_a_refused_notice_goes_out_once_to_the_mended_address(pool: Pool, ledger_url: str) -> None:
    row = await add_delivery(pool)
    async with MisbehavingServer(bad_recipients={RECIPIENT: "550 5.1.1 no such user"}) as server:
        async with running(pool, email_channel(server.port)):
            await until_none_due(pool)
        (dead_letter,) = await asyncio.to_thread(listed, ledger_url)
        assert (dead_letter.id, dead_letter.reason, dead_letter.state) == (
            str(row.id),
            "refused",
            DeadLetterState.OPEN,
        )
        assert "550" in (dead_letter.detail or "")
        (dry,) = await asyncio.to_thread(replay, ledger_url, mended, yes=False)
        assert dry.prospect is ReplayOutcome.SENT
        assert NEW_ADDRESS in (dry.why or "")
        assert await status_of(pool, row) == "refused"
        await asyncio.to_thread(replay, ledger_url, mended)
        (twice,) = await asyncio.to_thread(replay, ledger_url, mended, ids=(str(row.id),))
        assert twice.prospect is ReplayOutcome.DECIDED
        async with running(pool, email_channel(server.port), contacts=mended):
            await until_none_due(pool)
        assert [mail.recipient for mail in server.accepted] == [NEW_ADDRESS]
    assert await status_of(pool, row) == "superseded"
    assert await outcomes_of(pool, row) == ["refused"]
    assert await asyncio.to_thread(listed, ledger_url) == []
    (payloads,) = await asyncio.to_thread(listed, ledger_url, everything=True)
    assert (payloads.state, payloads.delivery_status, payloads.because) == (
        DeadLetterState.REPLAYED,
        "superseded",
        "adressen er rettet",
    )
    ((detail,),) = await rows(pool, "SELECT detail ->> 'by' FROM audit WHERE kind = 'quarantine_replayed'")
    assert detail == "drift-1"


async def test_a_notice_that_may_have_been_taken_is_replayed_as_the_same_mail(
    pool: Pool, ledger_url: str
) -> None:
    """An answer was lost, then the deadline passed: the same bytes under the same Message-ID, after all attempts."""
    row = await add_delivery(pool)
    lost = SendAttempt(outcome=SendOutcome.INDETERMINATE, detail="body: no answer")
    first, second = Memory(answer=lambda _: lost), Memory(answer=lambda _: YES)
    async with running(pool, first):
        await until_outcomes(pool, row, ["indeterminate"])
        await rows(pool, "UPDATE deliveries SET deadline = clock_timestamp() RETURNING id")
        await until_none_due(pool)
    assert await status_of(pool, row) == "exhausted"
    (plan,) = await asyncio.to_thread(replay, ledger_url)
    assert "the same bytes" in (plan.why or "")
    async with running(pool, second):
        await until_none_due(pool)
    assert first.sent == second.sent
    assert await outcomes_of(pool, row) == ["indeterminate", "delivered"]


async def test_a_notice_that_was_surely_not_taken_is_written_anew_under_its_message_id(
    pool: Pool, ledger_url: str
) -> None:
    """The mailbox is there now; the date is today's, and the mail is still the delivery's one mail."""
    row = await add_delivery(pool)
    refusal = SendAttempt(outcome=SendOutcome.REFUSED, code=550, detail="rcpt: 550 5.1.1")
    first, second = Memory(answer=lambda _: refusal), Memory(answer=lambda _: YES)
    async with running(pool, first):
        await until_none_due(pool)
    async with pool.connection() as connection:
        await connection.execute("UPDATE tasks SET react_by = '2026-10-08'")
    await asyncio.to_thread(replay, ledger_url)
    async with running(pool, second):
        await until_none_due(pool)
    assert [mail.message_id for mail in second.sent] == [mail.message_id for mail in first.sent]
    assert "8. oktober" in second.sent[0].text
    assert await outcomes_of(pool, row) == ["refused", "delivered"]
    assert await status_of(pool, row) == "delivered"


async def test_a_notice_that_is_refused_again_is_open_again(pool: Pool, ledger_url: str) -> None:
    await add_delivery(pool)
    refusal = SendAttempt(outcome=SendOutcome.REFUSED, code=550, detail="rcpt: 550 5.1.1")
    async with running(pool, Memory(answer=lambda _: refusal)):
        await until_none_due(pool)
        await asyncio.to_thread(replay, ledger_url)
        await until_none_due(pool)
    (dead_letter,) = await asyncio.to_thread(listed, ledger_url)
    assert dead_letter.state is DeadLetterState.OPEN


async def test_a_notice_that_no_longer_fits_its_task_is_not_replayed(pool: Pool, ledger_url: str) -> None:
    await add_delivery(pool)
    refusal = SendAttempt(outcome=SendOutcome.REFUSED, code=550, detail="rcpt: 550 5.1.1")
    async with running(pool, Memory(answer=lambda _: refusal)):
        await until_none_due(pool)
    async with pool.connection() as connection:
        await connection.execute("UPDATE tasks SET status = 'withdrawn'")
    (plan,) = await asyncio.to_thread(replay, ledger_url)
    assert plan.prospect is ReplayOutcome.NOT_NEEDED
    (dead_letter,) = await asyncio.to_thread(listed, ledger_url)
    assert dead_letter.state is DeadLetterState.OPEN
