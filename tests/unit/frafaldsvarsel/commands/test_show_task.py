"""A task's history is told in words, whatever has happened to it."""

from dataclasses import fields
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from frafaldsvarsel.commands.show_task import sentence, task_answer
from ledger.queries.listing_rows import TaskHistoryLine, TaskListing
from models.audit_kind import AuditKind
from models.tasks.actions import (
    Acknowledge,
    Action,
    Close,
    ContactAttempt,
    ContactForm,
    Ending,
    HandOver,
    HandOverReason,
    Initiative,
    NoInitiative,
    Release,
    Reopen,
    ReopenReason,
    Take,
)

AT = datetime(2026, 10, 5, 7, 30, tzinfo=UTC)


def line(
    kind: str, detail: dict[str, Any], *, by: str = "service", successor: str | None = None
) -> TaskHistoryLine:
    return TaskHistoryLine(
        at=AT, by=by, kind=kind, who=None, via=None, detail=detail, successor=successor, line=1
    )


@pytest.mark.parametrize(
    ("deed", "said"),
    [
        (Acknowledge(), "seen"),
        (Take(), "taken"),
        (Release(), "given back"),
        (
            ContactAttempt(at=AT, form=ContactForm.DIGITAL_POST, reached=False),
            "contact sought, digital post, 2026-10-05 09:30: not reached",
        ),
        (
            ContactAttempt(at=AT, form=ContactForm.PHONE, reached=True),
            "contact sought, phone, 2026-10-05 09:30: reached",
        ),
        (
            Close(
                ending=Ending.CONTACT_MADE, initiatives=(Initiative.MENTOR, Initiative.INSTITUTION_MEETING)
            ),
            "closed: contact made; mentor; institution meeting",
        ),
        (
            Close(
                ending=Ending.CONTACT_MADE,
                initiatives=(Initiative.NONE,),
                none_because=NoInitiative.HELPED_BY_OTHERS,
            ),
            "closed: contact made; none (helped by others)",
        ),
        (Close(ending=Ending.NOT_REACHED), "closed: not reached"),
        (Reopen(reason=ReopenReason.CONTACT_LOST), "opened again: contact lost"),
        (
            HandOver(to_unit="jc-0751", reason=HandOverReason.WRONG_UNIT),
            "handed over to jc-0751: wrong unit, there FV-1",
        ),
    ],
)
def test_every_deed_has_its_sentence(deed: Action, said: str) -> None:
    detail = deed.model_dump(mode="json", exclude={"kind"}, exclude_none=True)
    successor = "FV-1" if isinstance(deed, HandOver) else None
    assert sentence(line(deed.kind, detail, by="person", successor=successor)) == said


@pytest.mark.parametrize("kind", [kind for kind in AuditKind if kind.startswith(("task_", "message_"))])
def test_what_the_projection_writes_about_a_task_has_its_sentence(kind: AuditKind) -> None:
    said = sentence(line(kind, {"unit": "jc-0101", "to": "jc-0751", "reason": "after_window"}))
    assert said
    assert said != kind.replace("_", " ")
    assert "{" not in said


@pytest.mark.parametrize("kind", ["task_opened", "task_reopened", "task_handed_over"])
def test_a_hand_over_by_a_person_is_told_as_one(kind: str) -> None:
    said = sentence(line(kind, {"unit": "jc-0751", "to": "jc-0751", "act": "an id"}))
    assert said in ("taken over from another unit", "no longer this unit's: jc-0751 has it")


def test_what_is_not_known_is_told_by_its_name() -> None:
    """Nothing in the history is left out because nobody has found words for it."""
    assert sentence(line("step_fired", {})) == "step fired"
    assert sentence(line("delivery_refused", {})) == "delivery refused"


def test_the_object_holds_what_programs_and_people_read() -> None:
    task = TaskListing(
        task_id=UUID(int=1), reference="FV-1", unit="jc-0101", status="open", ending=None, react_by=AT.date(),
        mentor_until=None, appended_at=AT, opened_at=AT, closed_at=None, acknowledged_at=None, owner=None, attempts=0,
        reached_at=None, version=1, follows=None, messages=1, message_ids=["one"], delivered=0, waiting=1,
    )  # fmt: skip
    told = task_answer(task, [line("task_opened", {"unit": "jc-0101"})])
    assert told.reference == "FV-1"
    assert [field.name for field in fields(told.history[0])] == [
        "at", "by", "who", "via", "kind", "detail", "said",
    ]  # fmt: skip
