"""What no rule understands is a case for people: it names the delivery, and one of them decides what it means."""

import asyncio

import psycopg
import pytest

from infra.postgres import Pool
from ledger.queries import listings, task_detail
from models.dead_letter import DeadLetter, DeadLetterKind, DeadLetterState, ReplayOutcome
from models.notifications.returned import ReportedAction
from models.operator import Operator
from notifiers.bounces.run import BounceMailbox
from notifiers.bounces.store import BounceEffect
from ops.recovery import dead_letters
from ops.recovery.dead_letters import Selection
from tests.integration.notifiers.bounces.test_run import Sent, effects, mailbox, put, reasons, sent, standing
from tests.integration.notifiers.builders import UNIT, rows
from tests.integration.notifiers.test_replay import listed, replay
from tests.smtp.reports import report

__all__ = ["mailbox"]


def not_understood(one: Sent, text: str = "Ak og ve") -> bytes:
    return f"To: {one.mail.sender}\nFrom: MAILER-DAEMON@x.dk\nSubject: x\n\n{text}".encode()


async def a_case(pool: Pool, mailbox: BounceMailbox, url: str) -> tuple[Sent, DeadLetter]:
    one = await sent(pool)
    put(mailbox, not_understood(one))
    assert await effects(mailbox, pool) == [BounceEffect.UNREAD]
    (case,) = await asyncio.to_thread(listed, url)
    return one, case


async def shown(pool: Pool, one: Sent) -> list[ReportedAction]:
    """Beside the notice, on its task."""
    async with pool.connection() as connection:
        view = await task_detail.task(connection, units=frozenset({UNIT}), key=one.row.task_id)
    assert view is not None
    (notice,) = view.deliveries
    return [back.report for back in notice.came_back]


async def test_it_names_its_delivery_and_stands_on_the_task(
    pool: Pool, mailbox: BounceMailbox, ledger_url: str
) -> None:
    one, case = await a_case(pool, mailbox, ledger_url)
    assert (case.kind, case.reason, case.state) == (
        DeadLetterKind.BOUNCE,
        "not_understood",
        DeadLetterState.OPEN,
    )
    assert case.delivery == str(one.row.id)
    assert (case.unit, case.delivery_status) == (UNIT, "delivered")
    assert await shown(pool, one) == [ReportedAction.UNREAD]
    put(mailbox, not_understood(one, "og mere"))
    await effects(mailbox, pool)
    assert len(await asyncio.to_thread(listed, ledger_url)) == 2


async def test_a_person_who_has_read_it_ends_the_notice(
    pool: Pool, mailbox: BounceMailbox, ledger_url: str
) -> None:
    one, case = await a_case(pool, mailbox, ledger_url)
    (dry,) = await asyncio.to_thread(replay, ledger_url, yes=False)
    assert dry.prospect is ReplayOutcome.RETURNED
    assert (await standing(pool, one.row))[0] == "delivered"
    await asyncio.to_thread(replay, ledger_url)
    assert await standing(pool, one.row) == ("refused", 2, True, None)
    assert await reasons(pool, one.row) == [
        ("delivery_refused", "bounce: read by a person"),
        ("quarantine_replayed", "not_understood"),
    ]
    failed = await rows(pool, "SELECT status, found FROM bounces WHERE action = 'failed'")
    assert failed == [("5.0.0", "delivered")]
    # The notice itself is what waits now.
    (now,) = await asyncio.to_thread(listed, ledger_url)
    assert (now.kind, now.id) == (DeadLetterKind.DELIVERY, str(one.row.id))
    (again,) = await asyncio.to_thread(replay, ledger_url, ids=(case.id,))
    assert again.prospect is ReplayOutcome.DECIDED
    assert await shown(pool, one) == [ReportedAction.FAILED]


async def test_what_means_nothing_is_dismissed_and_no_longer_shown(
    pool: Pool, mailbox: BounceMailbox, ledger_url: str
) -> None:
    one, case = await a_case(pool, mailbox, ledger_url)
    with psycopg.connect(ledger_url, autocommit=True) as connection:
        dead_letters.dismiss(connection, case, Operator("drift-1", "et svar fra en person"))
    assert await asyncio.to_thread(listed, ledger_url) == []
    assert await shown(pool, one) == []
    assert (await standing(pool, one.row))[0] == "delivered"


async def test_a_notice_that_has_ended_meanwhile_is_ended_once(
    pool: Pool, mailbox: BounceMailbox, ledger_url: str
) -> None:
    one, case = await a_case(pool, mailbox, ledger_url)
    put(mailbox, report(one.mail))
    assert await effects(mailbox, pool) == [BounceEffect.REFUSED]
    (plan,) = await asyncio.to_thread(replay, ledger_url, ids=(case.id,))
    assert plan.prospect is ReplayOutcome.NOT_NEEDED
    with psycopg.connect(ledger_url, autocommit=True) as connection:
        assert not dead_letters.end_as_returned(connection, case, Operator("drift-1", "for sent"))
    assert await standing(pool, one.row) == ("refused", 2, True, None)


async def test_the_case_of_another_delivery_is_not_found_by_the_beginning_of_its_id(
    pool: Pool, mailbox: BounceMailbox, ledger_url: str
) -> None:
    _, case = await a_case(pool, mailbox, ledger_url)
    with psycopg.connect(ledger_url, autocommit=True) as connection:
        assert dead_letters.dead_letters(connection, Selection(ids=(case.delivery,))) == []


@pytest.mark.parametrize(
    ("action", "final", "expected"),
    [
        ("delayed", None, ReportedAction.DELAYED),
        ("failed", b"privat@example.net", ReportedAction.OTHER),
    ],
)
async def test_a_known_delay_and_a_copy_that_came_back_stand_beside_delivered(
    pool: Pool,
    mailbox: BounceMailbox,
    ledger_url: str,
    action: str,
    final: bytes | None,
    expected: ReportedAction,
) -> None:
    one = await sent(pool)
    content = report(one.mail, action=action, status="4.4.1")
    if final is not None:
        told = f"Final-Recipient: rfc822; {one.mail.recipient}".encode()
        content = content.replace(told, b"Final-Recipient: rfc822; " + final)
    put(mailbox, content)
    assert await effects(mailbox, pool) == [BounceEffect.NOTED]
    assert await shown(pool, one) == [expected]
    (row,) = await asyncio.to_thread(
        lambda: list(
            listings.rows(
                ledger_url,
                listings.DELIVERIES,
                {"status": None, "unit": None, "channel": None, "task": None},
                limit=None,
            )
        )
    )
    assert (row.status, row.came_back) == ("delivered", expected)
    assert await asyncio.to_thread(listed, ledger_url) == []
