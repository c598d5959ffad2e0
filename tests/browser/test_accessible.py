"""WCAG 2.1 AA on every page, by axe in a real browser; and everything can be reached by the keyboard."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import ROOT, Reader
from tests.browser.place import Place

AXE: Final = ROOT / "inbox" / "node_modules" / "axe-core" / "axe.min.js"
RULES: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]


def violations(page: Page) -> list[str]:
    """What axe finds, one line for each rule with the first place. The page's policy lets no script in but ours,
    so it is evaluated by the browser's own protocol."""
    page.evaluate(AXE.read_text("utf-8"))
    found: list[dict[str, Any]]
    found, held = page.evaluate(
        "rules => axe.run(document, {runOnly: {type: 'tag', values: rules}})"
        ".then(found => [found.violations, found.passes.length])",
        RULES,
    )
    assert held > 10, "axe has looked at next to nothing"
    return [
        f"{each['id']}: {each['help']}: {json.dumps(each['nodes'][0]['target'])} and {len(each['nodes']) - 1} more"
        for each in found
    ]


def open_all(page: Page) -> None:
    """Everything that is folded up is a part of the page."""
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")


def pages(place: Place, page: Page, who: str, *, english: bool) -> Iterator[tuple[str, int]]:
    """The addresses that somebody can see, with their expected status; in English one of each kind."""
    if who == "Freja Lund" and english:
        yield "/opgaver", 200
        yield f"/opgaver/{page.locator('.fv-reference').first.inner_text()}", 200
        yield "/overblik", 200
    elif who == "Freja Lund":
        for filter in ("open", "mine", "due_today", "overdue", "waiting_for_delivery", "closed"):
            yield f"/opgaver?vis={filter}", 200
        page.goto(f"{place.address}/opgaver")
        for number in (0, 3, -1):
            reference = page.locator(".fv-reference").nth(number).inner_text()
            yield f"/opgaver/{reference}", 200
            page.goto(f"{place.address}/opgaver")
        page.goto(f"{place.address}/opgaver?vis=closed")
        yield f"/opgaver/{page.locator('.fv-reference').first.inner_text()}", 200
        yield "/opgaver?q=ab", 200
        yield "/opgaver?q=FV-0000", 200
        yield "/overblik", 200
        yield "/uafklarede", 403
        yield "/opgaver/FV-0000-0000-0000", 404
    elif who == "Gert Bach":
        yield "/uafklarede", 200
        yield "/opgaver", 403
    else:
        yield "/", 403


@pytest.mark.parametrize("english", [False, True], ids=["danish", "english"])
@pytest.mark.parametrize("who", ["Freja Lund", "Gert Bach", "Ida Frost"])
def test_no_page_of_somebody_violates_a_rule(
    reader: Reader, place: Place, who: str, english: bool, picture: Callable[[Page, str], None]
) -> None:
    page = reader(who, english=english)
    for address, status in pages(place, page, who, english=english):
        answer = page.goto(f"{place.address}{address}")
        assert answer is not None
        assert answer.status == status, address
        open_all(page)
        assert violations(page) == [], address
        if not english:
            picture(page, f"page-{who.split()[0].lower()}{address.replace('/', '-').replace('?', '-')}")


@pytest.mark.parametrize(
    "address", ["/log-ind", "/logget-ud", "/log-ind/tilbage", "/kvitter/nothing", "/nowhere"]
)
def test_no_page_of_nobody_violates_a_rule(reader: Reader, place: Place, address: str) -> None:
    page = reader(None)
    page.goto(f"{place.address}{address}")
    assert violations(page) == []


@pytest.mark.parametrize("width", [320, 768])
def test_a_narrow_window_hides_nothing_and_scrolls_one_way(reader: Reader, place: Place, width: int) -> None:
    """WCAG 1.4.10: at 320 pixels nothing needs scrolling in two directions."""
    page = reader("Freja Lund", width=width)
    for address in ("/opgaver", "/overblik"):
        page.goto(f"{place.address}{address}")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), address
        assert violations(page) == []
    page.goto(f"{place.address}/opgaver")
    page.locator(".fv-reference").first.click()
    page.wait_for_url("**/opgaver/FV-*")
    open_all(page)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert violations(page) == []


def test_errors_and_opened_data_violate_no_rule(reader: Reader) -> None:
    page = reader("Anna Holm")
    page.locator(".fv-reference").last.click()
    page.locator("#hand-over > summary").click()
    page.get_by_role("button", name="Overdrag opgaven").click()
    expect(page.locator("#faults li")).to_have_count(2)
    assert violations(page) == []
    page.get_by_text("Åbn oplysningerne om den unge").click()
    page.get_by_label("Kontakt til den unge").check()
    page.get_by_role("button", name="Åbn og log").click()
    expect(page.locator(".fv-cpr")).to_be_visible()
    assert violations(page) == []


def test_the_first_key_offers_to_skip_to_the_content(reader: Reader) -> None:
    page = reader("Anna Holm")
    page.reload()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Gå til sidens indhold")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


def test_a_task_is_taken_with_the_keyboard_alone(reader: Reader) -> None:
    page = reader("Anna Holm")
    page.locator(".fv-reference").last.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/opgaver/FV-*")
    page.get_by_role("button", name="Tag opgaven").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#said")).to_be_focused()


def test_axe_is_there() -> None:
    assert Path(AXE).exists(), "run make install"
