"""A case worker's day, in both languages: a list of one's own, dates that move no duty, a stand-in, and an export."""

import csv
import io
from collections.abc import Callable
from datetime import timedelta

import psycopg
import pytest
from playwright.sync_api import Page, expect

from inbox.translations import Language, Translations, words
from models.calendar import copenhagen_date
from tests.browser.conftest import Reader, follow
from tests.browser.place import Place
from tests.browser.test_accessible import violations
from tests.browser.world import COPENHAGEN, CPR, now

Picture = Callable[..., None]
BOTH = pytest.mark.parametrize("language", Language)
ANNA = "Anna Holm"
REACH_NOBODY = """
UPDATE deliveries SET status = 'exhausted', channel = CASE WHEN occasion = 'new' THEN 'webhook' ELSE channel END
WHERE id IN (SELECT d.id FROM deliveries d JOIN tasks t ON t.id = d.task_id AND t.unit_id = d.unit_id
             WHERE d.unit_id = %s AND d.status = 'delivered' ORDER BY d.occasion, d.id LIMIT 2)
"""


def go_through(page: Page, summary: str) -> None:
    """Open a panel by its heading, with the keyboard."""
    panel = page.locator("details > summary", has_text=summary).first
    panel.focus()
    if panel.locator("..").get_attribute("open") is None:
        page.keyboard.press("Enter")


def narrow(page: Page, say: Translations, **chosen: str) -> None:
    """Choose by value, and show."""
    go_through(page, say("narrow.open"))
    for field, value in chosen.items():
        page.locator(f"#{field}").select_option(value=value)
    follow(page.locator(".fv-narrow-row button"))


@BOTH
@pytest.mark.parametrize("script", [True, False])
def test_a_list_of_ones_own_is_saved_found_again_and_dropped(
    reader: Reader, picture: Picture, language: Language, script: bool
) -> None:
    say = words(language)
    page = reader(ANNA, english=language is Language.ENGLISH, script=script)
    narrow(page, say, alvor="high", uddannelse="eud")
    expect(page.locator(".fv-fitting")).to_be_visible()
    lines = page.locator(".fv-reference").all_inner_texts()
    page.get_by_label(say("view.name")).fill("010101-1234")
    page.get_by_role("button", name=say("view.save")).click()
    expect(page.locator("#name-error")).to_contain_text(say("view.fault.number"))
    if script:
        assert violations(page) == []
    page.get_by_label(say("view.name")).fill(f"Grave {language} {script}")
    page.get_by_role("button", name=say("view.save")).click()
    expect(page.locator("#said")).to_contain_text(say("said.view_saved"))
    page.goto(page.url.partition("?")[0])
    link = page.locator(".fv-views").get_by_role("link", name=f"Grave {language} {script}")
    follow(link)
    assert page.locator(".fv-reference").all_inner_texts() == lines
    assert "uddannelse=eud" in page.url
    expect(link).to_have_attribute("aria-current", "page")
    if script:
        picture(page, f"day-view-{language}")
        assert violations(page) == []
        page.set_viewport_size({"width": 390, "height": 844})
        picture(page, f"day-view-{language}-390")
        assert violations(page) == []
    page.get_by_role("button", name=say("view.drop")).click()
    expect(page.locator("#said")).to_contain_text(say("said.view_dropped"))
    expect(page.get_by_role("link", name=f"Grave {language} {script}")).to_have_count(0)


@BOTH
def test_a_date_of_ones_own_reminds_oneself_alone(
    reader: Reader, picture: Picture, language: Language
) -> None:
    say = words(language)
    english = language is Language.ENGLISH
    page = reader(ANNA, english=english)
    reference = page.locator(".fv-reference").first.inner_text()
    follow(page.locator(".fv-reference").first)
    target = page.locator(".fv-target-day").inner_text()
    go_through(page, say("follow_up.put"))
    page.get_by_label(say("follow_up.day")).fill(str(copenhagen_date(now()) + timedelta(days=9)))
    picture(page, f"day-follow-up-{language}")
    follow(page.get_by_role("button", name=say("follow_up.button")))
    expect(page.locator("#said")).to_be_visible()
    assert page.locator(".fv-target-day").inner_text() == target
    assert violations(page) == []
    go_through(page, say("follow_up.of", day="").strip())
    page.get_by_label(say("follow_up.day")).fill(str(copenhagen_date(now())))
    page.get_by_role("button", name=say("follow_up.move"), exact=True).click()
    expect(page.locator("#said")).to_be_visible()
    follow(page.get_by_role("link", name=say("task.back")))
    due = page.locator(".fv-due")
    expect(due).to_contain_text(reference)
    follow(page.get_by_role("link", name=say("follow_up.mine")))
    assert page.locator(".fv-reference").all_inner_texts() == [reference]
    picture(page, f"day-followed-{language}")
    assert violations(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    picture(page, f"day-followed-{language}-390")
    colleague = reader("Bilal Aydin", english=english)
    expect(colleague.locator(".fv-due")).to_have_count(0)
    page.set_viewport_size({"width": 1280, "height": 900})
    follow(page.locator(".fv-reference").first)
    go_through(page, say("follow_up.of", day="").strip())
    page.get_by_role("button", name=say("follow_up.drop"), exact=True).click()
    expect(page.locator("#said")).to_contain_text(say("said.follow_up_dropped"))
    follow(page.get_by_role("link", name=say("task.back")))
    expect(page.locator(".fv-due")).to_have_count(0)


@BOTH
def test_a_stand_in_is_named_seen_at_the_task_and_ended(
    reader: Reader, picture: Picture, language: Language
) -> None:
    say = words(language)
    english = language is Language.ENGLISH
    colleague = reader("Bilal Aydin", english=english)
    page = reader(ANNA, english=english)
    follow(page.locator(".fv-reference").last)
    reference = page.locator("h1").inner_text().split()[-1]
    follow(page.get_by_role("button", name=say("acts.take"), exact=True))
    follow(page.get_by_role("link", name=say("page.absence")))
    page.get_by_role("button", name=say("absence.button")).click()
    page.get_by_label(say("absence.last_day")).fill(str(copenhagen_date(now()) + timedelta(days=4)))
    page.get_by_role("button", name=say("absence.button")).click()
    expect(page.locator("#stand-in-error")).to_be_visible()
    assert violations(page) == []
    page.locator("#stand-in").select_option(label="Bilal Aydin")
    page.get_by_role("button", name=say("absence.button")).click()
    expect(page.locator("#said")).to_contain_text(say("said.stand_in_set"))
    picture(page, f"day-absence-{language}")
    assert violations(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    picture(page, f"day-absence-{language}-390")
    assert violations(page) == []
    page.set_viewport_size({"width": 1280, "height": 900})
    colleague.reload()
    follow(colleague.get_by_role("link", name=say("absence.you_stand_in", names=ANNA)))
    expect(colleague.locator(".fv-owner").first).to_contain_text("Bilal Aydin")
    assert reference in colleague.locator(".fv-reference").all_inner_texts()
    picture(colleague, f"day-stands-in-{language}")
    assert violations(colleague) == []
    follow(colleague.get_by_role("link", name=reference))
    expect(colleague.locator(".fv-away")).to_contain_text("Bilal Aydin")
    picture(colleague, f"day-away-task-{language}", whole=False)
    page.get_by_role("button", name=say("absence.end")).click()
    expect(page.locator("#said")).to_contain_text(say("said.stand_in_ended"))
    expect(page.get_by_text(say("absence.nobody"))).to_be_visible()
    page.goto(page.url.partition("/fravaer")[0] + f"/opgaver/{reference}")
    follow(page.get_by_role("button", name=say("acts.release")))


@BOTH
@pytest.mark.parametrize("script", [True, False])
def test_the_list_is_exported_and_a_cpr_for_a_purpose_alone(
    reader: Reader, picture: Picture, language: Language, script: bool
) -> None:
    say = words(language)
    page = reader(ANNA, english=language is Language.ENGLISH, script=script)
    narrow(page, say, alvor="high")
    lines = page.locator(".fv-reference").all_inner_texts()

    def file() -> list[list[str]]:
        go_through(page, say("export.open"))
        with page.expect_download() as got:
            page.get_by_role("button", name=say("export.button")).click()
        text = got.value.path().read_text("utf-8-sig")
        return list(csv.reader(io.StringIO(text), delimiter=";"))

    head, *rows = file()
    assert head[0] == say("export.column.reference")
    assert [row[0] for row in rows] == lines
    assert CPR[6:] not in str(rows)
    page.get_by_label(say("export.cpr")).check()
    page.get_by_role("button", name=say("export.button")).click()
    expect(page.locator("#export-error")).to_contain_text(say("export.fault.purpose"))
    if script:
        picture(page, f"day-export-{language}")
        assert violations(page) == []
    page.get_by_label(say("export.cpr")).check()
    page.get_by_label(say("export.purpose")).select_option(value="case_record")
    head, *rows = file()
    assert head[-1] == say("export.column.cpr")
    assert {row[-1] for row in rows} == {f"{CPR[:6]}-{CPR[6:]}"}
    follow(page.locator(".fv-reference").first)
    expect(page.locator("main")).to_contain_text(say("purpose.case_record"))


@BOTH
@pytest.mark.parametrize("script", [True, False])
def test_several_tasks_are_taken_at_once_and_what_fails_is_named(
    reader: Reader, picture: Picture, language: Language, script: bool
) -> None:
    say = words(language)
    page = reader(ANNA, english=language is Language.ENGLISH, script=script)
    page.goto(page.url.partition("?")[0] + "?institution=900101")
    follow(page.get_by_role("link", name=say("several.open")))
    page.get_by_role("button", name=say("several.button")).click()
    expect(page.locator("#faults")).to_contain_text(say("several.nothing"))
    reached = page.locator("input[value=contact_made]")
    expect(reached).to_have_count(1)
    page.locator("label[for^=contact_made-]").click()
    page.locator("label[for^=take-]").first.click()
    page.get_by_role("button", name=say("several.button")).click()
    faults = page.locator("#faults")
    expect(faults).to_contain_text(say("fault.initiative"))
    expect(faults).to_contain_text(say("several.stands"))
    taken = faults.locator("p a").first.inner_text()
    if script:
        picture(page, f"day-several-{language}")
        assert violations(page) == []
        page.set_viewport_size({"width": 390, "height": 844})
        picture(page, f"day-several-{language}-390")
        assert violations(page) == []
    page.goto(page.url.partition("/opgaver")[0] + f"/opgaver/{taken}")
    follow(page.get_by_role("button", name=say("acts.release")))
    expect(page.locator("#said")).to_contain_text(say("said.release"))


@BOTH
def test_a_note_is_a_code_that_a_colleague_finds_on_the_task(
    reader: Reader, picture: Picture, language: Language
) -> None:
    say = words(language)
    english = language is Language.ENGLISH
    page = reader(ANNA, english=english)
    follow(page.locator(".fv-reference").first)
    reference = page.locator("h1").inner_text().split()[-1]
    target = page.locator(".fv-target-day").inner_text()
    go_through(page, say("note.put"))
    page.get_by_role("button", name=say("note.button")).click()
    page.locator("label[for=note-code-awaits_institution]").click()
    picture(page, f"day-note-{language}")
    page.get_by_role("button", name=say("note.button")).click()
    expect(page.locator("#said")).to_contain_text(say("said.note"))
    assert page.locator(".fv-target-day").inner_text() == target
    expect(page.locator(".fv-timeline")).to_contain_text(
        say("history.note", note=say("note.awaits_institution"))
    )
    assert violations(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    picture(page, f"day-noted-{language}-390", whole=False)
    assert violations(page) == []
    colleague = reader("Bilal Aydin", english=english)
    colleague.goto(colleague.url.partition("/opgaver")[0] + f"/opgaver/{reference}")
    expect(colleague.locator(".fv-notes")).to_contain_text(say("note.awaits_institution"))
    expect(colleague.locator(".fv-notes")).to_contain_text(ANNA)


@BOTH
def test_the_units_mails_and_webhooks_are_seen_and_one_that_reached_nobody_goes_again(
    reader: Reader, picture: Picture, language: Language, place: Place
) -> None:
    say = words(language)
    with psycopg.connect(place.database, autocommit=True) as connection:
        connection.execute(REACH_NOBODY, (COPENHAGEN,))
    page = reader(ANNA, english=language is Language.ENGLISH)
    follow(page.get_by_role("link", name=say("page.notices"), exact=True))
    rows = page.locator(".fv-sent tbody tr")
    failed = rows.count()
    assert failed >= 2
    picture(page, f"day-notices-{language}")
    assert violations(page) == []
    follow(page.get_by_role("link", name=say("notices.all"), exact=True))
    expect(page.get_by_role("link", name=say("notices.all"), exact=True)).to_have_attribute(
        "aria-current", "page"
    )
    assert rows.count() > failed
    picture(page, f"day-notices-all-{language}")
    assert violations(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    picture(page, f"day-notices-all-{language}-390", whole=False)
    assert violations(page) == []
    follow(page.get_by_role("link", name=say("notices.failed"), exact=True))
    follow(page.get_by_role("button", name=say("notices.again")).first)
    expect(page.locator("#said")).to_contain_text(say("said.sent_again"))
    assert rows.count() == failed - 1


@BOTH
def test_the_list_says_what_a_colleague_has_done_since_one_looked(
    reader: Reader, picture: Picture, language: Language
) -> None:
    say = words(language)
    english = language is Language.ENGLISH
    page = reader(ANNA, english=english)
    follow(page.locator(".fv-reference").nth(2))
    reference = page.locator("h1").inner_text().split()[-1]
    colleague = reader("Bilal Aydin", english=english)
    colleague.goto(colleague.url.partition("/opgaver")[0] + f"/opgaver/{reference}")
    go_through(colleague, say("note.put"))
    colleague.locator("label[for=note-code-meeting_arranged]").click()
    colleague.get_by_role("button", name=say("note.button")).click()
    expect(colleague.locator("#said")).to_contain_text(say("said.note"))
    follow(colleague.get_by_role("link", name=say("task.back")))
    row = f"tr:has(.fv-reference:text-is('{reference}')) .fv-changed"
    expect(colleague.locator(row)).to_have_count(0)
    follow(page.get_by_role("link", name=say("task.back")))
    expect(page.locator(row)).to_contain_text(say("changed.note"))
    picture(page, f"day-changed-{language}", whole=False)
    assert violations(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert violations(page) == []
    follow(page.locator(f".fv-reference:text-is('{reference}')"))
    follow(page.get_by_role("link", name=say("task.back")))
    expect(page.locator(row)).to_have_count(0)
