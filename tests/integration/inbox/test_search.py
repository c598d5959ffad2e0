"""A task is found by its reference or by CPR; a CPR stands nowhere, and who looked is noted."""

import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import httpx2
import psycopg
import pytest

from config.settings import load
from frafaldsvarsel.inbox_parts import inbox_parts
from inbox.app import build
from inbox.parts import Parts
from inbox.rights import Right, Rights, Role
from ledger.migrate import migrate
from models.ids import task_reference
from seals.keyring import new_keyring
from tests.browser.world import World
from tests.integration.inbox.environment import environment
from tests.integration.ledger.rows_of_work import NOON, add_task

ADDRESS = "http://127.0.0.1:1"
COPENHAGEN, AARHUS = "jc-0101", "jc-0751"
CPR = "0101011234"
"""Made up: no such number was issued on that day."""
NOBODY = "0202021234"
"""As made up."""


@dataclass
class Desk:
    """Anna of Copenhagen before the real application, and a look behind it."""

    person: httpx2.AsyncClient
    connection: psycopg.AsyncConnection[tuple[object, ...]]
    parts: Parts
    token: str

    async def task(self, cpr: str = CPR, **changes: object) -> str:
        """Adds one; returns its reference."""
        fields = {"unit_id": COPENHAGEN, "person_id": self.parts.vault.person_id(cpr)} | changes
        return task_reference(await add_task(self.connection, **fields))

    async def search(self, typed: str, *, token: str | None = None) -> httpx2.Response:
        """What the form sends."""
        return await self.person.post(
            "/opgaver/soeg", data={"q": typed, "form_token": self.token if token is None else token}
        )

    async def noted(self) -> list[tuple[object, ...]]:
        """What stands of searches: whose task, by whom, and the pseudonym where there is no task."""
        found = await self.connection.execute(
            "SELECT t.reference, a.detail ->> 'by_id', a.detail ->> 'person_id' FROM audit a "
            "LEFT JOIN tasks t ON t.id = a.task_id WHERE a.kind = 'found_by_cpr' ORDER BY a.id"
        )
        return await found.fetchall()


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the key ring of all of these tests."""
    return tmp_path_factory.mktemp("inbox")


@pytest.fixture
async def desk(database: str, keys: Path) -> AsyncIterator[Desk]:
    """Anna has logged in."""
    parts = inbox_parts(load(environment(keys, address=ADDRESS, database=database)))
    await migrate(database)
    async with parts.pool, await psycopg.AsyncConnection.connect(database, autocommit=True) as connection:
        cookie = await parts.sessions.open(
            connection,
            user_id="anna",
            user_name="Anna Holm",
            rights=Rights(held=(Right(role=Role.CASE_WORKER, units=(COPENHAGEN,)),)),
        )
        rows = await connection.execute("SELECT form_token FROM inbox_sessions")
        ((token,),) = await rows.fetchall()
        async with httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=build(parts)),
            base_url=ADDRESS,
            cookies={"frafaldsvarsel": cookie},
        ) as person:
            yield Desk(person, connection, parts, str(token))


@pytest.mark.parametrize("typed", [CPR, "010101-1234", " 010101 1234 "])
async def test_a_cpr_leads_to_the_task_and_who_looked_stands_in_its_history(desk: Desk, typed: str) -> None:
    reference = await desk.task()
    answer = await desk.search(typed)
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/opgaver/{reference}"
    assert await desk.noted() == [(reference, "anna", None)]
    assert "Fandt opgaven ved at søge på CPR-nummer" in (await desk.person.get(f"/opgaver/{reference}")).text


async def test_several_tasks_of_a_person_are_a_list_also_the_ended_ones(desk: Desk) -> None:
    references = {
        await desk.task(),
        await desk.task(status="closed", closed_at=NOON, ending="contact_made"),
        await desk.task(status="withdrawn", ending="lapsed"),
    }
    await desk.task(NOBODY)
    answer = await desk.search(CPR)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert {reference for reference in references if reference in answer.text} == references
    assert answer.text.count('class="fv-reference"') == len(references)
    assert "Jeres opgaver om personen" in answer.text
    assert {line[0] for line in await desk.noted()} == references


async def test_anothers_units_task_is_not_found_and_that_somebody_looked_is_noted(desk: Desk) -> None:
    theirs = await desk.task(unit_id=AARHUS)
    answer = await desk.search(CPR)
    assert answer.status_code == 200
    assert theirs not in answer.text
    assert "Jeres enheder har ingen opgave om en person med det CPR-nummer" in answer.text
    assert await desk.noted() == [(None, "anna", desk.parts.vault.person_id(CPR))]


async def test_a_cpr_is_in_no_answer_no_address_and_no_log(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await desk.task()
    answers = [await desk.search(typed) for typed in (CPR, NOBODY, "010101", "9901011234")]
    for answer in answers:
        for digits in (CPR, NOBODY, "010101", "990101"):
            assert digits not in answer.text
            assert digits not in str(answer.headers)
    # The client of this test logs addresses.
    assert "/opgaver/soeg" in caplog.text
    for digits in (CPR, NOBODY, "010101", "990101"):
        assert digits not in caplog.text
    kept = await desk.connection.execute("SELECT string_agg(a::text, ' ') FROM audit a")
    ((text,),) = await kept.fetchall()
    assert CPR not in str(text)
    assert NOBODY not in str(text)


@pytest.mark.parametrize("typed", ["010101", "3113011234", "01010112345"])
async def test_digits_that_are_no_cpr_find_nothing_and_say_what_one_is(desk: Desk, typed: str) -> None:
    await desk.task()
    answer = await desk.search(typed)
    assert answer.status_code == 422
    assert "Et CPR-nummer har ti cifre" in answer.text
    assert await desk.noted() == []


async def test_a_reference_gets_an_address_of_its_own(desk: Desk) -> None:
    reference = await desk.task()
    answer = await desk.search(reference[:7].lower())
    assert answer.status_code == 303
    page = await desk.person.get(answer.headers["location"])
    assert reference in page.text
    whole = await desk.person.get((await desk.search(reference)).headers["location"])
    assert whole.headers["location"] == f"/opgaver/{reference}"
    assert await desk.noted() == []


async def test_without_the_sessions_token_nothing_is_looked_up(desk: Desk) -> None:
    await desk.task()
    assert (await desk.search(CPR, token="another")).status_code == 403
    assert await desk.noted() == []


@pytest.mark.parametrize("typed", [CPR, "010101-1234"])
async def test_a_cpr_that_was_put_into_an_address_is_led_out_of_it(desk: Desk, typed: str) -> None:
    await desk.task()
    answer = await desk.person.get(f"/opgaver?{urlencode({'q': typed})}")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/opgaver"
    assert (await desk.person.get("/opgaver/soeg")).headers["location"] == "/opgaver"
    assert await desk.noted() == []


async def test_the_page_says_in_english_too_that_a_search_is_written_down(desk: Desk) -> None:
    page = await desk.person.get("/opgaver", headers={"cookie": _english(desk)})
    assert "A search by CPR number is written in the log with your name." in page.text
    assert 'method="post" action="/opgaver/soeg"' in page.text


async def test_a_page_whose_messages_no_key_opens_says_so_and_is_no_fault(desk: Desk) -> None:
    """Once an empty answer broke the page; what is left of the task is needed all the more."""
    world = World(desk.connection, new_keyring().make_vault(), desk.parts.rules, NOON)
    task = await world.message("one", person="somebody", at=NOON - timedelta(days=1))
    assert task is not None
    answer = await desk.person.post(
        f"/opgaver/{task_reference(task)}/person",
        data={"form_token": desk.token, "purpose": "contact_person"},
    )
    assert answer.status_code == 200
    assert "Der er ingen oplysninger at åbne" in answer.text


def _english(desk: Desk) -> str:
    return f"frafaldsvarsel={desk.person.cookies['frafaldsvarsel']}; sprog=en"
