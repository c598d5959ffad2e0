"""What an open page does by itself, how a session ends, and the ways in beside the log-in."""

from datetime import UTC, datetime, timedelta

import httpx2
import psycopg
import pytest
from playwright.sync_api import expect

from crypto.acknowledge_link import PATH, make_link_token, recipient_fingerprint
from crypto.key_purpose import KeyPurpose
from tests.browser.conftest import Reader
from tests.browser.place import API_SECRET, Place
from tests.browser.world import AARHUS, COPENHAGEN
from tests.keys import stored_keys

A_MINUTE = 60_000


COUNTED = """
window.asked = window.planned = 0;
const [ask, plan] = [window.fetch, window.setTimeout];
window.fetch = (...all) => { window.asked += 1; return ask(...all); };
window.setTimeout = (what, wait, ...all) => { window.planned += wait >= 10000; return plan(what, wait, ...all); };
Object.defineProperty(document, "hidden", { get: () => window.away === true });
"""


def test_an_open_page_asks_less_and_less_often_and_not_at_all_in_a_hidden_tab(
    reader: Reader, place: Place
) -> None:
    page = reader("Anna Holm")
    page.clock.install()
    page.add_init_script(COUNTED)
    page.goto(f"{place.address}/opgaver")

    def minutes(number: int) -> int:
        """How often it asks in so many minutes of its clock, which stands while it waits for an answer."""
        before = page.evaluate("window.asked")
        for _ in range(number * 6):
            page.clock.run_for(A_MINUTE // 6)
            while page.evaluate("window.planned <= window.asked"):
                page.wait_for_timeout(20)
        return int(page.evaluate("window.asked")) - int(before)

    assert (minutes(2), minutes(2)) == (4, 2)
    page.evaluate("window.away = true; document.dispatchEvent(new Event('visibilitychange'))")
    assert minutes(6) == 0
    with page.expect_response("**/opgaver/nyt*"):
        page.evaluate("window.away = false; document.dispatchEvent(new Event('visibilitychange'))")


def test_a_session_that_has_rested_is_over_and_what_a_page_asks_by_itself_keeps_none_alive(
    reader: Reader, place: Place
) -> None:
    page = reader("Bilal Aydin")
    with psycopg.connect(place.database, autocommit=True) as connection:
        rested = "UPDATE inbox_sessions SET seen_at = now() - interval '29 minutes' WHERE user_id = 'bilal'"
        connection.execute(rested)
        assert page.request.get(f"{place.address}/opgaver/nyt").status == 200
        seen = (
            "SELECT max(seen_at) < now() - interval '28 minutes' FROM inbox_sessions WHERE user_id = 'bilal'"
        )
        assert connection.execute(seen).fetchone() == (True,)
        page.reload()
        assert connection.execute(seen).fetchone() == (False,)
        connection.execute(
            "UPDATE inbox_sessions SET seen_at = now() - interval '31 minutes' WHERE user_id = 'bilal'"
        )
    page.reload()
    expect(page.get_by_role("heading", name="Log ind i Frafaldsvarsel")).to_be_visible()


def test_a_session_ends_however_busy_it_is(reader: Reader, place: Place) -> None:
    page = reader("Bilal Aydin")
    with psycopg.connect(place.database, autocommit=True) as connection:
        connection.execute("UPDATE inbox_sessions SET ends_at = now() WHERE user_id = 'bilal'")
    page.reload()
    expect(page.get_by_role("heading", name="Log ind i Frafaldsvarsel")).to_be_visible()


def token(
    place: Place, unit: str, *, hours: float, changed: bool = False, status: str = "open"
) -> tuple[str, str]:
    """A task of `unit`, where it is open one that nobody has acknowledged, and the address in its mail."""
    keys = stored_keys(place.data)
    with psycopg.connect(place.database) as connection:
        found = connection.execute(
            "SELECT id, reference FROM tasks WHERE unit_id = %s AND status = %s "
            "AND (acknowledged_at IS NULL OR status <> 'open') ORDER BY reference LIMIT 1",
            (unit, status),
        ).fetchone()
    assert found is not None
    text = make_link_token(
        keys.tags(KeyPurpose.LINK),
        task_id=found[0],
        unit_id=unit,
        recipient=recipient_fingerprint(keys.tags(KeyPurpose.RECIPIENT), "opgaver@unit.example"),
        expires_at=datetime.now(UTC).replace(microsecond=0) + timedelta(hours=hours),
    )
    if changed:
        text = ("B" if text[0] == "A" else "A") + text[1:]
    return found[1], f"{place.address}{PATH}/{text}"


def acknowledged(place: Place, reference: str) -> bool:
    """Whether somebody has."""
    with psycopg.connect(place.database) as connection:
        return connection.execute(
            "SELECT acknowledged_at IS NOT NULL FROM tasks WHERE reference = %s", (reference,)
        ).fetchone() == (True,)


def test_the_link_in_a_mail_shows_on_get_and_acknowledges_on_post(reader: Reader, place: Place) -> None:
    reference, address = token(place, AARHUS, hours=1)
    page = reader(None)
    page.goto(address)
    expect(page.locator("h1")).to_have_text(f"Kvittér for opgave {reference}")
    assert not acknowledged(place, reference)
    page.get_by_role("button", name="Kvittér for opgaven").click()
    expect(page.get_by_role("status")).to_have_text(f"Der er kvitteret for opgave {reference}.")
    assert acknowledged(place, reference)
    # What is done is asked of nobody any more.
    expect(page.locator("h1")).to_have_text(f"Opgave {reference}")
    page.goto(address)
    expect(page.get_by_text("Der blev kvitteret for opgaven")).to_be_visible()
    expect(page.locator("h1")).to_have_text(f"Opgave {reference}")
    expect(page.get_by_text("Pligten til at tage kontakt til den unge består.")).to_be_visible()


def test_the_link_to_a_task_that_is_closed_asks_for_nothing_and_speaks_of_no_duty(
    reader: Reader, place: Place
) -> None:
    _, address = token(place, COPENHAGEN, hours=1, status="closed")
    page = reader(None)
    page.goto(address)
    expect(page.get_by_text("Opgaven er ikke åben længere")).to_be_visible()
    expect(page.locator("main button")).to_have_count(0)
    expect(page.get_by_text("Pligten")).to_have_count(0)


@pytest.mark.parametrize(("hours", "changed", "status"), [(-1, False, 410), (1, True, 404)])
def test_a_link_that_is_old_or_was_changed_acknowledges_nothing(
    place: Place, hours: float, changed: bool, status: int
) -> None:
    reference, address = token(place, COPENHAGEN, hours=hours, changed=changed)
    assert httpx2.get(address).status_code == status
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert httpx2.post(address, headers=form).status_code == status
    assert not acknowledged(place, reference)


def test_the_interface_for_case_systems_stands_beside_the_pages(place: Place) -> None:
    api = f"{place.address}/api/v1"
    assert httpx2.get(f"{api}/tasks").status_code == 401
    told = httpx2.post(
        f"{api}/oauth2/token", data={"grant_type": "client_credentials"}, auth=("case-system", API_SECRET)
    )
    bearer = {"Authorization": f"Bearer {told.json()['access_token']}"}
    listed = httpx2.get(f"{api}/tasks", headers=bearer)
    assert listed.status_code == 200
    assert listed.json()["tasks"]
