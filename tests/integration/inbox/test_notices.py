"""A unit sees its own mails and webhooks, and lets one that reached nobody go again: the same one, and noted."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from psycopg.types.json import Jsonb

from ledger.actions.send_again import MOST_AN_HOUR
from tests.integration.inbox.staff import AARHUS, COPENHAGEN, CPR, Desk
from tests.integration.ledger.task_rows import add_delivery

FROZEN = {"mail": "as it was"}


async def notice(desk: Desk, status: str = "exhausted", **task: object) -> tuple[str, UUID]:
    """One about a task, as the notifier leaves it."""
    reference = await desk.task(**task)  # type: ignore[arg-type]
    rows = await desk.connection.execute("SELECT id, unit_id FROM tasks WHERE reference = %s", (reference,))
    ((task_id, unit),) = await rows.fetchall()
    now = desk.parts.clock()
    delivery = await add_delivery(
        desk.connection,
        task_id,
        unit_id=unit,
        status=status,
        frozen=Jsonb(FROZEN),
        attempts=2,
        deadline=now - timedelta(days=1),
        ended_at=None if status == "due" else now,
    )
    return reference, delivery


async def again(desk: Desk, delivery: UUID | str) -> int:
    sent = {"form_token": desk.token, "delivery": str(delivery)}
    return (await desk.person.post("/beskeder/igen", data=sent)).status_code


async def standing(desk: Desk, delivery: UUID) -> tuple[object, ...]:
    rows = await desk.connection.execute(
        "SELECT status, frozen, attempts, deadline > now(), ended_at IS NULL FROM deliveries WHERE id = %s",
        (delivery,),
    )
    (row,) = await rows.fetchall()
    return tuple(row)


async def noted(desk: Desk) -> list[tuple[object, ...]]:
    rows = await desk.connection.execute(
        "SELECT t.reference, a.detail ->> 'delivery_id', a.detail ->> 'by_id', a.detail ->> 'unit' "
        "FROM audit a JOIN tasks t ON t.id = a.task_id WHERE a.kind = 'delivery_sent_again'"
    )
    return await rows.fetchall()


@pytest.mark.parametrize("status", ["exhausted", "refused"])
async def test_one_that_reached_nobody_is_the_same_one_again_once_and_noted(desk: Desk, status: str) -> None:
    reference, delivery = await notice(desk, status)
    assert str(delivery) in (await desk.person.get("/beskeder")).text
    assert await again(desk, delivery) == 303
    assert await standing(desk, delivery) == ("due", FROZEN, 2, True, True)
    assert await noted(desk) == [(reference, str(delivery), "anna", COPENHAGEN)]
    assert await again(desk, delivery) == 409, "it is under way"
    assert len(await noted(desk)) == 1
    assert "Lod en besked blive sendt igen" in (await desk.person.get(f"/opgaver/{reference}")).text


@pytest.mark.parametrize("status", ["due", "delivered", "superseded"])
async def test_one_that_arrived_or_no_longer_fits_does_not_go_again(desk: Desk, status: str) -> None:
    _, delivery = await notice(desk, status)
    assert str(delivery) not in (await desk.person.get("/beskeder?vis=alle")).text
    before = await standing(desk, delivery)
    assert await again(desk, delivery) == 409
    assert (await standing(desk, delivery), await noted(desk)) == (before, [])


async def test_another_units_is_not_there_nor_one_of_a_task_that_moved_on(desk: Desk) -> None:
    reference, theirs = await notice(desk, unit_id=AARHUS)
    moved_reference, moved = await notice(desk)
    await desk.connection.execute(
        "UPDATE tasks SET unit_id = %s WHERE reference = %s", (AARHUS, moved_reference)
    )
    page = (await desk.person.get("/beskeder?vis=alle")).text
    assert reference not in page
    assert moved_reference not in page
    for delivery in (theirs, moved, uuid4(), "x"):
        assert await again(desk, delivery) == 404
    assert (await standing(desk, theirs))[0] == (await standing(desk, moved))[0] == "exhausted"
    assert await noted(desk) == []


async def test_a_unit_that_sends_many_again_waits(desk: Desk) -> None:
    _, delivery = await notice(desk)
    for unit, minutes in ((COPENHAGEN, 61), (AARHUS, 1)):
        await sent_again(desk, unit, minutes_ago=minutes, number=MOST_AN_HOUR)
    await sent_again(desk, COPENHAGEN, minutes_ago=1, number=MOST_AN_HOUR - 1)
    assert await again(desk, delivery) == 303
    _, another = await notice(desk)
    assert await again(desk, another) == 429
    assert (await standing(desk, another))[0] == "exhausted"


async def sent_again(desk: Desk, unit: str, *, minutes_ago: int, number: int) -> None:
    reference = await desk.task(CPR, unit_id=unit)
    await desk.connection.execute(
        "INSERT INTO audit (at, kind, task_id, detail) SELECT now() - make_interval(mins => %s), "
        "'delivery_sent_again', t.id, %s FROM tasks t, generate_series(1, %s) WHERE t.reference = %s",
        (minutes_ago, Jsonb({"unit": unit}), number, reference),
    )
