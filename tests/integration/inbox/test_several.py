"""Several tasks at once: each an act of its own, against its own version; what fails is named, and the rest stands."""

import html
from datetime import timedelta
from uuid import uuid4

from tests.integration.inbox.staff import AARHUS, COPENHAGEN, Desk
from tests.integration.ledger.ledger_fixture import Books
from tests.unit.ledger.decisions import decided

NAMES = ("one", "two", "three", "four", "five")


async def people(desk: Desk, number: int) -> list[str]:
    """Tasks of that many people, as decisions make them."""
    books = Books(desk.connection, desk.parts.rules.policy)
    for name in NAMES[:number]:
        await books.project(
            decisions=[decided(name, person=name, unit=COPENHAGEN, at=desk.parts.clock() - timedelta(days=1))]
        )
    rows = await desk.connection.execute("SELECT person_id, reference FROM tasks")
    made = dict(await rows.fetchall())
    return [made[name] for name in NAMES[:number]]


async def send(desk: Desk, **fields: object) -> tuple[int, str]:
    whole = {"form_token": desk.token, "act": str(uuid4())} | fields
    answer = await desk.person.post("/opgaver/flere", data=whole)
    return answer.status_code, html.unescape(answer.text)


async def acts(desk: Desk) -> list[tuple[object, ...]]:
    rows = await desk.connection.execute(
        "SELECT t.reference, a.kind, a.by_id FROM acts a JOIN tasks t ON t.id = a.task_id ORDER BY a.serial"
    )
    return await rows.fetchall()


async def test_what_fails_is_named_and_the_rest_stands(desk: Desk) -> None:
    good, changed, unreached, unsaid, theirs = await people(desk, 5)
    await desk.connection.execute("UPDATE tasks SET version = 7 WHERE reference = %s", (changed,))
    await desk.connection.execute("UPDATE tasks SET unit_id = %s WHERE reference = %s", (AARHUS, theirs))
    once = str(uuid4())
    sent: dict[str, object] = {
        f"do-{good}": "take", f"do-{changed}": "take", f"do-{unreached}": "not_reached",
        f"do-{unsaid}": "contact_made", f"do-{theirs}": "take", "do-FV-0000-0000-0000": "take", "do-x": "take",
        **{f"version-{each}": "1" for each in (good, changed, unreached, unsaid, theirs)},
    }  # fmt: skip
    for _ in range(2):
        status, page = await send(desk, act=once, **sent)
        assert status == 409
        told = page.partition('id="faults"')[2].partition("</div>")[0]
        for reference, sentence in (
            (changed, "En anden har ændret den"),
            (unreached, "Der skal flere forsøg"),
            (unsaid, "Vælg"),
            (theirs, "ikke hos jer længere"),
        ):
            assert sentence in told.partition(f"{reference}</a>: ")[2].partition("</li>")[0], reference
        assert good in told.partition("Det andet er gjort")[2]
        assert await acts(desk) == [(good, "take", "anna")], "sent twice, it is done once"


async def test_each_has_an_outcome_of_its_own(desk: Desk) -> None:
    clock = desk.parts.clock()
    tried, reached, other = await people(desk, 3)
    await desk.connection.execute(
        "UPDATE tasks SET reached_at = %s WHERE reference = ANY(%s)", (clock, [reached, other])
    )
    status, page = await send(
        desk,
        **{
            f"do-{reached}": "contact_made", f"initiative-{reached}": "mentor",
            f"do-{other}": "contact_made", f"initiative-{other}": ["institution_meeting", "mentor"],
            f"do-{tried}": "",
        },
    )  # fmt: skip
    assert status == 303, page
    rows = await desk.connection.execute("SELECT detail -> 'initiatives' FROM acts ORDER BY serial")
    assert await rows.fetchall() == [(["mentor"],), (["institution_meeting", "mentor"],)]
    rows = await desk.connection.execute("SELECT status FROM tasks WHERE reference = %s", (tried,))
    assert await rows.fetchall() == [("open",)]


async def test_nothing_chosen_is_said(desk: Desk) -> None:
    status, page = await send(desk)
    assert status == 422
    assert "ikke valgt noget" in page
