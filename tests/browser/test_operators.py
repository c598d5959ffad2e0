"""The operators' page in a browser: it tells what is wrong, keeps its numbers new, and says so when it cannot."""

import re

from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Reader, follow

NUMBERS = "**/drift/nyt"


def seen(page: Page) -> str:
    """The moment at which the numbers were seen."""
    return page.locator(".fv-verdict .fv-soft").inner_text()


def test_a_stopped_ledger_is_seen_with_its_age_and_leads_to_what_to_do(reader: Reader) -> None:
    page = reader("Hanne Dahl", english=True)
    expect(page.get_by_role("heading", name="Operations")).to_be_visible()
    ledger = page.locator(".fv-flow > li", has_text="Ledger")
    expect(ledger).to_contain_text("Fault")
    expect(ledger).to_contain_text("no ledger")
    expect(ledger).to_contain_text("14 min")
    duty = page.locator(".fv-tiles > li", has_text="Longest wait for an answer")
    expect(duty).to_contain_text("14 min")
    expect(duty).to_contain_text(re.compile(r"since \d\d:\d\d:\d\d"))
    expect(page.locator(".fv-processes > li", has_text="worker")).to_contain_text("Does not answer")
    follow(ledger.get_by_role("link"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("A consumer stands still")
    follow(page.get_by_role("link", name="To the operations"))
    expect(page.get_by_role("heading", name="Operations")).to_be_visible()


def test_the_numbers_stay_new_and_what_was_open_or_focused_stays_so(reader: Reader) -> None:
    page = reader("Hanne Dahl")
    page.locator("#service-table > summary").click()
    page.locator("#do-duty_lag").focus()
    before = seen(page)
    expect(page.locator(".fv-verdict .fv-soft")).not_to_have_text(before)
    expect(page.locator("#service-table")).to_have_attribute("open", "")
    expect(page.locator("#do-duty_lag")).to_be_focused()
    expect(page.locator("#service-news")).to_have_text("")


def test_numbers_that_cannot_be_fetched_are_said_to_be_old_until_they_can(reader: Reader) -> None:
    page = reader("Hanne Dahl")
    page.route(NUMBERS, lambda route: route.abort())
    expect(page.locator("#service-news")).to_have_text("Nye tal kan ikke hentes. Tallene på siden er gamle.")
    page.unroute(NUMBERS)
    expect(page.locator("#service-news")).to_have_text("")


def test_whoever_is_logged_out_meanwhile_is_told_and_no_more_is_asked(reader: Reader) -> None:
    page = reader("Hanne Dahl")
    asked = []

    def count(route: Route) -> None:
        asked.append(route.request.url)
        route.continue_()

    page.route(NUMBERS, count)
    page.context.clear_cookies()
    expect(page.locator("#service-news")).to_contain_text("Du er ikke længere logget ind")
    page.wait_for_timeout(11_000)
    assert len(asked) == 1


def test_the_updating_can_be_stopped_and_begun_again_by_the_keyboard(reader: Reader) -> None:
    page = reader("Hanne Dahl")
    stop = page.get_by_role("button", name="Stop opdatering")
    stop.focus()
    page.keyboard.press("Enter")
    expect(stop).to_have_attribute("aria-pressed", "true")
    before = seen(page)
    page.wait_for_timeout(13_000)
    assert seen(page) == before
    page.keyboard.press("Enter")
    expect(page.locator(".fv-verdict .fv-soft")).not_to_have_text(before)


def test_without_script_the_page_has_its_numbers_and_a_way_to_new_ones(reader: Reader) -> None:
    page = reader("Hanne Dahl", script=False)
    expect(page.locator(".fv-tile-number").first).to_have_text("0")
    expect(page.get_by_role("button", name="Stop opdatering")).to_have_count(0)
    follow(page.get_by_role("link", name="Hent nye tal"))
    expect(page.get_by_role("heading", name="Drift")).to_be_visible()
