"""The pictures of README.md and docs/inbox.md: of the present version, with what the rules in force say.

`make pictures` takes them into docs/pictures.
"""

from collections.abc import Callable

from playwright.sync_api import expect

from config.reference.law import law_of
from models.calendar import copenhagen_date
from tests.browser.conftest import Reader, follow
from tests.browser.place import Place
from tests.browser.world import now
from tests.reference import SHIPPED

Picture = Callable[..., None]


def test_the_tasks(reader: Reader, picture: Picture) -> None:
    page = reader("Anna Holm", width=1200)
    expect(page.locator(".fv-reference").first).to_be_visible()
    picture(page, "inbox-tasks", whole=False)


def test_a_task_that_somebody_works_on(reader: Reader, picture: Picture) -> None:
    """It shows why there is a duty: by the rules of today, and with a benefit that exists today."""
    page = reader("Anna Holm", width=1200)
    follow(page.locator(".fv-reference").first)
    page.get_by_role("button", name="Tag opgaven").click()
    expect(page.locator("#said")).to_have_text(
        "Opgaven er din. Åbn oplysningerne om den unge, og registrér kontakten."
    )
    page.goto(page.url)
    rules = law_of(SHIPPED).rules_on(copenhagen_date(now()))
    assert rules is not None
    expect(page.get_by_text(f"Regelversion: {rules.version}").first).to_be_visible()
    expect(page.get_by_text("Kontanthjælp som uddannelsesparat").first).to_be_visible()
    assert "Uddannelseshjælp" not in page.content()
    if not page.locator("#attempt[open]").count():
        page.locator("#attempt > summary").click()
    page.set_viewport_size({"width": 1200, "height": 1250})
    page.evaluate("window.scrollTo(0, 0)")
    picture(page, "inbox-task", whole=False)


def test_what_a_manager_sees(reader: Reader, place: Place, picture: Picture) -> None:
    page = reader("Freja Lund", width=1200)
    page.goto(f"{place.address}/overblik")
    expect(page.locator(".fv-plot").first).to_be_visible()
    picture(page, "inbox-overview")
