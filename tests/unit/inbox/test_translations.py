"""Both languages say everything, with the same names in their sentences, and no page asks for what is not there."""

import re
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Final

import pytest

from inbox.render import HERE
from inbox.translations import Language, names_in, pairs, words
from ledger.queries.task_list import Filter
from models.events.contract import BenefitType, EducationType, Severity, Signal, TargetGroup
from models.events.sensitive_fields import OpenPurpose
from models.notifications.delivery import DeliveryStatus, Occasion, SendOutcome
from models.reasons import DecisionReason
from models.service_status import Level, StepName
from models.tasks.actions import (
    Action,
    ActionRefusal,
    ContactForm,
    Ending,
    HandOverReason,
    Initiative,
    NoInitiative,
    ReopenReason,
)
from models.tasks.notes import NoteCode

ASKED: Final = re.compile(r"""say(\.count)?\(\s*["']([a-z_.]+)["']\s*[,)]""")
CODED: Final[tuple[tuple[str, type[StrEnum]], ...]] = (
    ("form", ContactForm),
    ("initiative", Initiative),
    ("because", NoInitiative),
    ("ending", Ending),
    ("withdrawn", Ending),
    ("hand_over_reason", HandOverReason),
    ("reopen_reason", ReopenReason),
    ("note", NoteCode),
    ("refusal", ActionRefusal),
    ("purpose", OpenPurpose),
    ("signal", Signal),
    ("severity", Severity),
    ("education", EducationType),
    ("benefit", BenefitType),
    ("group_of", TargetGroup),
    ("filter", Filter),
    ("occasion", Occasion),
    ("delivery", DeliveryStatus),
    ("attempt", SendOutcome),
    ("level", Level),
    ("flow_step", StepName),
)


def asked() -> Iterator[tuple[str, str]]:
    """File and key of every sentence that the pages ask for by name."""
    for file in sorted([*HERE.rglob("*.html"), *HERE.rglob("*.py")]):
        if "node_modules" in file.parts:
            continue
        for plural, key in ASKED.findall(file.read_text("utf-8")):
            for form in (".one", ".many") if plural else ("",):
                yield file.name, key + form


@pytest.mark.parametrize("key", pairs())
def test_a_sentence_stands_in_both_languages_with_the_same_names(key: str) -> None:
    danish, english = pairs()[key]
    assert danish.strip() == danish != ""
    assert english.strip() == english != ""
    assert names_in(danish) == names_in(english)


def test_every_sentence_that_a_page_asks_for_is_there() -> None:
    assert [(file, key) for file, key in asked() if key not in pairs()] == []


@pytest.mark.parametrize(("prefix", "codes"), CODED, ids=[prefix for prefix, _ in CODED])
def test_every_code_that_a_page_shows_has_its_words(prefix: str, codes: type[StrEnum]) -> None:
    assert [code.value for code in codes if f"{prefix}.{code}" not in pairs()] == []


def test_every_deed_is_told_in_the_history_and_after_it_was_done() -> None:
    kinds = {each.model_fields["kind"].default for each in Action.__origin__.__args__}  # type: ignore[attr-defined]
    assert kinds == {"acknowledge", "take", "release", "attempt", "close", "reopen", "hand_over", "note"}
    assert [kind for kind in kinds if f"said.{kind}" not in pairs()] == []


def test_every_reason_for_a_task_to_go_and_everything_that_can_be_missing_has_its_words() -> None:
    gone = [reason for reason in DecisionReason if reason is not DecisionReason.OBLIGED]
    assert [reason.value for reason in gone if f"reason.{reason}" not in pairs()] == []
    undecided = (
        DecisionReason.ENROLMENT_UNKNOWN,
        DecisionReason.LAW_NOT_CONFIRMED,
        DecisionReason.EDUCATION_UNCERTAIN,
        DecisionReason.TARGET_GROUP_UNCERTAIN,
        DecisionReason.RESIDENCE_UNKNOWN,
        DecisionReason.NO_RESPONSIBLE_UNIT,
        DecisionReason.TOO_MANY_EVENTS,
    )
    assert [reason.value for reason in undecided if f"missing.{reason}.do" not in pairs()] == []


@pytest.mark.parametrize("reason", ["education_uncertain", "target_group_uncertain", "law_not_confirmed"])
def test_who_shall_judge_for_themselves_is_told_how_to_find_out_who_it_is(reason: str) -> None:
    """An undecided message is no task, so nobody opens a CPR of it; and the institution is told no reason."""
    danish, english = pairs()[f"missing.{reason}.do"]
    assert danish.endswith(
        "Spørg {institution}, hvem den unge er. Brug underretningens nummer, ikke CPR, og sig ikke hvorfor."
    )
    assert english.endswith(
        "Ask {institution} who the young person is. Use the id of the message, not the CPR, and do not say why."
    )


def test_the_municipal_youth_unit_has_one_danish_name() -> None:
    told = [danish.lower() for danish, english in pairs().values() if "youth unit" in english]
    assert len(told) == 2
    assert all("den kommunale ungeindsats" in danish for danish in told)
    assert not [danish for danish, _ in pairs().values() if "ungeenhed" in danish.lower()]


def test_every_filter_has_a_page_for_when_it_finds_nothing() -> None:
    assert [each for each in Filter if f"empty.{each}.text" not in pairs()] == []


def test_no_sentence_calls_the_target_a_deadline_of_the_law() -> None:
    for danish, english in pairs().values():
        if "frist" in danish.lower():
            assert "ikke" in danish
        if "deadline" in english.lower():
            assert "no deadline" in english


def test_a_number_is_said_as_each_language_writes_it() -> None:
    danish, english = words(Language.DANISH), words(Language.ENGLISH)
    assert danish.count("list.count", 1) == "1 underretning"
    assert danish.count("list.count", 12345) == "12.345 underretninger"
    assert english.count("list.count", 12345) == "12,345 messages"
    assert (danish.decimal(2.54), english.decimal(2.54)) == ("2,5", "2.5")


def test_a_catalogue_with_half_a_pair_is_a_fault(tmp_path: Path) -> None:
    half = tmp_path / "half.toml"
    half.write_text('[page]\nskip = ["Gå til indhold"]\n', encoding="utf-8")
    with pytest.raises(ValueError, match=r"page\.skip is not a pair"):
        pairs(half)
