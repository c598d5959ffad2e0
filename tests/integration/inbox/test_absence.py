"""An absence with its stand-in: set, seen at the tasks, ended early, in the trail; and nothing of the duty moves."""

import html
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from inbox.rights import Right, Rights, Role
from ledger.store.stand_ins import note_colleague
from models.calendar import copenhagen_date
from tests.integration.inbox.staff import AARHUS, COPENHAGEN, Desk

ANNA, BO, ERIK = f"{COPENHAGEN}/anna", f"{COPENHAGEN}/bo", f"{AARHUS}/erik"


async def put(desk: Desk, **fields: str) -> tuple[int, str]:
    """What the form gives; what is not said is a good absence of Anna's, with Bo as the stand-in."""
    today = copenhagen_date(desk.parts.clock())
    for user, unit in (("anna", COPENHAGEN), ("bo", COPENHAGEN), ("erik", AARHUS)):
        await note_colleague(desk.connection, reader=user, name=user.title(), units=[unit], today=today)
    whole = {
        "act": str(uuid4()),
        "who": ANNA,
        "stand_in": "bo",
        "first_day": str(today),
        "last_day": str(today + timedelta(days=3)),
    } | fields
    answer = await desk.person.post("/fravaer", data={"form_token": desk.token, **whole})
    return answer.status_code, html.unescape(answer.text)


async def kept(desk: Desk) -> list[tuple[object, ...]]:
    rows = await desk.connection.execute("SELECT user_id, stand_in_id, ended_at IS NULL FROM stand_ins")
    return await rows.fetchall()


async def trail(desk: Desk) -> list[tuple[object, ...]]:
    rows = await desk.connection.execute(
        "SELECT kind, task_id, detail ->> 'by_id', detail ->> 'away_id', detail ->> 'stand_in_id', detail -> 'units' "
        "FROM audit WHERE kind LIKE 'stand_in%' ORDER BY id"
    )
    return await rows.fetchall()


async def test_tasks_show_both_and_nothing_moves(desk: Desk) -> None:
    reference = await desk.task(owner_id="anna", owner_name="Anna")
    other = await desk.task("0303031234", owner_id="bo", owner_name="Bo")
    before = await (await desk.connection.execute("SELECT * FROM tasks ORDER BY id")).fetchall()
    once = str(uuid4())
    for _ in range(2):
        assert (await put(desk, act=once))[0] == 303
    assert await kept(desk) == [("anna", "bo", True)]
    assert await trail(desk) == [("stand_in_set", None, "anna", "anna", "bo", [COPENHAGEN])]
    for address in ("/opgaver", f"/opgaver/{reference}"):
        page = html.unescape((await desk.person.get(address)).text)
        assert "Stedfortræder: Bo" in page
    assert "Stedfortræder" not in html.unescape((await desk.person.get(f"/opgaver/{other}")).text)
    after = await (await desk.connection.execute("SELECT * FROM tasks ORDER BY id")).fetchall()
    assert after == before
    rows = await desk.connection.execute("SELECT (SELECT count(*) FROM acts) + (SELECT count(*) FROM outbox)")
    assert await rows.fetchall() == [(0,)]


async def test_a_form_that_was_sent_goes_again_with_other_days_and_says_that_it_did_nothing(
    desk: Desk,
) -> None:
    """Whoever comes back in the browser's history has the form of before, with its id."""
    once, later = str(uuid4()), copenhagen_date(desk.parts.clock()) + timedelta(days=9)
    assert (await put(desk, act=once))[0] == 303
    status, page = await put(desk, act=once, last_day=str(later))
    assert (status, "Fraværet er ikke gemt" in page) == (409, True)
    assert str(later) in page, "what was written stands there still, under a new id"
    assert f'name="act" value="{once}"' not in page
    assert len(await trail(desk)) == 1


async def test_it_is_ended_early_once(desk: Desk) -> None:
    await put(desk)
    ((identity,),) = await (await desk.connection.execute("SELECT id FROM stand_ins")).fetchall()
    for _ in range(2):
        sent = {"form_token": desk.token, "stand_in": str(identity)}
        assert (await desk.person.post("/fravaer/afslut", data=sent)).status_code == 303
    assert await kept(desk) == [("anna", "bo", False)]
    assert [line[0] for line in await trail(desk)] == ["stand_in_set", "stand_in_ended"]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"who": BO, "stand_in": "anna"}, "who"),
        ({"who": ERIK}, "who"),
        ({"who": "anna"}, "who"),
        ({"stand_in": "erik"}, "stand-in"),
        ({"stand_in": "anna"}, "stand-in"),
        ({"stand_in": "nobody"}, "stand-in"),
        ({"first_day": ""}, "first-day"),
        ({"last_day": "1.1.2020"}, "last-day"),
        ({"last_day": "1.1.2199"}, "last-day"),
    ],
)
async def test_what_cannot_be_is_said_at_its_field(desk: Desk, fields: dict[str, str], field: str) -> None:
    status, page = await put(desk, **fields)
    assert status == 422
    assert f'id="{field}-error"' in page
    assert await kept(desk) == []
    assert await trail(desk) == []


async def test_a_case_worker_ends_nobody_elses_and_a_manager_does(desk: Desk) -> None:
    await desk.connection.execute(
        "INSERT INTO stand_ins (id, unit_id, user_id, user_name, stand_in_id, stand_in_name, first_day, last_day) "
        "SELECT gen_random_uuid(), u, 'bo', 'Bo', 'anna', 'Anna', current_date - 1, current_date + 9 "
        "FROM unnest(%s::text[]) u",
        ([COPENHAGEN, AARHUS],),
    )
    ids = dict(await (await desk.connection.execute("SELECT unit_id, id FROM stand_ins")).fetchall())
    for unit, status in ((COPENHAGEN, 403), (AARHUS, 303)):
        sent = {"form_token": desk.token, "stand_in": str(ids[unit])}
        assert (await desk.person.post("/fravaer/afslut", data=sent)).status_code == status
    assert await trail(desk) == [], "another unit's is as if there were none"
    page = html.unescape((await desk.person.get("/opgaver")).text)
    assert "Du er stedfortræder for Bo" in page
    rights = Rights(held=(Right(role=Role.MANAGER, units=(COPENHAGEN,)),))
    await desk.connection.execute("DELETE FROM inbox_sessions")
    cookie = await desk.parts.sessions.open(desk.connection, user_id="anna", user_name="Anna", rights=rights)
    rows = await desk.connection.execute("SELECT form_token FROM inbox_sessions")
    ((token,),) = await rows.fetchall()
    desk = replace(desk, token=str(token))
    desk.person.cookies.set("frafaldsvarsel", cookie)
    sent = {"form_token": desk.token, "stand_in": str(ids[COPENHAGEN])}
    assert (await desk.person.post("/fravaer/afslut", data=sent)).status_code == 303
    assert [line[:3] for line in await trail(desk)] == [("stand_in_ended", None, "anna")]
    assert (await put(desk, who=BO, stand_in="anna"))[0] == 303, "a manager says so for a colleague"


async def test_a_stand_in_finds_the_tasks_of_whom_it_is_for(desk: Desk) -> None:
    theirs = await desk.task(owner_id="bo", owner_name="Bo")
    own = await desk.task("0303031234", owner_id="anna", owner_name="Anna")
    await desk.connection.execute(
        "INSERT INTO stand_ins (id, unit_id, user_id, user_name, stand_in_id, stand_in_name, first_day, last_day) "
        "VALUES (gen_random_uuid(), %s, 'bo', 'Bo', 'anna', 'Anna', current_date - 1, current_date + 9)",
        (COPENHAGEN,),
    )
    page = (await desk.person.get("/opgaver?stedfortraeder=1")).text
    assert theirs in page
    assert own not in page
