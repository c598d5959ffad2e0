"""Who opens or looks up unusually many within an hour is not let on, and is told why; others are."""

import pytest

from ledger.actions.reveal_sensitive import MOST_LOOKS_AN_HOUR
from tests.integration.inbox.staff import CPR, Desk, looks


async def noted(desk: Desk, kind: str) -> int:
    row = await (
        await desk.connection.execute("SELECT count(*) FROM audit WHERE kind = %s", (kind,))
    ).fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.parametrize("way", ["open", "search"])
async def test_the_next_one_after_the_most_is_refused_with_a_sentence_and_noted(desk: Desk, way: str) -> None:
    reference = await desk.task()

    async def look() -> tuple[int, str]:
        sent = {"form_token": desk.token, "purpose": "contact_person"}
        answer = (
            await desk.person.post(f"/opgaver/{reference}/person", data=sent)
            if way == "open"
            else await desk.search(CPR)
        )
        return answer.status_code, answer.text

    await looks(desk, MOST_LOOKS_AN_HOUR - 1)
    await looks(desk, 500, by="bo")
    await looks(desk, 500, minutes_ago=61)
    assert (await look())[0] != 429
    before = await noted(desk, "opened"), await noted(desk, "found_by_cpr")
    status, text = await look()
    assert (status, "(too_many_looks)" in text, CPR in text) == (429, True, False)
    assert (await noted(desk, "opened"), await noted(desk, "found_by_cpr")) == before
    assert await noted(desk, "look_refused") == 1


async def test_a_search_is_one_look_however_many_tasks_it_finds(desk: Desk) -> None:
    """Each of them has a line of its own, with the time of the search."""
    for _ in range(3):
        await desk.task()
    await looks(desk, MOST_LOOKS_AN_HOUR - 2)
    assert [(await desk.search(CPR)).status_code != 429 for _ in range(3)] == [True, True, False]
    assert await noted(desk, "found_by_cpr") == 6
