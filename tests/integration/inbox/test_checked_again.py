"""The rights of a session are asked for again, and nobody gives them to a session in the table."""

from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from psycopg.types.json import Jsonb

from inbox.auth_guard import session_cookie
from inbox.rights import Right, Rights, Role
from inbox.sessions import CHECKED_WITHIN, Session, signed_content
from tests.integration.inbox.staff import COPENHAGEN, CPR, Desk
from tests.integration.inbox.test_log_in import Browser

DUE = CHECKED_WITHIN + timedelta(minutes=1)
OVERDUE = 2 * CHECKED_WITHIN + timedelta(minutes=1)


async def logged_in(desk: Desk) -> Browser:
    browser = Browser(desk)
    await browser.back(await browser.begin())
    return browser


async def session_of(browser: Browser) -> tuple[Session, datetime]:
    """As the table has it, and when it was checked."""
    desk = browser.desk
    found = await desk.parts.sessions.find(desk.connection, browser.http.cookies[session_cookie(desk.parts)])
    assert found is not None
    row = await (
        await desk.connection.execute("SELECT checked_at FROM inbox_sessions WHERE id = %s", (found.id,))
    ).fetchone()
    assert row is not None
    return found, row[0]


async def unchecked_for(browser: Browser, age: timedelta) -> Session:
    """As if the provider had been asked so long ago."""
    session, checked_at = await session_of(browser)
    before = checked_at - age
    tag = browser.desk.parts.sessions.tags.make(signed_content(session, before), 32)
    await browser.desk.connection.execute(
        "UPDATE inbox_sessions SET checked_at = %s, tag = %s WHERE id = %s", (before, tag, session.id)
    )
    return session


async def to_provider(browser: Browser, answer: httpx2.Response) -> dict[str, str]:
    """Follows the way to the provider; returns what it is asked."""
    assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "/log-ind/start")
    began = await browser.http.get(answer.headers["location"])
    return {name: values[0] for name, values in parse_qs(urlsplit(began.headers["location"]).query).items()}


async def test_after_a_quarter_of_an_hour_the_next_page_asks_the_provider_and_goes_on(desk: Desk) -> None:
    browser = await logged_in(desk)
    assert (await browser.http.get("/opgaver")).status_code == 200
    before = await unchecked_for(browser, DUE)
    asked = await to_provider(browser, await browser.http.get("/opgaver?filter=mine"))
    assert asked["prompt"] == "none"
    answer = await browser.back(asked)
    assert (answer.status_code, answer.headers["location"]) == (303, "/opgaver?filter=mine")
    after, _ = await session_of(browser)
    assert after == before, "the session goes on, and forms that lie open with it"
    assert (await browser.http.get("/opgaver")).status_code == 200


async def test_rights_that_were_taken_away_meanwhile_are_gone(desk: Desk) -> None:
    browser = await logged_in(desk)
    reference = await desk.task()
    assert (await browser.http.get(f"/opgaver/{reference}")).status_code == 200
    await unchecked_for(browser, DUE)
    browser.answers.claims |= {desk.parts.rights_claim: []}
    await browser.back(await to_provider(browser, await browser.http.get(f"/opgaver/{reference}")))
    assert (await browser.http.get(f"/opgaver/{reference}")).status_code == 404


async def test_who_is_not_known_to_the_provider_any_more_is_logged_out(desk: Desk) -> None:
    browser = await logged_in(desk)
    await unchecked_for(browser, DUE)
    asked = await to_provider(browser, await browser.http.get("/opgaver"))
    answer = await browser.http.get(
        "/log-ind/tilbage", params={"state": asked["state"], "error": "login_required"}
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/log-ind?til=%2Fopgaver")
    assert await browser.sessions() == []


async def test_a_form_that_lies_open_is_taken_for_another_quarter_and_no_longer(desk: Desk) -> None:
    browser = await logged_in(desk)
    reference = await desk.task()
    session = await unchecked_for(browser, DUE)
    form = {"form_token": session.form_token}
    done = await browser.http.post(f"/opgaver/{reference}/take", data=form | {"version": "1"})
    assert "/log-ind" not in done.headers.get("location", "")
    await unchecked_for(browser, OVERDUE)
    refused = await browser.http.post(f"/opgaver/{reference}/take", data=form | {"version": "1"})
    assert refused.headers["location"].startswith("/log-ind?til=")
    assert (await browser.http.get("/opgaver/nyt")).status_code == 401
    out = await browser.http.post("/log-ud", data=form)
    assert (out.headers["location"], await browser.sessions()) == ("/logget-ud", []), (
        "a log-out is always taken"
    )


@pytest.mark.parametrize("way", ["open", "search"])
async def test_nobody_is_opened_or_looked_up_on_rights_that_were_not_asked_for_just_now(
    desk: Desk, way: str
) -> None:
    browser = await logged_in(desk)
    reference = await desk.task()
    session = await unchecked_for(browser, DUE)
    form = {"form_token": session.form_token, "purpose": "contact_person", "q": CPR}
    path, page = (
        (f"/opgaver/{reference}/person", f"/opgaver/{reference}")
        if way == "open"
        else ("/opgaver/soeg", "/opgaver")
    )
    answer = await browser.http.post(path, data=form)
    assert parse_qs(urlsplit(answer.headers["location"]).query)["til"] == [f"{page}?sagt=checked_again"]
    looks = "SELECT count(*) FROM audit WHERE kind IN ('opened', 'found_by_cpr')"
    assert await (await desk.connection.execute(looks)).fetchone() == (0,)
    back = await browser.back(await to_provider(browser, answer))
    assert "kontrolleret igen" in (await browser.http.get(back.headers["location"])).text


@pytest.mark.parametrize(
    "change",
    [
        {"rights": Jsonb({"held": [{"role": "manager", "units": ["jc-0147"]}]})},
        {"user_id": "bo"},
        {"user_name": "Bo"},
        {"form_token": "known"},
        {"ends_at": "2099-01-01"},
        {"checked_at": "2099-01-01"},
        {"tag": None},
    ],
    ids=lambda change: next(iter(change)),
)
async def test_who_writes_the_table_gives_nobody_a_right(desk: Desk, change: dict[str, object]) -> None:
    browser = await logged_in(desk)
    (name, value), *_ = change.items()
    await desk.connection.execute(
        f"UPDATE inbox_sessions SET {name} = %s WHERE form_token <> %s",  # noqa: S608 - a column of ours
        (value, desk.token),
    )
    answer = await browser.http.get("/opgaver")
    assert answer.headers["location"].startswith("/log-ind?til=")


async def test_a_row_copied_under_another_name_opens_nothing(desk: Desk) -> None:
    manager = Rights(held=(Right(role=Role.MANAGER, units=(COPENHAGEN,)),))
    await desk.parts.sessions.open(desk.connection, user_id="boss", user_name="Boss", rights=manager)
    browser = await logged_in(desk)
    session, _ = await session_of(browser)
    await desk.connection.execute(
        "UPDATE inbox_sessions a SET user_id = b.user_id, user_name = b.user_name, rights = b.rights, "
        "form_token = b.form_token, ends_at = b.ends_at, checked_at = b.checked_at, tag = b.tag "
        "FROM inbox_sessions b WHERE b.user_id = 'boss' AND a.id = %s",
        (session.id,),
    )
    assert (await browser.http.get("/overblik")).status_code == 303
