"""A form becomes a deed, or says field by field what must be mended."""

from datetime import UTC, datetime, timedelta

import pytest

from inbox.action_forms import READERS, BadForm, FieldFault, read_id, read_version
from inbox.forms import Form
from models.calendar import COPENHAGEN
from models.tasks.actions import (
    Action,
    Close,
    ContactAttempt,
    ContactForm,
    Ending,
    HandOver,
    HandOverReason,
    Initiative,
    NoInitiative,
    Note,
    Reopen,
    ReopenReason,
)
from models.tasks.notes import NoteCode


def read(kind: str, **fields: str | tuple[str, ...]) -> Action | BadForm:
    """What the form with these fields becomes."""
    return READERS[kind](
        Form({name: value if isinstance(value, tuple) else (value,) for name, value in fields.items()})
    )


def fields(found: Action | BadForm) -> list[str]:
    """The fields that must be mended."""
    assert isinstance(found, BadForm)
    return [fault.field for fault in found.faults]


@pytest.mark.parametrize(("day", "utc"), [("2026-07-01", 8), ("2026-12-01", 9)])
def test_an_attempts_time_is_copenhagens(day: str, utc: int) -> None:
    found = read("attempt", date=day, time="10:00", form="phone", reached="no")
    at = datetime.fromisoformat(day).replace(hour=utc, tzinfo=UTC)
    assert found == ContactAttempt(at=at, form=ContactForm.PHONE, reached=False)


@pytest.mark.parametrize(
    ("day", "typed", "minutes"),
    [
        ("2026-10-09", "18.20", 1100),
        ("2026-10-09", "18:20", 1100),
        ("2026-10-09", "18:20:00", 1100),
        ("2026-10-09", "18:20:00.000", 1100),
        ("2026-10-09", "kl. 18.20", 1100),
        ("2026-10-09", "Kl 18.20", 1100),
        ("2026-10-09", "1820", 1100),
        ("2026-10-09", "18", 1080),
        ("2026-10-09", "9.05", 545),
        ("9.10.2026", "18.20", 1100),
        ("9. 10. 2026", "18.20", 1100),
        ("09-10-2026", "18.20", 1100),
        ("9/10/2026", "00:00", 0),
    ],
)
def test_a_time_is_read_as_danes_write_it(day: str, typed: str, minutes: int) -> None:
    found = read("attempt", date=day, time=typed, form="phone", reached="no")
    at = datetime(2026, 10, 9, tzinfo=COPENHAGEN) + timedelta(minutes=minutes)
    assert found == ContactAttempt(at=at, form=ContactForm.PHONE, reached=False)


@pytest.mark.parametrize(
    ("day", "typed"),
    [
        ("2026-10-09", typed)
        for typed in (
            "",
            "24:00",
            "18.6",
            "18.60",
            "18,20",
            "18:20+02:00",
            "182",
            "18.20.2",
            "1 8",
            "١٨:٢٠",
            "T18:20",
        )
    ]
    + [
        (day, "18:20")
        for day in ("", "2026-W41-5", "20261009", "9.10.26", "10.13.2026", "2026-10-9", "9.2026")
    ],
)
def test_what_is_no_day_or_no_time_is_asked_for_again(day: str, typed: str) -> None:
    assert fields(read("attempt", date=day, time=typed, form="phone", reached="no")) == ["attempt-date"]


def test_an_empty_attempt_is_told_everything_at_once() -> None:
    assert fields(read("attempt")) == ["attempt-date", "attempt-form", "attempt-reached"]
    assert fields(read("attempt", date="2026-02-30", time="10:00", form="phone", reached="yes")) == [
        "attempt-date"
    ]


def test_contact_made_asks_for_a_decision_and_none_for_its_reason() -> None:
    made = "contact_made"
    assert read("close", ending=made, initiative=("mentor", "institution_meeting")) == Close(
        ending=Ending.CONTACT_MADE, initiatives=(Initiative.MENTOR, Initiative.INSTITUTION_MEETING)
    )
    assert read("close", ending=made, initiative="none", none_because="not_wanted") == Close(
        ending=Ending.CONTACT_MADE, initiatives=(Initiative.NONE,), none_because=NoInitiative.NOT_WANTED
    )
    assert fields(read("close")) == ["close-ending"]
    assert fields(read("close", ending="transferred")) == ["close-ending"]
    assert fields(read("close", ending=made)) == ["close-initiative"]
    assert fields(read("close", ending=made, initiative=("none", "mentor"))) == ["close-initiative"]
    assert fields(read("close", ending=made, initiative=("mentor", "mentor"))) == ["close-initiative"]
    assert fields(read("close", ending=made, initiative="none")) == ["close-because"]


def test_what_was_ticked_for_another_outcome_does_not_stand_in_the_way() -> None:
    """Without script every question is on the page."""
    assert read("close", ending="not_reached", initiative="mentor", none_because="not_wanted") == Close(
        ending=Ending.NOT_REACHED
    )
    assert read("close", ending="contact_made", initiative="mentor", none_because="not_wanted") == Close(
        ending=Ending.CONTACT_MADE, initiatives=(Initiative.MENTOR,)
    )


def test_a_hand_over_names_unit_and_reason_and_a_reopening_its_reason() -> None:
    assert read("hand_over", to_unit="jc-0751", reason="moved") == HandOver(
        to_unit="jc-0751", reason=HandOverReason.MOVED
    )
    assert fields(read("hand_over")) == ["hand-over-unit", "hand-over-reason"]
    assert fields(read("hand_over", to_unit="x" * 41, reason="moved")) == ["hand-over-unit"]
    assert read("reopen", reason="contact_lost") == Reopen(reason=ReopenReason.CONTACT_LOST)
    assert fields(read("reopen", reason="moved")) == ["reopen-reason"]


def test_a_note_is_one_of_the_codes_and_no_text() -> None:
    assert read("note", note="awaits_person") == Note(note=NoteCode.AWAITS_PERSON)
    for text in ("", "Awaits_person", "hun er syg"):
        assert read("note", note=text) == BadForm((FieldFault("note-code", "fault.note"),))


def test_an_id_that_is_none_is_no_deed() -> None:
    assert read_id("not an id") is None


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("", None),
        ("7", 7),
        ("-1", -1),
        ("0", -1),
        ("\u0663", -1),
        ("1.5", -1),
        ("9" * 30, -1),
        ("9" * 5000, -1),
    ],
)
def test_a_forms_version_is_a_number_that_a_task_can_have_or_none_that_fits(
    text: str, version: int | None
) -> None:
    assert read_version(text) == version
