"""A case system reads its units' tasks, page by page, and never learns of another unit's."""

from datetime import timedelta

import pytest

from tests.integration.api.callers import Service, problem
from tests.unit.ledger.decisions import ARRIVED, OTHER_UNIT, UNIT

NOBODYS = "FV-0000-0000-0000"


async def test_a_list_holds_the_callers_units_tasks_and_no_others(service: Service) -> None:
    mine, others = await service.task(), await service.task(unit=OTHER_UNIT)
    caller, other = await service.caller(), await service.caller("other-system")
    both = await service.caller("both-system")

    async def seen(who: object, **query: str) -> set[str]:
        assert who in (caller, other, both)
        response = await (caller if who is caller else other if who is other else both).get("/tasks", **query)
        return {task["reference"] for task in response.json()["tasks"]}

    assert await seen(caller) == {mine}
    assert await seen(other) == {others}
    assert await seen(both) == {mine, others}
    assert await seen(both, unit=UNIT) == {mine}
    narrowed = await service.caller("both-system", scope=f"tasks:read unit:{OTHER_UNIT}")
    assert {task["reference"] for task in (await narrowed.get("/tasks")).json()["tasks"]} == {others}


@pytest.mark.parametrize("path", ["/tasks", "/undecided"])
@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        (f"unit={OTHER_UNIT}", "unit"),
        ("unit=unit-9999", "unit"),
        ("unit=", "unit"),
        (f"unit={UNIT}&unit={UNIT}", "unit"),
        ("limit=5&limit=6", "limit"),
        ("Unit=x", ""),
        ("after%00=x", ""),
        ("page=2", ""),
    ],
)
async def test_a_parameter_that_is_not_understood_gives_no_list(
    service: Service, path: str, query: str, pointer: str
) -> None:
    """Nobody must take all tasks for those of a unit, or the first page for the second."""
    response = await (await service.caller()).http.get(f"{path}?{query}")
    assert (response.status_code, problem(response)) == (422, "not-valid")
    assert [error["pointer"] for error in response.json()["errors"]] == [pointer]


async def test_no_route_takes_a_parameter_that_it_does_not_know(service: Service) -> None:
    reference = await service.task()
    caller = await service.caller()
    for path in ("/counts", f"/tasks/{reference}", f"/tasks/{reference}/history"):
        assert (await caller.get(path)).status_code == 200
        assert (await caller.get(path, unit=UNIT)).status_code == 422
    deed = {"deed": {"kind": "take"}}
    headers = {"If-Match": "*", "Idempotency-Key": "key"}
    refused = await caller.http.post(f"/tasks/{reference}/deeds?dry_run=1", json=deed, headers=headers)
    assert (refused.status_code, problem(refused)) == (422, "not-valid")
    assert await service.books.rows("SELECT count(*) FROM acts") == [(0,)]
    assert (await service.http().get("/tasks?page=2")).status_code == 401


async def test_another_units_task_answers_as_one_that_does_not_exist(service: Service) -> None:
    others = await service.task(unit=OTHER_UNIT)
    caller = await service.caller()
    for reference in (others, NOBODYS, "FV-nonsense"):
        for response in (
            await caller.get(f"/tasks/{reference}"),
            await caller.get(f"/tasks/{reference}/history"),
            await caller.do(reference, {"kind": "take"}),
            await caller.open(reference),
        ):
            assert response.status_code == 404
            assert problem(response) == "no-such-task"
            assert response.content == (await caller.get(f"/tasks/{NOBODYS}")).content
    rows = await service.books.rows("SELECT count(*) FROM acts")
    assert rows == [(0,)]
    assert await service.books.rows("SELECT count(*) FROM audit WHERE kind = 'opened'") == [(0,)]


async def test_pages_give_each_task_once_while_others_come_and_are_closed(service: Service) -> None:
    still = {await service.task(at=ARRIVED + timedelta(days=number % 5)) for number in range(17)}
    leaving = [await service.task(at=ARRIVED + timedelta(days=number % 5)) for number in range(6)]
    caller = await service.caller()
    found: list[str] = []
    after: dict[str, str] = {}
    while True:
        page = (await caller.get("/tasks", limit=4, **after)).json()
        found += [task["reference"] for task in page["tasks"]]
        if page["next"] is None:
            break
        after = {"after": page["next"]}
        await service.task(at=ARRIVED + timedelta(days=len(found) % 5))
        if leaving:
            gone = leaving.pop()
            attempt = {"kind": "attempt", "at": "2025-10-20T08:00:00Z", "form": "phone", "reached": True}
            assert (await caller.do(gone, attempt)).status_code == 200
            close = {"kind": "close", "ending": "contact_made", "initiatives": ["mentor"]}
            assert (await caller.do(gone, close)).status_code == 200
    assert len(found) == len(set(found))
    assert still <= set(found)


async def test_the_next_page_is_linked_with_what_was_asked(service: Service) -> None:
    for _ in range(3):
        await service.task()
    caller = await service.caller()
    first = await caller.get("/tasks", filter="open", limit=2)
    target = first.headers["Link"].partition(">")[0].removeprefix("<?")
    second = await caller.http.get("/tasks?" + target)
    assert len(second.json()["tasks"]) == 1
    assert "Link" not in second.headers


@pytest.mark.parametrize(
    "query",
    [
        {"after": "2026-10-07"},
        {"after": "2026-99-07~FV-0000-0000-0000"},
        {"after": "20261007T000000.000000~FV-0000-0000-0000"},
        {"filter": "everything"},
        {"limit": 0},
        {"limit": 201},
    ],
)
async def test_a_question_that_cannot_be_is_refused_with_its_place(
    service: Service, query: dict[str, object]
) -> None:
    caller = await service.caller()
    response = await caller.get("/tasks", **query)
    assert response.status_code == 422
    assert problem(response) == "not-valid"
    assert response.json()["errors"][0]["pointer"] in query


@pytest.mark.parametrize("sign", ["%0A", "%0D", "%0D%0A", "%00", "%E2%80%A8"])
async def test_an_address_with_a_lines_end_is_answered_with_a_problem_and_is_no_other_address(
    service: Service, sign: str
) -> None:
    reference = await service.task()
    caller = await service.caller()
    for path in ("tasks", f"tasks/{reference}", "problems/away", f"tasks{sign}/{reference}", "", sign):
        for beyond in (sign, sign + sign, sign + "x"):
            response = await caller.get(f"/{path}{beyond}")
            assert response.status_code == 404, response.text
            assert problem(response) in ("not-found", "no-such-task")
            assert response.headers["Cache-Control"] == "no-store"


async def test_a_task_is_read_with_its_evidence_and_names_nobody(service: Service) -> None:
    reference = await service.task()
    caller = await service.caller()
    response = await caller.get(f"/tasks/{reference}")
    task = response.json()
    assert task["reference"] == reference
    assert task["unit"] == UNIT
    (message,) = task["messages"]
    assert message["institution"] == "280051"
    assert message["evidence"]["message_date"] == "2025-10-01"
    assert "person" not in response.text
    assert "sealed" not in response.text
    assert response.headers["ETag"] == f'"{task["version"]}"'
    assert response.headers["Cache-Control"] == "no-store"


async def test_who_has_the_version_gets_no_body(service: Service) -> None:
    reference = await service.task()
    caller = await service.caller()
    etag = await caller.etag(reference)
    for known in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        response = await caller.get(f"/tasks/{reference}", headers={"If-None-Match": known})
        assert response.status_code == 304
        assert response.content == b""
        assert response.headers["ETag"] == etag
    response = await caller.get(f"/tasks/{reference}", headers={"If-None-Match": '"other"'})
    assert response.status_code == 200


async def test_numbers_agree_with_the_lists(service: Service) -> None:
    taken, _ = await service.task(), await service.task()
    caller = await service.caller()
    await caller.do(taken, {"kind": "take"}, worker={"id": "abc123", "name": "Anna Berg"})
    mine = {"Worker-Id": "abc123"}
    numbers = (await caller.get("/counts", headers=mine)).json()
    assert {name: count["number"] for name, count in numbers.items()} == {
        "open": 2,
        "mine": 1,
        "due_today": 0,
        "overdue": 2,
        "waiting_for_delivery": 2,
        "closed": 0,
    }
    listed = (await caller.get("/tasks", filter="mine", headers=mine)).json()["tasks"]
    assert [(task["reference"], task["owner"]["name"]) for task in listed] == [(taken, "Anna Berg")]
    assert (await caller.get("/tasks", filter="mine")).json()["tasks"] == []


async def test_the_history_holds_deeds_notices_and_openings_in_order(service: Service) -> None:
    reference = await service.task()
    caller = await service.caller()
    await caller.open(reference, worker={"id": "abc123", "name": "Anna Berg"})
    await caller.do(reference, {"kind": "acknowledge"})
    history = (await caller.get(f"/tasks/{reference}/history")).json()
    kinds = [line["kind"] for line in history["history"]]
    assert kinds[0] == "task_opened"
    assert kinds[-2:] == ["opened", "acknowledge"]
    assert history["history"][-2]["by"] == "Anna Berg"
    purposes = [line["purpose"] for line in history["history"]]
    assert purposes[-2:] == ["contact_person", None]
    assert set(purposes[:-2]) == {None}
    assert history["history"][-1]["deed"] == {"kind": "acknowledge"}
    assert [notice["occasion"] for notice in history["notices"]] == ["new"]
    assert [notice["came_back"] for notice in history["notices"]] == [[]]
