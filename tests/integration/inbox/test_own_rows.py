"""A reader's own views and dates: kept, shown and dropped, in nobody's trail, and no act."""

import html
import re
from datetime import timedelta

import pytest

from inbox.list_address import PATH
from models.calendar import copenhagen_date
from tests.integration.inbox.staff import AARHUS, Desk

SAVE, DROP = f"{PATH}/visninger/gem", f"{PATH}/visninger/slet"


async def send(desk: Desk, path: str, **fields: str) -> tuple[int, str]:
    """What the form gives: the status, and where it leads or what it says."""
    answer = await desk.person.post(path, data={"form_token": desk.token, **fields})
    return answer.status_code, html.unescape(answer.headers.get("location", answer.text))


async def listed(desk: Desk, query: str = "") -> str:
    return html.unescape((await desk.person.get(PATH + query)).text)


async def rows(desk: Desk, table: str) -> int:
    cursor = await desk.connection.execute(f"SELECT count(*) FROM {table}".encode())  # noqa: S608 - our own names
    ((number,),) = await cursor.fetchall()
    return int(number)


async def test_a_view_is_a_name_for_an_address_of_the_reader(desk: Desk) -> None:
    query = "?vis=mine&alvor=high&uddannelse=eud"
    status, led = await send(
        desk, SAVE + query + "&efter=2026-10-01~FV-0000-0000-0000&evil=1", name="  Min  EUD "
    )
    assert (status, led) == (303, PATH + query + "&sagt=view_saved")
    page = await listed(desk)
    assert f'href="{PATH}{query}"' in page
    assert "Min EUD" in page
    assert 'aria-current="page">' in re.search(r'class="fv-view"[^<]*', await listed(desk, query))[0]  # type: ignore[index]
    assert (await send(desk, SAVE + "?vis=overdue", name="Min EUD"))[0] == 303
    assert await rows(desk, "saved_views") == 1, "of one name there is one"
    assert (await send(desk, DROP, name="another's"))[0] == 303
    assert await rows(desk, "saved_views") == 1
    await send(desk, DROP, name="Min EUD")
    assert await rows(desk, "saved_views") == 0


@pytest.mark.parametrize("name", ["", "Anna 010101-1234", "x" * 61])
async def test_a_name_that_cannot_be_kept_is_said_and_not_shown_again(desk: Desk, name: str) -> None:
    status, page = await send(desk, SAVE + "?alvor=high", name=name)
    assert status == 422
    assert 'id="name-error"' in page
    assert "010101" not in page
    assert await rows(desk, "saved_views") == 0


async def test_a_reader_has_twenty_views_and_no_more(desk: Desk) -> None:
    for number in range(20):
        assert (await send(desk, SAVE + "?vis=mine", name=f"nr. {number}"))[0] == 303
    assert (await send(desk, SAVE + "?vis=mine", name="en til"))[0] == 409
    assert (await send(desk, SAVE + "?vis=overdue", name="nr. 3"))[0] == 303, "in place of its namesake"
    assert await rows(desk, "saved_views") == 20


async def test_a_follow_up_is_set_moved_and_removed_and_moves_nothing(desk: Desk) -> None:
    reference = await desk.task()
    other = await desk.task("0303031234")
    today = copenhagen_date(desk.parts.clock())
    before = await (await desk.connection.execute("SELECT * FROM tasks ORDER BY id")).fetchall()
    path = f"{PATH}/{reference}/opfoelgning"
    assert (await send(desk, path, day=str(today + timedelta(days=2))))[0] == 303
    assert "Du ville følge op" not in await listed(desk)
    assert other not in await listed(desk, "?opfoelgning=1")
    assert reference in await listed(desk, "?opfoelgning=1")
    assert (await send(desk, path, day=f"{today:%d.%m.%Y}"))[0] == 303
    page = await listed(desk)
    assert reference in page.partition("Du ville følge op på en opgave nu")[2][:300]
    after = await (await desk.connection.execute("SELECT * FROM tasks ORDER BY id")).fetchall()
    assert after == before
    assert [await rows(desk, table) for table in ("acts", "outbox", "steps", "deliveries")] == [0] * 4
    assert (await send(desk, f"{path}/fjern"))[0] == 303
    assert await rows(desk, "follow_ups") == 0


@pytest.mark.parametrize("days", [-1, 400, None])
async def test_a_day_that_cannot_be_chosen_is_said_at_its_field(desk: Desk, days: int | None) -> None:
    reference = await desk.task()
    day = "" if days is None else str(copenhagen_date(desk.parts.clock()) + timedelta(days=days))
    status, page = await send(desk, f"{PATH}/{reference}/opfoelgning", day=day)
    assert status == 422
    assert 'id="follow-up-day-error"' in page
    assert await rows(desk, "follow_ups") == 0


async def test_nobody_follows_up_on_another_units_task_or_a_closed_one(desk: Desk) -> None:
    today = str(copenhagen_date(desk.parts.clock()))
    theirs = await desk.task(unit_id=AARHUS)
    assert (await send(desk, f"{PATH}/{theirs}/opfoelgning", day=today))[0] == 404
    closed = await desk.task(
        "0303031234", status="closed", ending="contact_made", closed_at=desk.parts.clock()
    )
    status, page = await send(desk, f"{PATH}/{closed}/opfoelgning", day=today)
    assert status == 409
    assert "ikke længere åben" in page
    assert await rows(desk, "follow_ups") == 0
