"""The words that are stored, published and shown: each is its member's name, in code, table and page."""

from enum import StrEnum
from types import ModuleType

import pytest

from models import audit_kind, dead_letter, reasons
from models.eligibility import compare_record, decision
from models.events import content, contract, event_types, receipt, sender, sensitive_fields
from models.notifications import cause, delivery, delivery_moves
from models.tasks import actions, escalation, published_events, reminder_diff, reminders, status

MODULES = (
    *(
        dead_letter,
        reasons,
        compare_record,
        decision,
        content,
        contract,
        event_types,
        receipt,
        sender,
        sensitive_fields,
    ),
    *(
        audit_kind,
        cause,
        delivery,
        delivery_moves,
        actions,
        escalation,
        published_events,
        reminder_diff,
        reminders,
        status,
    ),
)


def vocabularies(module: ModuleType) -> list[type[StrEnum]]:
    return [
        one
        for one in vars(module).values()
        if isinstance(one, type) and issubclass(one, StrEnum) and one.__module__ == module.__name__
    ]


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_a_word_is_its_members_name_in_small_letters(module: ModuleType) -> None:
    """Topics and kinds of events are written with hyphens; all else is written as it is named."""
    found = vocabularies(module)
    assert found
    for vocabulary in found:
        assert [one.value.replace("-", "_") for one in vocabulary] == [one.name.lower() for one in vocabulary]


def test_only_what_kafka_names_is_written_with_hyphens() -> None:
    """A reader of the database never has to know two ways of writing."""
    hyphenated = {
        one for module in MODULES for one in vocabularies(module) if any("-" in word.value for word in one)
    }
    assert hyphenated == {
        event_types.InputTopic,
        published_events.TaskChange,
        published_events.ReactionKind,
    }
