"""The state machine of a delivery, held against the statements on the real database: each moves what it may."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import pytest

from infra.postgres import Connection, json_rows
from ledger.store import deliveries
from ledger.tasks.rows import NewDelivery
from models.audit_kind import AuditKind, kind_of_end
from models.notifications.cause import DeliveryCause
from models.notifications.delivery import Channel, DeliveryStatus, Occasion, SendOutcome
from models.notifications.delivery_moves import MADE_OUT, TRANSITIONS, Move, allowed, checked
from tests.integration.ledger.task_rows import NOON, UNIT, add_delivery, add_task

NOW: Final = datetime(2026, 10, 9, 8, tzinfo=UTC)
STATEMENTS: Final = {
    Move.RECORD: deliveries.RECORD,
    Move.SETTLE: deliveries.SETTLE,
    Move.EXPIRE: deliveries.EXPIRE,
    Move.BOUNCE: deliveries.BOUNCE,
    Move.RETRY: deliveries.RETRY,
    Move.DROP: deliveries.DROP_STRAY,
}
FIXED: Final = {
    Move.EXPIRE: DeliveryStatus.EXHAUSTED,
    Move.BOUNCE: DeliveryStatus.REFUSED,
    Move.RETRY: DeliveryStatus.DUE,
    Move.DROP: DeliveryStatus.SUPERSEDED,
}
"""What a statement writes that is not told what to write."""
EMPTY_REBUILD: Final = """
CREATE SCHEMA rebuilt; CREATE TABLE rebuilt.tasks AS TABLE tasks; CREATE TABLE rebuilt.deliveries (LIKE deliveries)
"""


@pytest.mark.parametrize("before", DeliveryStatus)
@pytest.mark.parametrize("move", Move)
async def test_a_move_begins_where_it_may_and_nowhere_else(
    connection: Connection, move: Move, before: DeliveryStatus
) -> None:
    for after in sorted(TRANSITIONS[move].after):
        delivery = await add_delivery_that_stands(connection, before)
        await connection.execute(EMPTY_REBUILD)
        await connection.execute(STATEMENTS[move], values(delivery, after))
        found = await (
            await connection.execute("SELECT status FROM deliveries WHERE id = %s", (delivery,))
        ).fetchall()
        assert found == [(after if allowed(move, before) else before,)]
        await connection.rollback()


async def add_delivery_that_stands(connection: Connection, status: DeliveryStatus) -> UUID:
    """One that nothing but its status keeps from any move."""
    task = await add_task(connection)
    return await add_delivery(
        connection,
        task,
        status=status,
        occasion="new",
        deadline=NOW - timedelta(days=400),
        ended_at=None if status is DeliveryStatus.DUE else NOW,
        lease_owner="a/1",
        lease_until=NOW - timedelta(days=400),
    )


def values(delivery: UUID, after: DeliveryStatus) -> dict[str, Any]:
    """Of all statements."""
    found = {
        "id": delivery,
        "status": after,
        "attempts": 1,
        "kind": kind_of_end(after) or AuditKind.DELIVERY_REFUSED,
        "reason": "because",
        "limit": 10,
        "now": NOW,
        "at": NOW,
        "due_at": None,
        "ended_at": NOW,
        "token": "a/1",
        "outcome": SendOutcome.REFUSED,
        "code": None,
        "deadline": NOW,
        "anew": False,
        "since": NOW,
    }
    return found | {"rows": json_rows([found])}


def test_a_statement_without_a_choice_writes_the_one_end_that_its_move_has() -> None:
    assert {move: set(TRANSITIONS[move].after) for move in FIXED} == {
        move: {end} for move, end in FIXED.items()
    }


def test_an_end_that_a_move_does_not_have_is_a_mistake() -> None:
    assert checked(Move.RECORD, DeliveryStatus.DELIVERED) is DeliveryStatus.DELIVERED
    with pytest.raises(ValueError, match="does not end at delivered"):
        checked(Move.SETTLE, DeliveryStatus.DELIVERED)


def test_every_status_is_reached_and_every_end_but_superseded_is_left() -> None:
    """What was superseded stays so: the task or the address has gone. One that nobody tried can be made out anew."""
    reached = {status for move in TRANSITIONS.values() for status in move.after} | MADE_OUT
    left = {status for move in TRANSITIONS.values() for status in move.before}
    assert reached == set(DeliveryStatus)
    assert left == set(DeliveryStatus) - {DeliveryStatus.SUPERSEDED}


@pytest.mark.parametrize("before", DeliveryStatus)
@pytest.mark.parametrize("tried", [False, True])
async def test_a_duty_that_is_there_again_for_its_first_cause_tells_of_itself_if_it_never_has(
    connection: Connection, before: DeliveryStatus, tried: bool
) -> None:
    """Seed 3465 of 10,000: two numbers were joined, and one of them was erased before match knew of it."""
    task = await add_task(connection)
    notice = NewDelivery(
        task_id=task,
        occasion=Occasion.NEW,
        cause=DeliveryCause.of_event(0, 12),
        channel=Channel.EMAIL,
        unit_id=UNIT,
        recipient="opgaver@unit-0101.example",
        deadline=NOON,
    )
    await add_delivery(connection, task, id=notice.id, status=before, cause=notice.cause.text)
    if tried:
        await connection.execute(
            deliveries.INSERT_ATTEMPT,
            {
                "id": notice.id,
                "attempt": 1,
                "at": NOW,
                "outcome": "indeterminate",
                "code": None,
                "detail": "",
            },
        )
    await deliveries.make_room(connection, [notice])
    await connection.execute(deliveries.ADD, (deliveries.rows_of([notice]),))
    found = await (await connection.execute("SELECT status FROM deliveries")).fetchall()
    again = before is DeliveryStatus.SUPERSEDED and not tried
    assert found == [(DeliveryStatus.DUE if again else before,)]
