"""What a mail that came back says of its one recipient, in the forms in which systems write it.

The files in `tests/data/bounces` are ours, made after the forms of public ones; their folder is what is expected.
"""

from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from models.notifications.returned import ReportedAction
from notifiers.bounces.report import BounceReport, read
from notifiers.bounces.verdict import BounceVerdict, verdict
from tests.integration.notifiers.builders import RECIPIENT
from tests.unit.notifiers.bounces.test_address import ADDRESS

FOLDER: Final = Path("tests/data/bounces")
FILES: Final = sorted(FOLDER.rglob("*.eml"))
STATUSES: Final = {
    "action_failure": "5.1.1",
    "expired_with_4": "4.4.7",
    "status_missing": "5.2.1",
    "unfolded": "5.2.1",
    "two_recipients": "5.1.1",
    "failed_beside_delayed": "5.1.1",
    "text_qmail": "5.1.1",
    "text_exim": "5.0.0",
    "text_zoho": "5.1.1",
}


def of_file(file: Path) -> BounceReport:
    return read(file.read_bytes().replace(b"@RETURN@", ADDRESS.encode()))


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_each_form_says_what_it_means(file: Path) -> None:
    report = of_file(file)
    assert ADDRESS in report.arrived_at or report.tokens
    found = verdict(report, RECIPIENT)
    assert (found.action if found else "nothing") == file.parent.name
    if found and file.parent.name == "failed":
        assert found.status == STATUSES.get(file.stem, found.status)


def test_every_answer_has_its_files() -> None:
    assert {file.parent.name for file in FILES} == {*ReportedAction, "nothing"}


def test_how_the_recipient_is_spelt_does_not_matter() -> None:
    for file in (FOLDER / "failed").iterdir():
        assert verdict(of_file(file), RECIPIENT.upper()) == verdict(of_file(file), RECIPIENT)


def test_words_of_a_person_end_nothing_whatever_they_are() -> None:
    """Whoever answers to the return address has its tag, and may quote what he likes."""
    report = of_file(FOLDER / "failed" / "text_qmail.eml")
    by_hand = replace(report, sender="Hans <hans@kommune.example.dk>")
    assert verdict(by_hand, RECIPIENT) == BounceVerdict(ReportedAction.UNREAD, "0.0.0")


@pytest.mark.parametrize("name", ["mtausen", "daemonsen", "anna.postmaster-hansen", "smtpsen"])
def test_a_person_whose_name_begins_like_a_daemons_is_a_person(name: str) -> None:
    report = of_file(FOLDER / "nothing" / "autosvar.eml")
    assert verdict(replace(report, sender=f"{name}@kommune.example.dk"), RECIPIENT) is None


def test_a_mail_system_is_known_by_its_name_or_its_address() -> None:
    report = of_file(FOLDER / "failed" / "text_qmail.eml")
    for sender in (
        "",
        "<>",
        "Mail Delivery Subsystem <x@example.net>",
        "Postmaster@example.net",
        "mailer_daemon@b.dk",
    ):
        found = verdict(replace(report, sender=sender), RECIPIENT)
        assert found is not None
        assert found.action is ReportedAction.FAILED, sender
