"""The forms of daily work under a hostile colleague and a careless one: what is not theirs does nothing, and what is
sent twice is done once."""

import csv
import io
import re
from datetime import timedelta
from typing import Any, Final
from uuid import uuid4

import httpx2
import pytest

from inbox.rights import Right, Rights, Role
from ledger.queries.task_list import LIMIT
from ledger.store.stand_ins import note_colleague
from models.calendar import copenhagen_date
from tests.integration.inbox.staff import AARHUS, ADDRESS, COPENHAGEN, Desk
from tests.integration.inbox.test_notices import notice
from tests.integration.ledger.ledger_fixture import Books
from tests.unit.ledger.decisions import decided

_STANDING: Final = """
SELECT (SELECT count(*) FROM acts), (SELECT count(*) FROM audit),
       (SELECT count(*) FROM stand_ins WHERE ended_at IS NULL), (SELECT count(*) FROM follow_ups),
       (SELECT array_agg(name || query ORDER BY name) FROM saved_views),
       (SELECT count(*) FROM deliveries WHERE status = 'due'), (SELECT array_agg(version ORDER BY id) FROM tasks)
"""
_TOO_OLD: Final = 403


async def standing(desk: Desk) -> tuple[Any, ...]:
    """All that a form of these can change."""
    (row,) = await (await desk.connection.execute(_STANDING)).fetchall()
    return tuple(row)


async def made(desk: Desk, number: int) -> list[str]:
    """Tasks as decisions make them."""
    at = desk.parts.clock() - timedelta(days=1)
    decisions = [decided(f"m {n}", person=f"p {n}", unit=COPENHAGEN, at=at) for n in range(number)]
    await Books(desk.connection, desk.parts.rules.policy).project(decisions=decisions)
    rows = await desk.connection.execute("SELECT reference FROM tasks ORDER BY reference")
    return [reference for (reference,) in await rows.fetchall()]


async def forms(desk: Desk) -> dict[str, dict[str, str]]:
    """Each form of daily work as its page sends it: where to, and what; all good ones."""
    today = copenhagen_date(desk.parts.clock())
    for user, unit in (("anna", COPENHAGEN), ("bo", COPENHAGEN), ("erik", AARHUS)):
        await note_colleague(desk.connection, reader=user, name=user.title(), units=[unit], today=today)
    (reference,) = await made(desk, 1)
    _, delivery = await notice(desk)
    day = str(today + timedelta(days=2))
    whole = {
        "/opgaver/visninger/gem?alvor=high": {"name": "Høj alvor"},
        "/opgaver/visninger/slet": {"name": "Høj alvor"},
        "/opgaver/flere": {f"do-{reference}": "take", f"version-{reference}": "1"},
        "/opgaver/uddrag": {},
        f"/opgaver/{reference}/opfoelgning": {"day": day},
        f"/opgaver/{reference}/opfoelgning/fjern": {},
        f"/opgaver/{reference}/note": {"note": "see_case_system"},
        "/beskeder/igen": {"delivery": str(delivery)},
        "/fravaer": {"who": f"{COPENHAGEN}/anna", "stand_in": "bo", "first_day": day, "last_day": day},
    }
    return {path: {"act": str(uuid4()), "form_token": desk.token, **fields} for path, fields in whole.items()}


async def _session(desk: Desk, user: str, *units: str) -> tuple[dict[str, str], str]:
    """Somebody else's cookie and token."""
    cookie = await desk.parts.sessions.open(
        desk.connection,
        user_id=user,
        user_name=user.title(),
        rights=Rights(held=(Right(role=Role.CASE_WORKER, units=units),)),
    )
    rows = await desk.connection.execute("SELECT form_token FROM inbox_sessions WHERE user_id = %s", (user,))
    ((token,),) = await rows.fetchall()
    return {"frafaldsvarsel": cookie}, token


@pytest.mark.parametrize("how", ["none", "empty", "guessed", "of_a_colleague", "not_ascii", "twice"])
async def test_a_token_that_is_not_the_sessions_does_nothing(desk: Desk, how: str) -> None:
    sent = await forms(desk)
    _, theirs = await _session(desk, "bo", COPENHAGEN)
    token: str | list[str] | None = {
        "none": None,
        "empty": "",
        "guessed": desk.token[:-1] + ("a" if desk.token[-1] != "a" else "b"),
        "of_a_colleague": theirs,
        "not_ascii": desk.token + "é",
        "twice": [desk.token, theirs],
    }[how]
    before = await standing(desk)
    for path, fields in sent.items():
        data: dict[str, Any] = fields | {"form_token": token}
        if token is None:
            del data["form_token"]
        assert (await desk.person.post(path, data=data)).status_code == _TOO_OLD, path
    assert await standing(desk) == before


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": ADDRESS + ".evil.example"},
        {"origin": ADDRESS.replace("http:", "https:")},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
async def test_a_form_of_another_site_does_nothing_with_the_right_token(
    desk: Desk, headers: dict[str, str]
) -> None:
    sent = await forms(desk)
    before = await standing(desk)
    for path, fields in sent.items():
        assert (await desk.person.post(path, data=fields, headers=headers)).status_code == _TOO_OLD, path
    assert await standing(desk) == before


async def test_a_form_by_another_method_or_of_another_kind_does_nothing(desk: Desk) -> None:
    sent = await forms(desk)
    before = await standing(desk)
    for path, fields in sent.items():
        address = path.partition("?")[0]
        await desk.person.get(address, params=fields)
        for method in ("PUT", "PATCH", "DELETE"):
            assert (await desk.person.request(method, address, data=fields)).status_code in (404, 405), path
        assert (await desk.person.post(path, json=fields)).status_code == 400, path
        assert (await desk.person.post(path, files={"x": b"1"}, data=fields)).status_code == 400, path
    assert await standing(desk) == before


async def test_the_same_form_twice_is_done_once(desk: Desk) -> None:
    """A double click, and the Back button."""
    sent = await forms(desk)
    sent.pop("/opgaver/uddrag")  # each file is a look of its own
    for path, fields in sent.items():
        answers = [(await desk.person.post(path, data=fields)).status_code for _ in range(2)]
        assert answers[0] == 303, path
        assert answers[1] in (303, 409), path
        after = await standing(desk)
        await desk.person.post(path, data=fields)
        assert await standing(desk) == after, path
    kinds = await desk.connection.execute("SELECT kind, count(*) FROM acts GROUP BY 1 ORDER BY 1")
    assert await kinds.fetchall() == [("note", 1), ("take", 1)]


async def test_another_units_person_can_do_nothing_with_what_is_named_here(desk: Desk) -> None:
    """All the right references, under the own good token of somebody of Aarhus."""
    sent = await forms(desk)
    assert (await desk.person.post("/fravaer", data=sent["/fravaer"])).status_code == 303
    rows = await desk.connection.execute("SELECT id FROM stand_ins")
    ((absence,),) = await rows.fetchall()
    sent["/fravaer/afslut"] = {"stand_in": str(absence)}
    del sent["/opgaver/visninger/gem?alvor=high"], sent["/opgaver/uddrag"]  # their own list and view
    cookies, token = await _session(desk, "erik", AARHUS)
    before = await standing(desk)
    transport = desk.person._transport
    async with httpx2.AsyncClient(transport=transport, base_url=ADDRESS, cookies=cookies) as erik:
        for path, fields in sent.items():
            fields |= {"form_token": token, "act": str(uuid4())}
            await erik.post(path, data=fields)
            assert await standing(desk) == before, path
        file = await erik.post("/opgaver/uddrag", data={"form_token": token})
    assert file.status_code == 200
    assert len(list(csv.reader(io.StringIO(file.content.decode("utf-8-sig"))))) == 1


async def test_a_case_worker_sets_nobodys_absence_but_the_own(desk: Desk) -> None:
    fields = (await forms(desk))["/fravaer"]
    before = await standing(desk)
    for who in (
        f"{COPENHAGEN}/bo",
        f"{AARHUS}/erik",
        f"{AARHUS}/anna",
        "anna",
        "/anna",
        f"{COPENHAGEN}/",
        "\0",
    ):
        for stand_in in ("bo", "anna", "erik", "\0", ""):
            if (who, stand_in) != (f"{COPENHAGEN}/anna", "bo"):
                answer = await desk.person.post("/fravaer", data=fields | {"who": who, "stand_in": stand_in})
                assert answer.status_code == 422, (who, stand_in)
    assert await standing(desk) == before


async def test_a_stand_in_is_of_the_same_unit_and_a_colleague_ends_nobody_elses_absence(desk: Desk) -> None:
    fields = (await forms(desk))["/fravaer"]
    assert (await desk.person.post("/fravaer", data=fields)).status_code == 303
    rows = await desk.connection.execute("SELECT id FROM stand_ins")
    ((absence,),) = await rows.fetchall()
    cookies, token = await _session(desk, "bo", COPENHAGEN, AARHUS)
    before = await standing(desk)
    async with httpx2.AsyncClient(
        transport=desk.person._transport,
        base_url=ADDRESS,
        cookies=cookies,
    ) as bo:
        own = {"form_token": token, "act": str(uuid4()), "who": f"{COPENHAGEN}/bo", "stand_in": "erik"}
        assert (await bo.post("/fravaer", data=fields | own)).status_code == 422
        ended = await bo.post("/fravaer/afslut", data={"form_token": token, "stand_in": str(absence)})
        assert ended.status_code == 403
    assert await standing(desk) == before


async def test_every_task_that_a_page_can_show_can_be_acknowledged_at_once(desk: Desk) -> None:
    await made(desk, LIMIT)
    rows = await desk.connection.execute("SELECT id FROM tasks")
    chosen = [str(task) for (task,) in await rows.fetchall()]
    page = (await desk.person.get("/opgaver?sorter=institution")).text
    assert all(task in page for task in chosen)
    sent: dict[str, Any] = {"form_token": desk.token, "act": str(uuid4()), "task": chosen}
    answer = await desk.person.post("/opgaver/kvitter", data=sent)
    done = await desk.connection.execute("SELECT count(*) FROM acts WHERE kind = 'acknowledge'")
    assert (await done.fetchall(), answer.headers["location"]) == (
        [(LIMIT,)],
        "/opgaver?sagt=acknowledged_all",
    )


async def test_more_at_once_than_a_page_offers_is_refused_and_nothing_is_done(desk: Desk) -> None:
    references = await made(desk, 200)
    before = await standing(desk)
    for number in (26, 200):
        sent = {f"do-{each}": "take" for each in references[:number]}
        answer = await desk.person.post(
            "/opgaver/flere", data={"form_token": desk.token, "act": str(uuid4()), **sent}
        )
        assert answer.status_code == 422, number
        assert "højst 25" in answer.text
    assert await standing(desk) == before


async def test_a_list_of_ten_thousand_tasks_is_shown_in_pages_and_gives_no_file(desk: Desk) -> None:
    await desk.task()
    await desk.connection.execute(
        "INSERT INTO tasks SELECT (jsonb_populate_record(t, jsonb_build_object('id', gen_random_uuid(), "
        "'reference', 'FV-0000-' || lpad(n::text, 4, '0') || '-0000', 'person_id', 'p' || n, "
        "'enrolment_id', 'e' || n))).* FROM tasks t CROSS JOIN generate_series(1, 9999) n"
    )
    for address in ("/opgaver", "/opgaver?sorter=severity", "/opgaver?sorter=institution", "/opgaver/flere"):
        page = await desk.person.get(address)
        assert page.status_code == 200
        assert (
            25 <= len({*re.findall(r"FV-\w{4}-\w{4}-\w{4}", page.text)} - {"FV-XXXX-XXXX-XXXX"}) <= LIMIT
        ), address
        assert len(page.content) < 1_000_000
    answer = await desk.person.post("/opgaver/uddrag", data={"form_token": desk.token})
    assert (answer.status_code, "5.000" in answer.text) == (422, True)
    assert (await standing(desk))[1] == 0
    await desk.connection.execute(
        "UPDATE tasks SET status = 'closed', closed_at = now() WHERE person_id > 'p4'"
    )
    answer = await desk.person.post("/opgaver/uddrag", data={"form_token": desk.token})
    assert answer.status_code == 200
    assert 3_000 < answer.content.count(b"\r\n") < 5_000
