"""A list as a file: what the list shows, and a CPR only for a purpose, with a line in the trail for each person."""

import csv
import io

import pytest

from ledger.actions.reveal_sensitive import MOST_LOOKS_AN_HOUR
from tests.integration.inbox.staff import AARHUS, CPR, NOBODY, Desk, looks

HIDDEN = f"{CPR[:6]}-{CPR[6:]}"


async def get(desk: Desk, query: str = "", **fields: str) -> tuple[int, str]:
    answer = await desk.person.post("/opgaver/uddrag" + query, data={"form_token": desk.token, **fields})
    return answer.status_code, answer.content.decode("utf-8-sig")


def lines(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text), delimiter=";"))


async def trail(desk: Desk) -> list[tuple[object, ...]]:
    rows = await desk.connection.execute(
        "SELECT a.kind, t.reference, a.detail ->> 'purpose', a.detail ->> 'tasks', a.detail ->> 'with_cpr' "
        "FROM audit a LEFT JOIN tasks t ON t.id = a.task_id WHERE a.kind IN ('opened', 'list_exported') ORDER BY a.id"
    )
    return await rows.fetchall()


async def test_a_file_holds_the_list_and_no_cpr(desk: Desk) -> None:
    own = await desk.task(owner_id="anna", owner_name="=HYPERLINK(1)")
    other = await desk.task(NOBODY)
    await desk.task("0303031234", unit_id=AARHUS)
    status, text = await get(desk)
    assert status == 200
    assert {line[0] for line in lines(text)[1:]} == {own, other}
    assert "'=HYPERLINK(1)" in text
    assert CPR not in text
    assert HIDDEN not in text
    _, mine = await get(desk, "?vis=mine", purpose="contact_person")
    assert [line[0] for line in lines(mine)[1:]] == [own]
    assert await trail(desk) == [
        ("list_exported", None, None, "2", "false"),
        ("list_exported", None, None, "1", "false"),
    ]


@pytest.mark.parametrize("purpose", ["", "curiosity"])
async def test_without_a_purpose_no_cpr_leaves_and_nothing_is_opened(desk: Desk, purpose: str) -> None:
    await desk.task()
    status, text = await get(desk, cpr="1", purpose=purpose)
    assert status == 422
    assert 'id="export-error"' in text
    assert await trail(desk) == []


async def test_with_a_purpose_each_person_is_noted_as_an_opening_is(desk: Desk) -> None:
    references = {await desk.task(), await desk.task(NOBODY)}
    theirs = await desk.task("0303031234", unit_id=AARHUS)
    status, text = await get(desk, cpr="1", purpose="case_record")
    assert status == 200
    assert lines(text)[0][-1] == "CPR-nummer"
    noted = await trail(desk)
    assert noted[-1] == ("list_exported", None, None, "2", "true")
    assert {line[1] for line in noted[:-1]} == references
    assert {line[2] for line in noted[:-1]} == {"case_record"}
    assert theirs not in text


async def test_a_list_that_is_too_long_gives_no_file_and_opens_nobody(desk: Desk) -> None:
    for number in range(61):
        await desk.task(f"0101{number:06}" if number else CPR)
    status, text = await get(desk, cpr="1", purpose="case_record")
    assert status == 422
    assert "højst 60" in text
    assert await trail(desk) == []
    assert len(lines((await get(desk))[1])) == 62


async def test_who_has_looked_at_many_within_the_hour_gets_no_file_with_more(desk: Desk) -> None:
    await desk.task()
    await desk.task(NOBODY)
    await looks(desk, MOST_LOOKS_AN_HOUR - 1)
    before = await trail(desk)
    status, text = await get(desk, cpr="1", purpose="case_record")
    assert (status, "(too_many_looks)" in text) == (429, True)
    assert await trail(desk) == before
    assert (await get(desk))[0] == 200
