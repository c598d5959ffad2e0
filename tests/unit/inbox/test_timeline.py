"""The history as people tell it: the latest first, in the reader's language, and nothing that says nothing."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from inbox.timeline import latest_notes, timeline
from inbox.translations import Language, words
from ledger.queries.task_detail import HistoryEntry, TaskFields, TaskView
from models.tasks.actions import (
    Action,
    Close,
    ContactAttempt,
    ContactForm,
    Ending,
    Initiative,
    NoInitiative,
    Note,
    Take,
)
from models.tasks.notes import NoteCode
from models.tasks.status import TaskStatus

NOON = datetime(2026, 10, 7, 10, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Names:
    """Plain names."""

    def unit_name(self, unit_id: str) -> str:
        """Of a unit."""
        return f"Unit {unit_id}"

    def institution_name(self, number: str) -> str:
        """Of an institution."""
        return f"School {number}"


def entry(kind: str, minutes: int, **changes: Any) -> HistoryEntry:
    """A line of the ledger."""
    fields: dict[str, Any] = {
        "at": NOON + timedelta(minutes=minutes),
        "kind": kind,
        "by_name": None,
        "via": None,
        "deed": None,
        "sender": None,
        "message_id": None,
        "detail": {},
    }
    return HistoryEntry(**fields | changes)


def deed(what: Action, minutes: int, via: str = "page") -> HistoryEntry:
    """What Anna did."""
    return entry(what.kind, minutes, deed=what, by_name="Anna", via=via)


def told(*history: HistoryEntry, language: Language = Language.ENGLISH) -> list[str]:
    """The lines."""
    fields = TaskFields(
        id=uuid4(), reference="FV-0000-0000-0000", unit_id="a", enrolment_id="e", status=TaskStatus.OPEN,
        version=1, react_by=NOON.date(), appended_at=NOON, opened_at=NOON, changed_at=NOON, mentor_until=None,
        acknowledged_at=None, acknowledged_by=None, owner_id=None, owner_name=None, attempts=0, reached_at=None,
        closed_at=None, ending=None,
    )  # fmt: skip
    view = TaskView(
        task=fields, previous=None, open_beside=None, messages=(), history=history, deliveries=(), steps=()
    )
    return [line.text for line in timeline(view, words(language), Names())]


def test_the_latest_stands_first_and_who_did_it_is_told() -> None:
    assert told(
        entry("task_opened", 0, sender="900101", detail={"unit": "a"}),
        deed(Take(), 1),
        deed(ContactAttempt(at=NOON, form=ContactForm.PHONE, reached=False), 2),
        deed(ContactAttempt(at=NOON, form=ContactForm.VIDEO, reached=True), 3),
        deed(Close(ending=Ending.CONTACT_MADE, initiatives=(Initiative.MENTOR,)), 4),
    ) == [
        "Closed the task: contact made, decided on mentor",
        "Made contact: video, 7 October 2026 at 12:00",
        "Sought contact in vain: phone, 7 October 2026 at 12:00",
        "Took the task",
        "The task was opened by a message from School 900101",
    ]


def test_nothing_started_is_told_with_its_reason_and_not_reached_as_such() -> None:
    none = Close(
        ending=Ending.CONTACT_MADE, initiatives=(Initiative.NONE,), none_because=NoInitiative.NOT_WANTED
    )
    assert told(deed(none, 1), language=Language.DANISH) == [
        "Lukkede opgaven: kontakt skabt, intet sat i gang, den unge ønsker det ikke"
    ]
    assert told(deed(Close(ending=Ending.NOT_REACHED), 1)) == [
        "Closed the task: the young person was not reached"
    ]


def test_a_task_that_was_handed_over_is_told_as_such_on_both_sides() -> None:
    assert told(entry("task_handed_over", 0, detail={"to": "b"})) == ["From now on the task is with Unit b"]
    assert told(entry("task_opened", 0, detail={"unit": "a"})) == [
        "The task was taken over from another unit"
    ]


def test_an_opening_is_told_with_its_purpose() -> None:
    opened = entry("opened", 0, by_name="Anna", via="page", detail={"purpose": "contact_person"})
    assert told(opened) == ["Opened the young person's data: contact with the young person"]


def test_a_revision_and_a_kind_that_is_not_known_are_passed_over() -> None:
    assert told(entry("decided", 0), entry("something_new", 1)) == []


def test_a_message_that_no_longer_counts_is_told_with_its_reason() -> None:
    left = entry("message_left", 0, sender="900101", detail={"reason": "withdrawn"})
    assert told(left) == ["A message from School 900101 no longer counts. The institution has withdrawn it."]


def test_a_note_is_told_and_each_code_stands_once_the_latest_first() -> None:
    waits, see = Note(note=NoteCode.AWAITS_PERSON), Note(note=NoteCode.SEE_CASE_SYSTEM)
    lines = (deed(waits, 3), deed(see, 2), deed(see, 1), deed(waits, 0), deed(Take(), 4))
    assert told(lines[0]) == ["Noted: Awaits an answer from the young person"]
    assert [(note.note, note.at) for note in latest_notes(lines)] == [
        (NoteCode.AWAITS_PERSON, NOON + timedelta(minutes=3)),
        (NoteCode.SEE_CASE_SYSTEM, NOON + timedelta(minutes=2)),
    ]
