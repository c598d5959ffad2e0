"""An operator sees how the service stands and nothing of anybody; nobody else sees that. Of every route."""

import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import httpx2
import psycopg
import pytest
from starlette.routing import Route

from config.environments import InboxEnvironment
from config.settings import load
from frafaldsvarsel.wiring.inbox import inbox_parts
from inbox.app import build, routes
from inbox.dependencies import InboxDependencies
from inbox.pages.service import PATH
from inbox.rights import Right, Rights, Role
from ledger.schema.migrate import migrate
from models.ids import task_reference
from models.service_status import (
    ForPeople,
    Minute,
    ProcessState,
    Promises,
    ServiceView,
    StatusAnswer,
)
from tests.integration.inbox.environment import environment
from tests.integration.inbox.staff import ADDRESS, COPENHAGEN
from tests.integration.ledger.task_rows import add_task
from tests.reference import SHIPPED

NOW: Final = datetime.now(UTC)
OPERATORS: Final = frozenset({PATH, f"{PATH}/nyt", f"{PATH}/vejledning/{{name}}"})
EVERYBODYS: Final = frozenset(
    {
        *("/healthz", "/readyz", "/log-ind", "/log-ind/start", "/log-ind/tilbage", "/logget-ud", "/log-ud"),
        "/kvitter/{token}",
    }
)
HOME: Final = "/"


class Figures:
    """As somebody who has looked."""

    def __init__(self, view: ServiceView | None) -> None:
        self.view = view

    def seen(self) -> ServiceView | None:
        """What was seen."""
        return self.view

    async def keep(self) -> None:
        """Nothing."""


def view(at: datetime = NOW, **promises: float | None) -> ServiceView:
    known = {
        "unaccounted": None,
        "counted_at": None,
        "duty_lag_seconds": None,
        "overdue_without_contact": None,
        "oldest_undelivered_seconds": None,
    }
    return ServiceView(
        answer=StatusAnswer(
            taken_at=at,
            flow=[],
            promises=Promises(**(known | promises)),  # type: ignore[arg-type]  # as the fields have them
            people=ForPeople(quarantine=None, undecided_past_review=0, units_not_reached=None),
            away={"kafka": "-"},
        ),
        processes=[ProcessState(name="worker<b>", is_up=False, since=at, why="It does not answer: <i>.")],
        minutes=[Minute(begins=at)],
    )


@dataclass
class Staff:
    """Whoever has logged in, before an application with a task in it."""

    connection: psycopg.AsyncConnection[tuple[object, ...]]
    parts: InboxDependencies
    reference: str

    async def person(self, *held: Right, service: Figures | None = None) -> tuple[httpx2.AsyncClient, str]:
        """A client of somebody with these rights, and the token of the forms."""
        cookie = await self.parts.sessions.open(
            self.connection, user_id="somebody", user_name="Some Body", rights=Rights(held=held)
        )
        rows = await self.connection.execute("SELECT form_token FROM inbox_sessions")
        ((token,),) = await rows.fetchall()
        client = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=build(replace(self.parts, service=service))),
            base_url=ADDRESS,
            cookies={"frafaldsvarsel": cookie},
        )
        return client, str(token)


@pytest.fixture
async def staff(database: str, tmp_path: Path) -> AsyncIterator[Staff]:
    settings = load(InboxEnvironment, environment(tmp_path, address=ADDRESS, database=database))
    parts = inbox_parts(settings, SHIPPED)
    await migrate(database)
    async with parts.pool, await psycopg.AsyncConnection.connect(database, autocommit=True) as connection:
        task = await add_task(
            connection, unit_id=COPENHAGEN, person_id=parts.pseudonyms.person_id("0101011234")
        )
        yield Staff(connection, parts, task_reference(task))


def every_route(parts: InboxDependencies) -> Sequence[tuple[str, str]]:
    """Method and path of each."""
    return [
        (method, route.path)
        for route in routes(parts)
        if isinstance(route, Route)
        for method in sorted((route.methods or {"GET"}) - {"HEAD"})
    ]


def address(path: str, reference: str) -> str:
    return re.sub(
        r"{\w+}", lambda name: {"{reference}": reference, "{deed}": "take"}.get(name[0], "duty-lag"), path
    )


OPERATOR: Final = Right(role=Role.OPERATOR)
OTHERS: Final = [
    Right(role=Role.CASE_WORKER, units=(COPENHAGEN,)),
    Right(role=Role.MANAGER, units=(COPENHAGEN,)),
    Right(role=Role.SERVICE_DESK),
]


async def test_an_operator_gets_through_at_no_other_route_and_changes_nothing(staff: Staff) -> None:
    client, token = await staff.person(OPERATOR, service=Figures(view()))
    asked = [one for one in every_route(staff.parts) if one[1] not in OPERATORS | EVERYBODYS | {HOME}]
    assert len(asked) > 12
    async with client:
        for method, path in asked:
            form = {
                "form_token": token,
                "act": "7a0f6a0e-6a0c-4f0e-8a55-3f1f5f0c7b12",
                "purpose": "contact_person",
            }
            form |= {"q": "0101011234", "task": staff.reference}
            where = address(path, staff.reference)
            answer = await (client.post(where, data=form) if method == "POST" else client.get(where))
            leads_on = answer.headers.get("location", "")
            assert answer.status_code in (303, 401, 403, 404), (method, path)
            assert answer.status_code != 303 or not leads_on.startswith("/log-ind"), (method, path)
            assert staff.reference not in answer.text, (method, path)
            if answer.status_code == 303:
                assert (await client.get(leads_on)).status_code in (403, 404), (method, path)
    for written in ("acts", "audit"):
        rows = await staff.connection.execute(f"SELECT count(*) FROM {written}".encode())  # noqa: S608 - our own names
        assert await rows.fetchall() == [(0,)], written


@pytest.mark.parametrize("right", OTHERS, ids=[right.role for right in OTHERS])
async def test_nobody_else_gets_the_operators_pages(staff: Staff, right: Right) -> None:
    client, _ = await staff.person(right, service=Figures(view(duty_lag_seconds=77.0)))
    async with client:
        for method, path in every_route(staff.parts):
            if path in OPERATORS:
                answer = await client.request(method, address(path, staff.reference))
                assert answer.status_code in (401, 403), path
                assert "fv-tile-number" not in answer.text
        assert f'href="{PATH}"' not in (await client.get("/uafklarede")).text


async def test_every_route_of_the_page_is_among_those_that_are_tried(staff: Staff) -> None:
    assert {path for _, path in every_route(staff.parts)} >= OPERATORS | EVERYBODYS | {HOME}


async def test_without_a_log_in_the_page_leads_to_it_and_its_numbers_are_not_told(staff: Staff) -> None:
    client, _ = await staff.person(OPERATOR, service=Figures(view()))
    async with client:
        client.cookies.clear()
        assert (await client.get(PATH)).headers["location"] == "/log-ind?til=%2Fdrift"
        assert (await client.get(f"{PATH}/nyt")).status_code == 401


async def test_an_operator_begins_at_the_page_and_has_nothing_else_in_the_menu(staff: Staff) -> None:
    client, _ = await staff.person(OPERATOR, service=Figures(view()))
    async with client:
        assert (await client.get("/")).headers["location"] == PATH
        page = (await client.get(PATH)).text
    menu = page[page.index("<nav") : page.index("</nav>")]
    assert re.findall(r'href="([^"]+)"', menu) == [PATH]


async def test_what_is_not_known_is_said_and_never_0(staff: Staff) -> None:
    client, _ = await staff.person(OPERATOR, service=Figures(view(overdue_without_contact=0)))
    async with client:
        page = (await client.get(f"{PATH}/nyt")).text
    tiles = re.findall(
        r'class="fv-level-(\w+)">\s*<span>[^<]*</span>\s*<span class="fv-tile-number">([^<]*)<', page
    )
    assert tiles == [
        ("unknown", "Ukendt"), ("unknown", "Ukendt"), ("fine", "0"), ("unknown", "Ukendt"),
        ("unknown", "Ukendt"), ("fine", "0"), ("unknown", "Ukendt"),
    ]  # fmt: skip


async def test_what_a_process_says_is_escaped(staff: Staff) -> None:
    client, _ = await staff.person(OPERATOR, service=Figures(view()))
    async with client:
        page = (await client.get(PATH)).text
    assert "worker&lt;b&gt;" in page
    assert "<i>" not in page


async def test_numbers_that_grow_old_are_shown_as_old_ones(staff: Staff) -> None:
    client, _ = await staff.person(OPERATOR, service=Figures(view(NOW - timedelta(minutes=5))))
    async with client:
        assert "er ikke længere nye" in (await client.get(PATH)).text


@pytest.mark.parametrize(
    ("service", "said"), [(None, "Siden er ikke sat op"), (Figures(None), "Der er ingen tal endnu")]
)
async def test_without_numbers_the_page_says_why(staff: Staff, service: Figures | None, said: str) -> None:
    client, _ = await staff.person(OPERATOR, service=service)
    async with client:
        assert said in (await client.get(PATH)).text


async def test_what_to_do_is_a_page_and_no_other_file_is(staff: Staff) -> None:
    client, _ = await staff.person(OPERATOR, service=Figures(view()))
    async with client:
        assert "A message waits for its answer" in (await client.get(f"{PATH}/vejledning/duty-lag")).text
        for name in ("nothing", "..%2F..%2FREADME", "duty-lag.md", "%2Fetc%2Fpasswd"):
            assert (await client.get(f"{PATH}/vejledning/{name}")).status_code == 404
