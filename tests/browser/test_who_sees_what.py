"""Nobody sees another unit's tasks, and no way in leads around the log-in."""

import json
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import httpx2
import psycopg
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Reader, follow
from tests.browser.place import Place
from tests.browser.world import AARHUS, COPENHAGEN

OPEN: Final = "SELECT reference FROM tasks WHERE unit_id = %s AND status = 'open' ORDER BY 1"


def references(place: Place, unit: str) -> list[str]:
    """A unit's open tasks, as the database has them."""
    with psycopg.connect(place.database) as connection:
        return [reference for (reference,) in connection.execute(OPEN, (unit,)).fetchall()]


@pytest.mark.parametrize(
    ("who", "own", "other"), [("Anna Holm", COPENHAGEN, AARHUS), ("Erik Sund", AARHUS, COPENHAGEN)]
)
def test_a_case_worker_sees_the_own_units_tasks_and_no_others(
    reader: Reader, place: Place, who: str, own: str, other: str
) -> None:
    page = reader(who)
    assert sorted(page.locator(".fv-reference").all_inner_texts()) == references(place, own)
    for reference in references(place, other):
        answer = page.goto(f"{place.address}/opgaver/{reference}")
        assert answer is not None
        assert answer.status == 404
        page.goto(f"{place.address}/opgaver?q={reference[:7]}")
        assert reference not in page.content()


@pytest.mark.parametrize(
    ("who", "seen"),
    [("Ditte Krogh", ["København"]), ("Freja Lund", ["Aarhus", "København"]), ("Gert Bach", None)],
)
def test_a_manager_sees_the_undecided_messages_about_people_who_live_there_and_the_desk_sees_all(
    reader: Reader, place: Place, who: str, seen: list[str] | None
) -> None:
    page = reader(who)
    follow(page.get_by_role("link", name="Uafklarede"))
    cards = page.locator(".fv-queue > li")
    if seen is None:
        expect(cards).to_have_count(4)
        # Of a place that is no municipality, the code is all that is known.
        expect(page.get_by_text("Ingen enhed er ansvarlig for kommunekode 0411.")).to_be_visible()
        return
    expect(cards).to_have_count(len(seen))
    assert (
        sorted(card.locator("dt:has-text('Bopælskommune') + dd").inner_text() for card in cards.all()) == seen
    )


def test_whoever_has_no_right_at_all_is_told_so_and_is_not_sent_round_in_a_circle(reader: Reader) -> None:
    page = reader("Ida Frost")
    expect(page.get_by_text("du har ingen rettigheder i Frafaldsvarsel")).to_be_visible()
    expect(page.locator("main a")).to_have_count(0)


def test_a_deed_on_another_units_task_is_not_found_and_changes_nothing(reader: Reader, place: Place) -> None:
    page = reader("Erik Sund")
    theirs = references(place, COPENHAGEN)[0]
    token = page.locator('input[name="form_token"]').first.input_value()
    for deed in ("take", "acknowledge", "person", "close"):
        answer = page.request.post(
            f"{place.address}/opgaver/{theirs}/{deed}",
            form={
                "form_token": token,
                "act": "7a0f6a0e-6a0c-4f0e-8a55-3f1f5f0c7b12",
                "purpose": "contact_person",
                "ending": "not_reached",
            },
        )
        assert answer.status == 404
    with psycopg.connect(place.database) as connection:
        assert connection.execute("SELECT count(*) FROM acts WHERE by_id = 'erik'").fetchone() == (0,)
        assert connection.execute("SELECT count(*) FROM audit WHERE kind = 'opened'").fetchone() == (0,)


def test_a_form_without_the_sessions_token_or_from_elsewhere_does_nothing(
    reader: Reader, place: Place
) -> None:
    page = reader("Anna Holm")
    token = page.locator('input[name="form_token"]').first.input_value()
    task = f"{place.address}/opgaver/{references(place, COPENHAGEN)[0]}/acknowledge"
    form: dict[str, str | float | bool] = {"act": "7a0f6a0e-6a0c-4f0e-8a55-3f1f5f0c7b13"}
    assert page.request.post(task, form=form).status == 403
    assert page.request.post(task, form={**form, "form_token": "guessed"}).status == 403
    elsewhere = {"Origin": "https://elsewhere.example"}
    assert page.request.post(task, form={**form, "form_token": token}, headers=elsewhere).status == 403
    with psycopg.connect(place.database) as connection:
        assert connection.execute("SELECT count(*) FROM acts WHERE by_id = 'anna'").fetchone() == (0,)


def test_without_a_log_in_every_page_leads_to_it_and_back(reader: Reader, place: Place) -> None:
    reference = references(place, AARHUS)[0]
    page = reader(None)
    page.goto(f"{place.address}/opgaver/{reference}")
    expect(page.get_by_role("heading", name="Log ind i Frafaldsvarsel")).to_be_visible()
    follow(page.get_by_role("link", name="Log ind"))
    follow(page.get_by_role("link", name="Erik Sund"))
    expect(page.locator("h1")).to_contain_text(reference)


def test_after_the_log_out_the_old_cookie_opens_nothing(reader: Reader, place: Place) -> None:
    page = reader("Anna Holm")
    kept = page.context.cookies()
    page.get_by_role("button", name="Log ud").click()
    expect(page.get_by_role("heading", name="Du er logget ud")).to_be_visible()
    page.context.add_cookies(kept)  # type: ignore[arg-type]  # what it gave is what it takes
    page.goto(f"{place.address}/opgaver")
    expect(page.get_by_role("heading", name="Log ind i Frafaldsvarsel")).to_be_visible()


def test_the_session_cookie_is_for_the_server_alone(reader: Reader) -> None:
    page = reader("Anna Holm")
    (cookie,) = [each for each in page.context.cookies() if each["name"] == "frafaldsvarsel"]
    assert cookie["httpOnly"]
    assert cookie["sameSite"] == "Lax"
    with_change = {**cookie, "value": ("B" if cookie["value"][0] == "A" else "A") + cookie["value"][1:]}
    page.context.add_cookies([with_change])  # type: ignore[list-item]  # as above
    page.reload()
    expect(page.get_by_role("heading", name="Log ind i Frafaldsvarsel")).to_be_visible()


def test_a_code_without_the_browser_that_asked_for_it_logs_nobody_in(place: Place) -> None:
    """The code with PKCE: what an eavesdropper has of the address is worth nothing."""
    with httpx2.Client(follow_redirects=False) as victim, httpx2.Client(follow_redirects=False) as thief:
        to_provider = victim.get(f"{place.address}/log-ind/start").headers["location"]
        asked = parse_qs(urlsplit(to_provider).query)
        assert asked["code_challenge_method"] == ["S256"]
        assert {"state", "nonce", "code_challenge"} <= asked.keys()
        back = victim.get(f"{to_provider}&person=anna").headers["location"]
        assert thief.get(back).status_code == 400
        thief.get(f"{place.address}/log-ind/start")
        assert thief.get(back).status_code == 400
        assert victim.get(back).headers["location"] == "/"
        before = victim.cookies["frafaldsvarsel"]
        # The Back button: the session that there is goes on.
        assert victim.get(back).headers["location"] == "/"
        assert victim.cookies["frafaldsvarsel"] == before
        assert victim.get(f"{place.address}/opgaver").status_code == 200


def test_what_an_open_page_asks_by_itself_is_answered_to_those_alone_who_may_know(
    reader: Reader, place: Place
) -> None:
    assert httpx2.get(f"{place.address}/opgaver/nyt").status_code == 401
    page = reader("Gert Bach")
    assert page.request.get(f"{place.address}/opgaver/nyt").status == 401
    page = reader("Anna Holm")
    said: dict[str, Any] = json.loads(page.request.get(f"{place.address}/opgaver/nyt").text())
    assert said["counts"]["open"] == str(len(references(place, COPENHAGEN)))


def test_the_process_says_that_it_lives_and_that_it_can_work(place: Place) -> None:
    assert httpx2.get(f"{place.address}/healthz").text == "alive\n"
    assert httpx2.get(f"{place.address}/readyz").text == "ready\n"


def test_every_answer_carries_the_policy(place: Place) -> None:
    for address in ("/log-ind", "/nowhere", "/healthz", "/opgaver/nyt"):
        headers = httpx2.get(f"{place.address}{address}").headers
        assert headers["content-security-policy"].startswith(
            "default-src 'none'; style-src 'self'; script-src 'self'"
        )
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
