"""WCAG 2.1 AA on every page, by axe in a real browser; and everything can be reached by the keyboard."""

import itertools
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Page, expect

from ledger.queries.task_list import Filter
from tests.browser.conftest import Reader, follow
from tests.browser.place import Place
from tests.paths import ROOT

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


@pytest.fixture(scope="module")
def log_ins() -> dict[tuple[str, bool], list[Any]]:
    """The cookies of those who have logged in already: not every page needs a log-in of its own."""
    return {}


@pytest.fixture
def known(reader: Reader, log_ins: dict[tuple[str, bool], list[Any]]) -> Callable[..., Page]:
    """As `reader`, and who has logged in once stays so for the whole file."""

    def read(who: str, *, english: bool) -> Page:
        cookies = log_ins.get((who, english))
        if cookies is None:
            page = reader(who, english=english)
            log_ins[who, english] = list(page.context.cookies())
            return page
        page = reader(None)
        page.context.add_cookies(cookies)
        return page

    return read


def open_all(page: Page) -> None:
    """Everything that is folded up is a part of the page."""
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")


FREJA: Final = "Freja Lund"
"""Sees the tasks and the figures of two units."""
HANNE: Final = "Hanne Dahl"
"""Sees how the service stands."""


@pytest.mark.parametrize("english", [False, True], ids=["danish", "english"])
@pytest.mark.parametrize(
    ("who", "address", "status"),
    [
        *((FREJA, f"/opgaver?vis={filter}", 200) for filter in Filter),
        (FREJA, "/opgaver?q=ab", 200),
        (FREJA, "/opgaver?q=FV-0000", 200),
        (FREJA, "/opgaver?alvor=high&uddannelse=eud&opfoelgning=1&sorter=severity", 200),
        (FREJA, "/opgaver/flere", 200),
        (FREJA, "/beskeder", 200),
        (FREJA, "/beskeder?vis=alle", 200),
        ("Gert Bach", "/beskeder", 403),
        (FREJA, "/fravaer", 200),
        ("Gert Bach", "/fravaer", 403),
        (FREJA, "/overblik", 200),
        (FREJA, "/overblik/rapport", 200),
        (FREJA, "/overblik/rapport?periode=2026-01", 200),
        ("Anna Holm", "/overblik/rapport", 403),
        (FREJA, "/uafklarede", 200),
        ("Anna Holm", "/uafklarede", 403),
        (FREJA, "/opgaver/FV-0000-0000-0000", 404),
        ("Gert Bach", "/uafklarede", 200),
        ("Gert Bach", "/opgaver", 403),
        ("Ida Frost", "/", 403),
        (HANNE, "/drift", 200),
        (HANNE, "/drift/vejledning/duty-lag", 200),
        (HANNE, "/opgaver", 403),
        ("Anna Holm", "/drift", 403),
    ],
)
def test_no_page_of_somebody_violates_a_rule(
    known: Callable[..., Page],
    place: Place,
    who: str,
    address: str,
    status: int,
    english: bool,
    picture: Callable[[Page, str], None],
) -> None:
    page = known(who, english=english)
    answer = page.goto(f"{place.address}{address}")
    assert answer is not None
    assert answer.status == status
    open_all(page)
    assert violations(page) == []
    picture(page, f"{'en' if english else 'da'}-{who.split()[0].lower()}{re.sub(r'[/?=]', '-', address)}")


@pytest.mark.parametrize("english", [False, True], ids=["danish", "english"])
@pytest.mark.parametrize(
    ("filter", "number"),
    [("open", 0), ("open", 1), ("due_today", 0), ("open", 3), ("open", -1), ("closed", 0)],
)
def test_no_task_violates_a_rule_whatever_state_it_is_in(
    known: Callable[..., Page], place: Place, filter: str, number: int, english: bool
) -> None:
    page = known(FREJA, english=english)
    page.goto(f"{place.address}/opgaver?vis={filter}")
    reference = page.locator(".fv-reference").nth(number).inner_text()
    page.goto(f"{place.address}/opgaver/{reference}")
    open_all(page)
    assert violations(page) == []


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
    page = reader(HANNE, width=width)
    page.goto(f"{place.address}/drift")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    open_all(page)
    assert violations(page) == []
    page = reader(FREJA, width=width)
    for address in ("/opgaver", "/overblik", "/overblik/rapport"):
        page.goto(f"{place.address}{address}")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), address
        assert violations(page) == []
    page.goto(f"{place.address}/opgaver")
    follow(page.locator(".fv-reference").first)
    open_all(page)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert violations(page) == []


@pytest.mark.parametrize("width", [320, 768, 1280])
@pytest.mark.parametrize(("who", "address", "labels"), [(FREJA, "/overblik", 6), (HANNE, "/drift", 3)])
def test_the_letters_of_a_plot_keep_their_size_and_stand_apart_in_any_window(
    reader: Reader,
    place: Place,
    picture: Callable[[Page, str], None],
    who: str,
    address: str,
    labels: int,
    width: int,
) -> None:
    page = reader(who, width=width)
    page.goto(f"{place.address}{address}")
    picture(page, f"{address[1:]}-{width}")
    for plot in page.locator(".fv-plot").all():
        area = plot.bounding_box()
        boxes = [box for tick in plot.locator(".fv-tick").all() if (box := tick.bounding_box())]
        assert area is not None
        assert len(boxes) >= labels + 5
        assert min(box["height"] for box in boxes) >= 12
        assert min(box["x"] for box in boxes) >= area["x"]
        weeks = sorted((box for box in boxes if box["y"] > area["y"] + 215), key=lambda box: box["x"])
        assert len(weeks) >= labels
        assert all(left["x"] + left["width"] + 4 <= right["x"] for left, right in itertools.pairwise(weeks))


def test_errors_and_opened_data_violate_no_rule(reader: Reader) -> None:
    page = reader("Anna Holm")
    follow(page.locator(".fv-reference").last)
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
