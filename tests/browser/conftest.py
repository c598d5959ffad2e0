"""A real Chromium before the real inbox. Pictures of what it saw are kept in ``.pictures/``."""

import os
import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    expect,
    sync_playwright,
)

from tests.browser.place import Place, inbox
from tests.fixtures.databases import Databases
from tests.paths import ROOT

PICTURES = ROOT / ".pictures"
_PATIENCE_MS = 30_000

# Five seconds otherwise.
expect.set_options(timeout=_PATIENCE_MS)

Reader = Callable[..., Page]


def follow(leads_on: Locator) -> None:
    """Click what leads to another page, and wait until that one is whole: a test that reads without `expect`
    reads at once, and would read the page of before or half a list."""
    with leads_on.page.expect_navigation():
        leads_on.click()


@pytest.fixture(scope="module")
def place(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """An inbox with a unit's autumn in it, for the tests of one file."""
    with databases.empty() as url, inbox(tmp_path_factory.mktemp("inbox"), url) as running:
        yield running


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium."""
    program = shutil.which("chromium")
    if program is None:
        pytest.fail("Chromium is not on the PATH: run make browser.")
    with sync_playwright() as playwright:
        # Root has no sandbox of Chromium's; the pages are our own.
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def reader(chromium: Browser, place: Place) -> Iterator[Reader]:
    """`reader("Anna Holm")` → a page of somebody who has logged in; `None`: of nobody.

    A page that breaks its own policy or runs into a script error fails the test.
    """
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def complain(message: ConsoleMessage) -> None:
        # A status that a test asks for is told on the console too.
        if message.type == "error" and "Failed to load resource" not in message.text:
            complaints.append(message.text)

    def read(name: str | None, *, english: bool = False, script: bool = True, width: int = 1280) -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": 900},
            locale="da-DK",
            timezone_id="Europe/Copenhagen",
            java_script_enabled=script,
            reduced_motion="reduce",
        )
        contexts.append(context)
        context.set_default_timeout(_PATIENCE_MS)
        page = context.new_page()
        page.on("console", complain)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: _stays(request.url, place, complaints))
        page.goto(place.address)
        if english:
            follow(page.get_by_role("link", name="English"))
        if name is not None:
            follow(page.get_by_role("link", name="Log in" if english else "Log ind"))
            follow(page.get_by_role("link", name=name))
            page.get_by_text(name).wait_for()
        return page

    yield read
    for context in contexts:
        context.close()
    assert complaints == []


def _stays(address: str, place: Place, complaints: list[str]) -> None:
    """Nothing is fetched from another host than this machine's inbox and provider."""
    if not address.startswith(("http://127.0.0.1:", "data:")):
        complaints.append(f"asked {address.partition('?')[0]}")


@pytest.fixture
def picture() -> Callable[..., None]:
    """`picture(page, "tasks-da")` keeps what is seen; `whole=False`: the window alone."""
    PICTURES.mkdir(exist_ok=True)

    def keep(page: Page, name: str, *, whole: bool = True) -> None:
        page.screenshot(path=PICTURES / f"{name}.png", full_page=whole)

    return keep
