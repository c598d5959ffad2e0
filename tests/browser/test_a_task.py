"""A case worker does a whole task, in both languages, with script and without, and sees the numbers move."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Reader, follow
from tests.browser.world import CPR, TEXT

Words = dict[str, str]
DANISH: Words = {
    "mine": "Mine",
    "closed": "Lukkede",
    "take": "Tag opgaven",
    "taken": "Opgaven er din. Åbn oplysningerne om den unge, og registrér kontakten.",
    "attempt": "Registrér kontaktforsøg",
    "phone": "Telefon",
    "yes": "Ja",
    "record": "Registrér forsøget",
    "recorded": "Forsøget er registreret.",
    "made": "Kontakt skabt",
    "mentor": "Mentor",
    "close": "Luk opgaven",
    "done": "Opgaven er lukket. Godt arbejde.",
    "history": "Lukkede opgaven: kontakt skabt, besluttet mentor",
    "back": "Til opgaverne",
}
ENGLISH: Words = {
    "mine": "Mine",
    "closed": "Closed",
    "take": "Take the task",
    "taken": "The task is yours. Open the young person's data, and record the contact.",
    "attempt": "Record an attempt",
    "phone": "Phone",
    "yes": "Yes",
    "record": "Record the attempt",
    "recorded": "The attempt is recorded.",
    "made": "Contact made",
    "mentor": "Mentor",
    "close": "Close the task",
    "done": "The task is closed. Well done.",
    "history": "Closed the task: contact made, decided on mentor",
    "back": "To the tasks",
}


def number(page: Page, filter: str) -> int:
    """The number on a filter."""
    return int(page.locator(f'[data-count="{filter}"]').inner_text())


def panel(page: Page, name: str) -> None:
    """Open a panel that is not open yet."""
    if not page.locator(f"#{name}[open]").count():
        page.locator(f"#{name} > summary").click()


@pytest.mark.parametrize(
    ("words", "english", "script"),
    [(DANISH, False, True), (ENGLISH, True, True), (DANISH, False, False)],
    ids=["danish", "english", "without-script"],
)
def test_a_task_is_taken_tried_and_closed_and_the_numbers_move(
    reader: Reader, picture: Callable[[Page, str], None], words: Words, english: bool, script: bool
) -> None:
    page = reader("Anna Holm", english=english, script=script)
    name = f"{'en' if english else 'da'}{'' if script else '-without-script'}"
    picture(page, f"tasks-{name}")
    before = {each: number(page, each) for each in ("open", "mine", "closed")}
    # The first line of those that nobody has seen; each run takes another one.
    follow(page.locator("tr", has=page.locator('input[name="task"]')).last.locator(".fv-reference"))
    reference = page.locator("h1").inner_text()
    picture(page, f"task-{name}")

    page.get_by_role("button", name=words["take"]).click()
    expect(page.locator("#said")).to_have_text(words["taken"])
    panel(page, "attempt")
    attempt = page.locator("#attempt")
    attempt.get_by_label(words["phone"]).check()
    attempt.get_by_label(words["yes"]).check()
    attempt.get_by_role("button", name=words["record"]).click()
    expect(page.locator("#said")).to_have_text(words["recorded"])
    panel(page, "close")
    close = page.locator("#close")
    close.get_by_label(words["made"]).check()
    close.get_by_label(words["mentor"], exact=True).check()
    picture(page, f"close-{name}")
    close.get_by_role("button", name=words["close"]).click()
    expect(page.locator("#said")).to_have_text(words["done"])
    expect(page.locator(".fv-timeline li").first).to_contain_text(words["history"])
    picture(page, f"closed-{name}")

    follow(page.get_by_role("link", name=words["back"]))
    assert {each: number(page, each) for each in before} == {
        "open": before["open"] - 1,
        "mine": before["mine"],
        "closed": before["closed"] + 1,
    }
    follow(page.get_by_role("link", name=words["closed"]))
    expect(page.locator(".fv-reference").first).to_have_text(reference.split()[-1])


def test_what_names_the_person_is_opened_for_a_purpose_and_shown_once(
    reader: Reader, picture: Callable[[Page, str], None]
) -> None:
    page = reader("Bilal Aydin")
    follow(page.locator(".fv-reference").first)
    closed = page.content()
    assert CPR not in closed.replace("-", "")
    assert TEXT not in closed
    page.get_by_text("Åbn oplysningerne om den unge").click()
    page.get_by_role("button", name="Åbn og log").click()
    expect(page.locator("#faults")).to_contain_text("Vælg, hvad du skal bruge oplysningerne til.")
    expect(page.locator("#faults")).to_be_focused()
    page.get_by_label("Kontakt til den unge").check()
    page.get_by_role("button", name="Åbn og log").click()
    expect(page.locator(".fv-cpr")).to_have_text(f"{CPR[:6]}-{CPR[6:]}")
    expect(page.locator(".fv-quote")).to_have_text(TEXT)
    expect(page.locator(".fv-timeline li").first).to_contain_text(
        "Åbnede oplysningerne om den unge: kontakt til den unge"
    )
    assert CPR not in page.url
    picture(page, "person-da")
    # Chromium keeps no such page, and its address leads to the task as it was.
    page.goto(page.url)
    expect(page.get_by_text("Åbn oplysningerne om den unge")).to_be_visible()
    assert CPR not in page.content().replace("-", "")


def test_several_tasks_are_acknowledged_at_once(reader: Reader) -> None:
    page = reader("Anna Holm")
    boxes = page.locator('input[name="task"]')
    there = boxes.count()
    for place in range(2):
        boxes.nth(place).check()
    expect(page.get_by_text("2 valgt")).to_be_visible()
    page.get_by_role("button", name="Kvittér for de valgte").click()
    expect(page.locator("#said")).to_have_text("Der er kvitteret for de valgte opgaver.")
    assert boxes.count() == there - 2


def test_one_box_chooses_all_on_the_page_and_tells_when_it_is_some(
    reader: Reader, picture: Callable[[Page, str], None]
) -> None:
    page = reader("Anna Holm")
    boxes = page.locator('input[name="task"]')
    there = boxes.count()
    assert there > 1
    every = page.get_by_label("Vælg alle på denne side", exact=True)
    every.focus()
    page.keyboard.press("Space")
    expect(page.locator('input[name="task"]:checked')).to_have_count(there)
    expect(page.get_by_text(f"{there} valgt")).to_be_visible()
    boxes.first.uncheck()
    expect(every).not_to_be_checked()
    assert every.evaluate("box => box.indeterminate")
    picture(page, "choose-all-da")
    boxes.first.check()
    expect(every).to_be_checked()
    every.uncheck()
    expect(page.locator('input[name="task"]:checked')).to_have_count(0)
    # Right before the button that it is for, which stays in sight beside it.
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Kvittér for de valgte")).to_be_focused()


def test_without_script_there_is_no_box_for_all(reader: Reader) -> None:
    page = reader("Anna Holm", script=False)
    expect(page.locator('input[name="task"]').first).to_be_visible()
    expect(page.locator("#all")).to_be_hidden()


def test_a_form_that_lacks_something_says_what_and_keeps_the_rest(reader: Reader) -> None:
    page = reader("Bilal Aydin")
    page.goto(page.url + "?vis=mine")
    follow(page.locator(".fv-reference").first)
    panel(page, "attempt")
    page.locator("#attempt").get_by_label("Video").check()
    page.locator("#attempt").get_by_role("button", name="Registrér forsøget").click()
    expect(page.locator("#faults")).to_be_focused()
    expect(page.locator("#faults li")).to_have_count(1)
    expect(page.locator("#attempt").get_by_label("Video")).to_be_checked()
    page.locator("#faults a").click()
    expect(page.locator("#attempt-reached-yes")).to_be_focused()


def test_a_task_that_another_has_changed_is_not_closed_by_what_was_seen_before(reader: Reader) -> None:
    anna, bilal = reader("Anna Holm"), reader("Bilal Aydin")
    for page in (anna, bilal):
        page.goto(page.url.partition("?")[0] + "?vis=due_today")
        follow(page.locator(".fv-reference").first)
    anna.get_by_role("button", name="Tag opgaven").click()
    expect(anna.locator("#said")).to_be_visible()
    bilal.get_by_role("button", name="Tag opgaven").click()
    expect(bilal.locator("#faults")).to_contain_text("Opgaven er ændret, siden du åbnede siden.")
    expect(bilal.get_by_text("Anna Holm arbejder med den", exact=True)).to_be_visible()


def test_the_back_button_brings_the_same_attempt_and_it_counts_once(reader: Reader) -> None:
    page = reader("Anna Holm")
    follow(page.locator("tr", has=page.locator('input[name="task"]')).last.locator(".fv-reference"))
    missed = page.locator(".fv-timeline").get_by_text("Søgte kontakt uden at træffe den unge")
    for said in ("Forsøget er registreret.", "Forsøget var allerede registreret og tæller én gang."):
        panel(page, "attempt")
        attempt = page.locator("#attempt")
        if said.startswith("Forsøget er"):
            attempt.get_by_label("Telefon").check()
            attempt.get_by_label("Nej", exact=True).check()
            given = [attempt.locator(f'input[name="{name}"]').input_value() for name in ("date", "time")]
        else:
            page.go_back()
            panel(page, "attempt")
            for name, value in zip(("date", "time"), given, strict=True):
                attempt.locator(f'input[name="{name}"]').fill(value)
            attempt.get_by_label("Telefon").check()
            attempt.get_by_label("Nej", exact=True).check()
        attempt.get_by_role("button", name="Registrér forsøget").click()
        expect(page.locator("#said")).to_have_text(said)
    expect(missed).to_have_count(1)


def test_a_list_that_has_changed_says_so_and_moves_nothing_under_the_reader(reader: Reader) -> None:
    anna, bilal = reader("Anna Holm"), reader("Bilal Aydin")
    first = anna.locator(".fv-reference").first.inner_text()
    bilal.goto(bilal.url.partition("?")[0] + "?vis=mine")
    follow(bilal.locator(".fv-reference").first)
    bilal.get_by_role("button", name="Slip opgaven").click()
    expect(bilal.locator("#said")).to_be_visible()
    # Coming back to a tab asks at once.
    anna.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(anna.locator("#news")).to_contain_text("Listen har ændret sig.")
    assert anna.locator(".fv-reference").first.inner_text() == first


def test_an_attempt_on_a_task_that_a_colleague_has_handed_over_is_not_recorded_and_nothing_is_to_correct(
    reader: Reader,
) -> None:
    anna, bilal = reader("Anna Holm"), reader("Bilal Aydin")
    follow(anna.locator("tr", has=anna.locator('input[name="task"]')).last.locator(".fv-reference"))
    bilal.goto(anna.url)
    panel(anna, "hand-over")
    anna.locator("#hand-over-unit").select_option(label="Jobcenter Aarhus")
    anna.locator("#hand-over").get_by_role("radio").first.check()
    anna.locator("#hand-over").get_by_role("button").click()
    expect(anna.locator("#said")).to_have_text("Opgaven er overdraget, og begge enheder får besked.")

    panel(bilal, "attempt")
    attempt = bilal.locator("#attempt")
    attempt.get_by_label("Telefon").check()
    attempt.get_by_label("Ja", exact=True).check()
    attempt.get_by_role("button", name="Registrér forsøget").click()
    expect(bilal.locator("#faults")).to_contain_text("Det blev ikke gjort")
    expect(bilal.locator("#faults")).to_contain_text("Opgaven er ikke åben længere.")
    expect(bilal.locator("#faults a")).to_have_count(0)
    expect(bilal.locator(".fv-badges")).to_contain_text("Overdraget")
