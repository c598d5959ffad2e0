"""A case system reads what its units' managers see of the undecided queue, and nothing of anybody else's people."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

import pytest

from config.api_clients import ClientRight
from models.calendar import copenhagen_date
from tests.factories import INSTITUTION, PERSON
from tests.integration.api.callers import Caller, Service, api_client, problem, write_clients
from tests.unit.ledger.decisions import OTHER_UNIT, UNIT, decided, waiting


def name(message: str) -> str:
    """The id of a message."""
    return decided(message).message.message_id


def today(service: Service) -> date:
    """The day on the service's clock."""
    return copenhagen_date(datetime.now(UTC) + service.moved)


async def queue(service: Service, lives_in: Mapping[str, str | None], *, late: int = 1) -> None:
    """Messages by name, with where the person lives; overdue by `late` days."""
    day = today(service) - timedelta(days=late)
    await service.books.project(
        decisions=[waiting(message, day, lives_in=code) for message, code in lives_in.items()]
    )


async def seen(caller: Caller, **query: object) -> set[str]:
    """The ids on a page."""
    response = await caller.get("/undecided", **query)
    assert response.status_code == 200, response.text
    return {message["message_id"] for message in response.json()["messages"]}


async def test_the_queue_holds_people_who_live_where_the_callers_units_answer(service: Service) -> None:
    await queue(service, {"here": "0101", "near": "0147", "there": "0751", "unrouted": "0411", "lost": None})
    both = await service.caller("both-system")
    assert await seen(await service.caller()) == {name("here"), name("near")}
    assert await seen(await service.caller("other-system")) == {name("there")}
    assert await seen(both) == {name("here"), name("near"), name("there")}
    assert await seen(both, unit=OTHER_UNIT) == {name("there")}
    narrowed = await service.caller("both-system", scope=f"undecided:read unit:{OTHER_UNIT}")
    assert await seen(narrowed) == {name("there")}


async def test_a_message_says_what_is_missing_and_names_nobody(service: Service) -> None:
    await queue(service, {"here": "0147"}, late=3)
    response = await (await service.caller()).get("/undecided")
    (message,) = response.json()["messages"]
    late = date.fromisoformat(message.pop("review_on"))
    assert timedelta(days=3) <= today(service) - late <= timedelta(days=4), "midnight may have passed"
    assert message == {
        "institution": INSTITUTION,
        "message_id": name("here"),
        "registered_at": "2025-10-01T10:00:00Z",
        "received_at": "2025-10-01T10:00:00Z",
        "missing": "residence_unknown",
        "municipality": "0147",
        "unit": UNIT,
        "study_start": None,
        "law_version": "2025-07-01",
    }
    assert PERSON not in response.text
    assert response.headers["Cache-Control"] == "no-store"


async def test_a_message_is_there_from_its_review_date_on_and_only_while_it_is_undecided(
    service: Service,
) -> None:
    await queue(service, {"early": "0101"}, late=-7)
    await queue(service, {"due": "0101"}, late=0)
    await service.books.project(decisions=[decided("obliged"), decided("not obliged", unit=None)])
    assert await seen(await service.caller()) == {name("due")}
    service.moved += timedelta(days=7)
    assert await seen(await service.caller()) == {name("due"), name("early")}
    await service.books.project(decisions=[decided("due", revision=2)])
    assert await seen(await service.caller()) == {name("early")}


async def test_pages_give_each_message_once_the_longest_waiting_first_while_others_come(
    service: Service,
) -> None:
    for late in range(1, 6):
        await queue(service, {f"{late} {number}": "0101" for number in range(3)} | {"far": "0751"}, late=late)
    caller = await service.caller()
    found: list[tuple[str, str]] = []
    after: dict[str, str] = {}
    while True:
        response = await caller.get("/undecided", limit=4, **after)
        page = response.json()
        found += [(message["review_on"], message["message_id"]) for message in page["messages"]]
        if page["next"] is None:
            assert "Link" not in response.headers
            break
        assert PERSON not in page["next"]
        after = {"after": page["next"]}
        target = response.headers["Link"].partition(">")[0].removeprefix("<?")
        linked = await caller.http.get("/undecided?" + target)
        assert (
            linked.json()["messages"] == (await caller.get("/undecided", limit=4, **after)).json()["messages"]
        )
        await queue(service, {f"came {len(found)}": "0101"}, late=60)
    assert found == sorted(found)
    assert len(found) == 15
    assert {message for _, message in found} == {
        name(f"{late} {number}") for late in range(1, 6) for number in range(3)
    }


async def test_a_place_in_anothers_queue_gives_nobody_more_than_is_theirs(service: Service) -> None:
    await queue(service, {f"there {number}": "0751" for number in range(3)}, late=2)
    await queue(service, {"here": "0101"}, late=1)
    theirs = (await (await service.caller("other-system")).get("/undecided", limit=1)).json()["next"]
    assert await seen(await service.caller(), after=theirs) == {name("here")}


async def test_who_may_read_tasks_may_not_for_that_read_the_queue(service: Service) -> None:
    write_clients(
        service.file,
        api_client("case-system", rights=(ClientRight.READ, ClientRight.WRITE, ClientRight.OPEN)),
        api_client("other-system", rights=(ClientRight.UNDECIDED,)),
    )
    service.ticks += 2
    response = await (await service.caller()).get("/undecided")
    assert (response.status_code, problem(response)) == (403, "right-missing")
    assert problem(await service.http().get("/undecided")) == "no-token"
    manager = await service.caller("other-system")
    assert await seen(manager) == set()
    assert problem(await manager.get("/tasks")) == "right-missing"


@pytest.mark.parametrize(
    "query",
    [{"after": "2026-10-07~FV-0000-0000-0000"}, {"after": "v1.made-up"}, {"limit": 0}, {"limit": 201}],
)
async def test_a_question_that_cannot_be_is_refused_with_its_place(
    service: Service, query: dict[str, object]
) -> None:
    response = await (await service.caller()).get("/undecided", **query)
    assert (response.status_code, problem(response)) == (422, "not-valid")
    assert response.json()["errors"][0]["pointer"] in query
