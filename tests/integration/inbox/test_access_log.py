"""Who came in, who was refused and who looked at a task stands in the audit trail; a person waits for the chain."""

import time
from datetime import UTC, datetime
from threading import Event, Thread

import psycopg

from ledger.actions.chain_wait import ChainWait
from models.events.sensitive_fields import OpenPurpose
from ops.trail.store import LISTEN, link
from tests.integration.inbox.staff import Desk
from tests.integration.inbox.test_log_in import Browser


async def lines(desk: Desk, *kinds: str) -> list[tuple[object, ...]]:
    found = await desk.connection.execute(
        "SELECT kind, detail FROM audit WHERE kind = ANY(%s) ORDER BY id", (list(kinds),)
    )
    return await found.fetchall()


async def test_the_reading_of_a_task_is_noted_once_in_a_while(desk: Desk) -> None:
    reference = await desk.task()
    for _ in range(3):
        assert (await desk.person.get(f"/opgaver/{reference}")).status_code == 200
    anna = {"by_id": "anna", "by_name": "Anna Holm", "via": "page"}
    assert await lines(desk, "looked_at") == [("looked_at", anna)]
    await desk.connection.execute("ALTER TABLE audit DISABLE TRIGGER USER")
    await desk.connection.execute("UPDATE audit SET at = at - interval '16 minutes'")
    await desk.person.get(f"/opgaver/{reference}")
    assert len(await lines(desk, "looked_at")) == 2


async def test_a_look_changes_nothing_that_another_reader_sees(desk: Desk) -> None:
    """The page tells its reader when the task has changed: that somebody has read it is no change."""
    reference = await desk.task()
    before = (await desk.person.get(f"/opgaver/{reference}/nyt")).text
    await desk.person.get(f"/opgaver/{reference}")
    assert (await desk.person.get(f"/opgaver/{reference}/nyt")).text == before


async def test_another_units_task_is_no_look(desk: Desk) -> None:
    reference = await desk.task(unit_id="jc-0751")
    assert (await desk.person.get(f"/opgaver/{reference}")).status_code == 404
    assert await lines(desk, "looked_at") == []


async def test_log_ins_are_noted_with_their_level(desk: Desk) -> None:
    browser = Browser(desk, acr="https://data.gov.dk/concept/core/nsis/Substantial")
    await browser.back(await browser.begin())
    ((_, done),) = await lines(desk, "log_in_done")
    assert isinstance(done, dict)
    assert (done["by_id"], done["level"]) == ("anna", "https://data.gov.dk/concept/core/nsis/Substantial")
    out = await desk.person.post("/log-ud", data={"form_token": desk.token})
    assert out.headers["clear-site-data"] == '"cache", "storage"'
    assert await lines(desk, "log_in_ended") == [("log_in_ended", {"by_id": "anna", "by_name": "Anna Holm"})]


async def test_refused_log_ins_are_noted_without_a_name_and_do_not_fill_the_trail(desk: Desk) -> None:
    browser = Browser(desk)
    for _ in range(70):
        asked = await browser.begin()
        answer = await browser.http.get("/log-ind/tilbage", params={"state": asked["state"]})
        assert answer.status_code == 403
    refused = await lines(desk, "log_in_refused")
    assert len(refused) == 60
    assert refused[0] == ("log_in_refused", {"why": "the provider sent no code"})


async def opened(desk: Desk, reference: str) -> float:
    """Opens the task's person; the seconds that it took."""
    began = time.monotonic()
    answer = await desk.person.post(
        f"/opgaver/{reference}/person",
        data={"purpose": OpenPurpose.CONTACT_PERSON.value, "form_token": desk.token},
    )
    assert answer.status_code == 200
    return time.monotonic() - began


async def test_a_person_is_opened_when_its_line_is_chained(desk: Desk, inbox_url: str) -> None:
    missed: list[bool] = []
    waiting(desk, ChainWait(30, lambda: missed.append(True)))
    reference = await desk.task()
    stop = Event()

    def keep() -> None:
        with psycopg.connect(inbox_url, autocommit=True) as connection:
            connection.execute(LISTEN)
            while not stop.is_set():
                if list(connection.notifies(timeout=0.2, stop_after=1)):
                    link(connection, datetime(2000, 1, 1, tzinfo=UTC))

    keeper = Thread(target=keep)
    keeper.start()
    try:
        await opened(desk, reference)
    finally:
        stop.set()
        keeper.join()
    ((line, linked),) = await (
        await desk.connection.execute(
            "SELECT a.id, t.audit_id FROM audit a LEFT JOIN trail t ON t.audit_id = a.id WHERE a.kind = 'opened'"
        )
    ).fetchall()
    assert line == linked
    assert missed == []


async def test_a_keeper_that_is_away_holds_nobody_up_for_long_and_is_counted(desk: Desk) -> None:
    missed: list[bool] = []
    waiting(desk, ChainWait(0.3, lambda: missed.append(True)))
    assert await opened(desk, await desk.task()) >= 0.3
    assert missed == [True]


def waiting(desk: Desk, chained: ChainWait) -> None:
    """The pages wait so."""
    object.__setattr__(desk.parts, "chained", chained)
