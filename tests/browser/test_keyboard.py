"""The pages of daily work by the keyboard alone, in both languages: Tab comes to everything in the order in which it is
read, what has the focus is seen, nothing holds it fast, and a form that was refused has it at the fault."""

from itertools import groupby
from typing import Any, Final

import pytest
from playwright.sync_api import Page, expect

from inbox.translations import Language, Translations, words
from tests.browser.conftest import Reader
from tests.browser.place import Place
from tests.browser.releases import release
from tests.browser.test_a_day import BOTH, go_through

_PAGES: Final = {
    "/opgaver": "Anna Holm",
    "/opgaver/flere": "Anna Holm",
    "/fravaer": "Anna Holm",
    "/beskeder": "Anna Holm",
    "/beskeder?vis=alle": "Anna Holm",
    "/overblik": "Freja Lund",
    "/overblik/rapport": "Freja Lund",
}
_OPEN_ALL: Final = "document.querySelectorAll('details').forEach(each => each.open = true)"
_IN_ORDER: Final = """
() => [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, summary, [tabindex="0"]')]
    .filter(each => each.checkVisibility({visibilityProperty: true}) && !each.disabled && each.tabIndex >= 0)
    .filter(each => each.type !== 'radio' || each.checked
        || (!document.querySelector(`input[name="${each.name}"]:checked`)
            && each === document.querySelector(`input[name="${each.name}"]`)))
    .map(each => each.outerHTML.slice(0, 150))
"""
"""As a reader meets them; of radio buttons the one that Tab stops at."""
_FOCUSED: Final = """
() => {
    const one = document.activeElement, box = one.getBoundingClientRect(), style = getComputedStyle(one);
    const label = one.labels?.[0] && getComputedStyle(one.labels[0], '::before');
    const ring = [style, label].some(each => each && (
        (each.outlineStyle !== 'none' && parseFloat(each.outlineWidth) >= 2) || each.boxShadow !== 'none'));
    const covered = box.width > 2 && box.height > 2 ? document.elementFromPoint(
        Math.min(Math.max(box.x + Math.min(box.width / 2, 20), 0), innerWidth - 1), box.y + box.height / 2) : one;
    return {
        html: one.outerHTML.slice(0, 150), ring,
        seen: box.bottom > 0 && box.top < innerHeight,
        free: covered === null || one === covered || one.contains(covered) || covered.contains(one)
            || [...(one.labels ?? [])].some(each => each === covered || each.contains(covered)),
    };
}
"""


def tabbed(page: Page, most: int) -> list[dict[str, Any]]:
    """What has the focus after each Tab, from the page's beginning until it begins again."""
    page.evaluate("() => { document.activeElement?.blur(); scrollTo(0, 0); }")
    found: list[dict[str, Any]] = []
    for _ in range(most):
        page.keyboard.press("Tab")
        one = page.evaluate(_FOCUSED)
        if one["html"].startswith("<body") or (found and one["html"] == found[0]["html"]):
            break
        # A field for a date has a stop for each of its parts.
        if not found or one["html"] != found[-1]["html"]:
            found.append(one)
    return found


@BOTH
@pytest.mark.parametrize("address", _PAGES)
def test_tab_comes_to_everything_in_order_and_what_has_the_focus_is_seen(
    reader: Reader, place: Place, language: Language, address: str
) -> None:
    if address.endswith("rapport"):
        release(place.database)
    page = reader(_PAGES[address], english=language is Language.ENGLISH)
    page.goto(f"{place.address}{address}")
    page.evaluate(_OPEN_ALL)
    # Two notices of one task have the same link, one after the other.
    expected = [html for html, _ in groupby(page.evaluate(_IN_ORDER))]
    assert len(expected) > 8
    found = tabbed(page, 2 * len(expected) + 12)
    assert [one["html"] for one in found] == expected
    assert [one["html"] for one in found if not one["ring"]] == []
    assert [one["html"] for one in found if not one["seen"]] == []
    assert [one["html"] for one in found if not one["free"]] == []


def press(page: Page, say: Translations, key: str) -> None:
    """A button, by the keyboard."""
    page.get_by_role("button", name=say(key)).first.focus()
    page.keyboard.press("Enter")


@BOTH
def test_a_form_that_was_refused_has_the_focus_at_the_fault(
    reader: Reader, place: Place, language: Language
) -> None:
    say = words(language)
    page = reader("Anna Holm", english=language is Language.ENGLISH)
    page.goto(f"{place.address}/opgaver/flere")
    press(page, say, "several.button")
    expect(page.locator("#faults")).to_be_focused()
    page.goto(f"{place.address}/fravaer")
    page.get_by_label(say("absence.last_day")).fill("2020-01-01")
    press(page, say, "absence.button")
    expect(page.locator("#faults")).to_be_focused()
    page.goto(f"{place.address}/opgaver?alvor=high")
    go_through(page, say("narrow.open"))
    page.get_by_label(say("view.name")).fill("010101-1234")
    press(page, say, "view.save")
    expect(page.locator("#name")).to_be_focused()
    page.goto(f"{place.address}/opgaver")
    go_through(page, say("export.open"))
    page.get_by_label(say("export.cpr")).check()
    press(page, say, "export.button")
    expect(page.locator("#export-purpose")).to_be_focused()
