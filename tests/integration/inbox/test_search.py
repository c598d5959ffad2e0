"""A task is found by its reference or by CPR; a CPR stands nowhere, and who looked is noted."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest

from config.key_store import KeyStore
from crypto.intake_vault import IntakeVault
from crypto.key_file import KeyFile
from crypto.month_seals import MonthSeals
from crypto.new_keys import new_seal
from models.ids import task_reference
from tests.browser.world import World
from tests.integration.inbox.staff import AARHUS, CPR, NOBODY, Desk
from tests.integration.ledger.task_rows import NOON
from tests.keys import made_keys

SPELLINGS = [
    CPR, "010101-1234", " 010101 1234 ", "010101 - 1234", "010101--1234", "010101.1234", "010101/1234", "010101_1234",
    "010101:1234", "010101,1234", "010101\u20131234", "010101\u20141234", "010101\u20101234", "010101\u20111234",
    "010101\u22121234", "010101\u00a01234", "010101\u20091234", "01.01.01-1234", "01 01 01 1234", "01-01-01-1234",
    "01/01/01 1234", "01 01 01 12 34", "cpr 010101-1234", "CPR: 0101011234", "cpr0101011234", "nr. 010101-1234",
    "FV 010101-1234", "FV-0101011234", "010101-1234.", "(010101-1234)", "'010101-1234", "010101\u200b1234",
    "\uff10\uff11\uff10\uff11\uff10\uff11\uff11\uff12\uff13\uff14",
]  # fmt: skip


@pytest.mark.parametrize("typed", SPELLINGS)
async def test_a_cpr_leads_to_the_task_and_who_looked_stands_in_its_history(desk: Desk, typed: str) -> None:
    reference = await desk.task()
    answer = await desk.search(typed)
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/opgaver/{reference}"
    assert await desk.noted() == [(reference, "anna", None)]
    text = (await desk.person.get(f"/opgaver/{reference}")).text
    assert "Fandt opgaven ved at søge på CPR-nummer: kontakt til den unge" in text


@pytest.mark.parametrize("typed", SPELLINGS)
async def test_a_cpr_goes_into_no_address_however_it_is_spelt(desk: Desk, typed: str) -> None:
    """Nor where it was put into one by hand; and without a purpose nothing is looked up."""
    await desk.task()
    led = await desk.person.get("/opgaver", params={"q": typed})
    assert (led.status_code, led.headers["location"]) == (303, "/opgaver")
    answer = await desk.search(typed, purpose="")
    assert answer.status_code == 422
    assert "Vælg, hvad du skal bruge opgaven til" in answer.text
    assert typed.strip() not in answer.text
    assert await desk.noted() == []


@pytest.mark.parametrize(
    ("typed", "beginning"),
    [
        ("FV-7K2P", "FV-7K2P"),
        ("fv 7k2p 01ab", "FV-7K2P-01AB"),
        ("7k2p", "FV-7K2P"),
        ("FV-0101-01", "FV-0101-01"),
        ("FV7O2P", "FV-702P"),
        ("\u00e5bc", None),
        ("Anna", None),
        ("Anna Berg", None),
        ("FV-ANNA", "FV-ANNA"),
        ("cpr 010101", None),
        ("010101", None),
        ("0101", "FV-0101"),
        ("01-01-01", None),
        ("FV-7K2P?x=1", None),
    ],
)
async def test_only_what_looks_like_a_reference_goes_into_an_address(
    desk: Desk, typed: str, beginning: str | None
) -> None:
    answer = await desk.search(typed)
    if beginning is None:
        assert answer.status_code == 422
    else:
        assert answer.headers["location"] == f"/opgaver?q={beginning}"


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
    assert await desk.noted() == [(None, "anna", desk.parts.pseudonyms.person_id(CPR))]


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
    assert "A search by CPR number is written in the log with your name and the purpose." in page.text
    assert 'method="post" action="/opgaver/soeg"' in page.text


@pytest.mark.parametrize(
    ("typed", "danish", "english"),
    [
        ("FV-7K2P", "Søgning på “FV-7K2P”", "Search for “FV-7K2P”"),
        (NOBODY, "Søgning på CPR-nummer", "Search by CPR number"),
        ("ab", "Fejl: Søgning", "Error: Search"),
        ("3113011234", "Fejl: Søgning", "Error: Search"),
    ],
)
async def test_the_title_names_the_search_and_its_fault(
    desk: Desk, typed: str, danish: str, english: str
) -> None:
    for title in (danish, english):
        page = await desk.search(typed)
        if page.status_code == 303:
            page = await desk.person.get(page.headers["location"])
        assert f"<title>{title} – Frafaldsvarsel</title>" in page.text
        desk.person.cookies.set("sprog", "en")


async def test_a_page_whose_messages_no_key_opens_says_so_and_is_no_fault(desk: Desk) -> None:
    """Once an empty answer broke the page; what is left of the task is needed all the more."""
    world = World(desk.connection, made_keys().vault, desk.parts.rules, NOON)
    task = await world.message("one", person="somebody", at=NOON - timedelta(days=1))
    assert task is not None
    answer = await desk.person.post(
        f"/opgaver/{task_reference(task)}/person",
        data={"form_token": desk.token, "purpose": "contact_person"},
    )
    assert answer.status_code == 200
    assert "Der er ingen oplysninger at åbne" in answer.text


class _Always(IntakeVault):
    """Seals with one key, whenever it was."""

    def __init__(self, key: KeyFile) -> None:
        keys = made_keys().vault
        super().__init__(pseudonyms=keys.pseudonyms, hashes=keys.hashes, seals=MonthSeals(lambda: (key,)))

    def seal(self, plaintext: bytes, purpose: str, appended_at: datetime) -> str:
        return self.seals.seal(plaintext, purpose, datetime(2020, 1, 9, tzinfo=UTC))


async def test_what_was_shredded_by_time_is_said_in_words_and_the_key_was_gone_without_a_restart(
    desk: Desk, keys: Path
) -> None:
    month = new_seal("2020-01", NOON)
    task = await World(desk.connection, _Always(month), desk.parts.rules, NOON).message(
        "one", person="somebody", at=NOON - timedelta(days=1)
    )
    assert task is not None
    KeyStore(keys / "keys" / "service").hand_out([month])
    address = f"/opgaver/{task_reference(task)}/person"
    sent = {"form_token": desk.token, "purpose": "contact_person"}
    await asyncio.sleep(1.1)
    answer = await desk.person.post(address, data=sent)
    assert f"{CPR[:6]}-{CPR[6:]}" in answer.text
    assert KeyStore(keys / "keys" / "service").shred("2020-01", NOON) == 4
    await asyncio.sleep(1.1)
    answer = await desk.person.post(address, data=sent)
    assert answer.status_code == 200
    assert "CPR-nummeret er slettet, fordi den tid, det må gemmes, er gået." in answer.text
    assert "Tekst og kontaktperson er slettet" in answer.text
    assert CPR[6:] not in answer.text


def _english(desk: Desk) -> str:
    return f"frafaldsvarsel={desk.person.cookies['frafaldsvarsel']}; sprog=en"
