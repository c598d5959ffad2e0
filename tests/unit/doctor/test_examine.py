"""A look is bounded in time, never raises, and leaves no check without a word."""

import ast
import re
import threading
import time
from collections.abc import Iterator

from doctor.diagnosis import Diagnosis, HealthCheck, fault, fine, in_order, page, warning
from doctor.examine import HealthLook, examine
from doctor.side_by_side import NotSeen
from frafaldsvarsel.commands import MODULES
from models.service_status import Level
from tests.paths import ROOT


def test_what_hangs_is_said_and_the_others_are_still_seen() -> None:
    release = threading.Event()

    def hang() -> Iterator[Diagnosis]:
        yield fine(HealthCheck.KAFKA, "It answers.")
        release.wait(30)

    began = time.monotonic()
    found = examine(
        [
            HealthLook((HealthCheck.KAFKA, HealthCheck.TOPICS), hang),
            HealthLook((HealthCheck.DISK,), lambda: [fine(HealthCheck.DISK, "Room.")]),
        ],
        seconds=0.3,
    )
    assert time.monotonic() - began < 5
    release.set()
    assert [(one.check, one.level) for one in found] == [
        (HealthCheck.TOPICS, Level.UNKNOWN),
        (HealthCheck.KAFKA, Level.FINE),
        (HealthCheck.DISK, Level.FINE),
    ]
    assert "no answer within" in found[0].sentence


def test_what_breaks_says_its_kind_and_nothing_of_its_text() -> None:
    """The text of an error may hold an address with a password, or a value of a record."""

    def broken() -> Iterator[Diagnosis]:
        raise ValueError("postgresql://u:secret@h/d")

    def unseen() -> Iterator[Diagnosis]:
        raise NotSeen("Nobody may read it.")

    found = examine([HealthLook((HealthCheck.RELAY,), broken), HealthLook((HealthCheck.RIGHTS,), unseen)])
    assert {one.level for one in found} == {Level.UNKNOWN}
    assert [one.sentence for one in found] == ["Nobody may read it.", "The look at it broke off: ValueError."]


def test_what_rests_on_something_broken_points_there() -> None:
    away = [fault(HealthCheck.POSTGRES, "It does not answer.", "See it.")]
    found = examine([HealthLook((HealthCheck.POSTGRES, HealthCheck.OUTBOX), lambda: away)])
    assert [(one.level, one.sentence) for one in found][1] == (
        Level.UNKNOWN,
        "It cannot be looked at: see postgresql.",
    )


def test_the_faults_stand_first() -> None:
    found = in_order(
        [
            fine(HealthCheck.SETTINGS, ""),
            warning(HealthCheck.LAW, "", ""),
            fault(HealthCheck.DISK, "", ""),
            fault(HealthCheck.KAFKA, "", ""),
        ]
    )
    assert [one.check for one in found] == [
        HealthCheck.KAFKA,
        HealthCheck.DISK,
        HealthCheck.LAW,
        HealthCheck.SETTINGS,
    ]


def test_every_subject_has_a_page_that_is_there() -> None:
    text = (ROOT / "docs" / "doctor.md").read_text("utf-8")
    sections = {line.removeprefix("## ") for line in text.splitlines() if line.startswith("## ")}
    assert {str(check) for check in HealthCheck} <= sections
    assert sections - {str(check) for check in HealthCheck} == {"How it looks"}
    for check in HealthCheck:
        assert (ROOT / page(check).partition("#")[0]).is_file()


def test_advice_names_commands_that_are_there() -> None:
    commands = {name for names in MODULES.values() for name in names} | {"kafka-topics.sh"}
    settings = {"default_transaction_read_only", "retention.ms", "holidays"}
    files = [*(ROOT / "doctor" / "judgements").glob("*.py"), ROOT / "frafaldsvarsel/wiring/doctor.py"]
    named = {
        said.removeprefix("frafaldsvarsel ").split()[0]
        for file in files
        for text in sentences(ast.parse(file.read_text("utf-8")))
        for said in re.findall(r"`([^`]+)`", text)
    }
    assert named - settings - commands <= {"{process}"}
    assert len(named & commands) > 8


def sentences(tree: ast.Module) -> Iterator[str]:
    """Texts that are no docstrings, f-strings with what stands in them."""
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    inside |= {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield ast.unparse(node)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside:
            yield node.value
