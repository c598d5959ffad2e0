"""The list is sorted and narrowed, on a wide screen and on a phone, and what it holds is on the first screen."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Reader, follow
from tests.browser.test_accessible import violations
from tests.browser.world import CPR

Picture = Callable[..., None]


def narrow(page: Page, **chosen: str) -> None:
    """Choose by the visible name, and show."""
    if not page.locator(".fv-narrow[open]").count():
        page.locator(".fv-narrow > summary").click()
    for label, option in chosen.items():
        page.get_by_label(label, exact=True).select_option(label=option)
    follow(page.locator(".fv-narrow").get_by_role("button"))


@pytest.mark.parametrize(("width", "height"), [(1280, 900), (390, 844)])
def test_the_first_task_stands_on_the_first_screen(
    reader: Reader, picture: Picture, width: int, height: int
) -> None:
    page = reader("Anna Holm", width=width)
    page.set_viewport_size({"width": width, "height": height})
    picture(page, f"list-{width}", whole=False)
    box = page.locator(".fv-reference").first.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] < height
    assert violations(page) == []


@pytest.mark.parametrize("width", [1280, 390])
def test_open_tasks_are_narrowed_and_sorted(reader: Reader, picture: Picture, width: int) -> None:
    page = reader("Anna Holm", width=width)
    whole = page.locator(".fv-reference").all_inner_texts()
    narrow(page, Alvor="Høj alvor")
    grave = page.locator(".fv-reference").all_inner_texts()
    assert grave
    assert set(grave) < set(whole)
    assert page.locator(".fv-tasks .fv-high").count() >= len(grave)
    picture(page, f"narrowed-{width}")
    assert violations(page) == []
    follow(page.get_by_role("link", name="Vis alle efter dato"))
    narrow(page, **{"Sortér efter": "Alvor, den højeste først"})
    by_severity = page.locator(".fv-reference").all_inner_texts()
    assert sorted(by_severity) == sorted(whole)
    assert by_severity[: len(grave)] == grave
    assert violations(page) == []


@pytest.mark.parametrize("width", [1280, 390])
def test_a_cpr_with_a_dash_is_searched_for_a_purpose_and_stands_in_no_address(
    reader: Reader, picture: Picture, width: int
) -> None:
    page = reader("Anna Holm", width=width)
    page.locator(".fv-search > summary").click()
    typed = f"{CPR[:6]}–{CPR[6:]}"
    page.get_by_label("Søg på opgavens nummer eller CPR-nummer").fill(typed)
    page.locator(".fv-search").get_by_role("button", name="Søg").click()
    expect(page.locator("#q-error")).to_contain_text("Vælg, hvad du skal bruge opgaven til")
    expect(page.locator("#q")).to_have_value("")
    picture(page, f"search-fault-{width}", whole=False)
    assert violations(page) == []
    page.locator("#q").fill(typed)
    page.get_by_label("Formål, når du søger på CPR-nummer").select_option(label="Kontakt til den unge")
    page.locator(".fv-search").get_by_role("button", name="Søg").click()
    expect(page.locator("h1")).to_be_visible()
    assert CPR[6:] not in page.url


@pytest.mark.parametrize("width", [1280, 390])
def test_after_taking_a_task_the_next_step_is_to_open_and_to_record(
    reader: Reader, picture: Picture, width: int
) -> None:
    page = reader("Anna Holm", width=width)
    follow(page.locator("tr", has=page.locator('input[name="task"]')).first.locator(".fv-reference"))
    page.get_by_role("button", name="Tag opgaven").click()
    expect(page.get_by_text("Næste skridt: Åbn oplysningerne om den unge")).to_be_visible()
    picture(page, f"taken-{width}")
    order = page.locator(".fv-acts").inner_text()
    assert order.index("Næste skridt") < order.index("Registrér kontaktforsøg") < order.index("Slip opgaven")
    expect(page.locator("#person-purpose")).to_be_visible()
    assert violations(page) == []


@pytest.mark.parametrize("width", [1280, 390])
def test_figures_tell_of_how_many_cases(reader: Reader, picture: Picture, width: int) -> None:
    page = reader("Freja Lund", width=width)
    page.goto(page.url.partition("/opgaver")[0] + "/overblik")
    expect(page.locator(".fv-tiles")).to_contain_text("kontakter")
    picture(page, f"figures-{width}")
    assert violations(page) == []


@pytest.mark.parametrize("width", [1280, 390])
def test_choose_all_stands_beside_its_button(reader: Reader, width: int) -> None:
    page = reader("Anna Holm", width=width)
    box, button = (
        page.locator(".fv-below").locator(each).bounding_box() for each in ("label[for=all]", "button")
    )
    assert box is not None
    assert button is not None
    assert abs(box["y"] - button["y"]) < 80


@pytest.mark.parametrize("width", [1280, 390])
def test_released_figures_stand_on_the_width_and_lead_back(
    reader: Reader, picture: Picture, width: int
) -> None:
    page = reader("Freja Lund", width=width)
    page.goto(page.url.partition("/opgaver")[0] + "/overblik/rapport")
    cut = "found => found.filter(one => one.scrollWidth > one.clientWidth).map(one => one.ariaLabel)"
    assert page.locator(".fv-released .fv-table").evaluate_all(cut) == []
    picture(page, f"released-{width}", whole=False)
    assert violations(page) == []
    follow(page.locator(".back-link"))
    expect(page.locator("h1")).to_have_text("Overblik")


def test_a_reader_of_several_units_sees_where_a_colleague_works(reader: Reader) -> None:
    reader("Anna Holm")
    page = reader("Freja Lund")
    page.goto(page.url.partition("/opgaver")[0] + "/fravaer")
    expect(page.locator("#stand-in")).to_contain_text("Anna Holm · Jobcenter København")
