"""What relays say, in the forms of public transcripts; hosts, addresses and names are ours.

`tests/data/relays/answers.json` holds them with their sources.
"""

import json
from pathlib import Path
from typing import Final

import pytest

from models.notifications.delivery import Scope, SendOutcome
from notifiers.email.answer import SmtpAnswer
from notifiers.email.classify import SmtpStage, classify, is_unclear

ANSWERS: Final = json.loads(Path("tests/data/relays/answers.json").read_text("utf-8"))
MEANING: Final = {
    "ours": (SendOutcome.MISCONFIGURED, Scope.RELAY),
    "unclear": (SendOutcome.MISCONFIGURED, Scope.RELAY),
    "limit": (SendOutcome.TRY_AGAIN, Scope.RELAY),
    "ours, later": (SendOutcome.TRY_AGAIN, Scope.RELAY),
    "relay later": (SendOutcome.TRY_AGAIN, Scope.RELAY),
    "recipient": (SendOutcome.REFUSED, Scope.MAIL),
    "refused": (SendOutcome.REFUSED, Scope.MAIL),
    "large": (SendOutcome.REFUSED, Scope.MAIL),
    "full": (SendOutcome.TRY_AGAIN, Scope.MAIL),
    "later": (SendOutcome.TRY_AGAIN, Scope.MAIL),
}


def answer_of(said: str) -> SmtpAnswer:
    """As the connection reads it: the code, and the lines' texts."""
    return SmtpAnswer.of(int(said[:3]), "\n".join(line[4:] for line in said.split("\n")))


def named(one: dict[str, str]) -> str:
    return f"{one['stage']} {one['answer'][:40]}"


@pytest.mark.parametrize("one", ANSWERS, ids=named)
def test_an_answer_means_what_its_form_says(one: dict[str, str]) -> None:
    answer = answer_of(one["answer"])
    attempt = classify(SmtpStage(one["stage"]), answer)
    assert (attempt.outcome, attempt.scope) == MEANING[one["expected"]], one["source"]
    assert is_unclear(answer) == (one["expected"] == "unclear")
    assert "@" not in attempt.detail


@pytest.mark.parametrize("stage", [SmtpStage.RECIPIENT, SmtpStage.DATA, SmtpStage.BODY])
@pytest.mark.parametrize("one", [one for one in ANSWERS if one["expected"] in ("ours", "limit")], ids=named)
def test_that_we_may_not_send_is_never_the_recipients_refusal_at_any_stage(
    one: dict[str, str], stage: SmtpStage
) -> None:
    attempt = classify(stage, answer_of(one["answer"]))
    assert attempt.outcome in (SendOutcome.MISCONFIGURED, SendOutcome.TRY_AGAIN)
    assert attempt.scope is Scope.RELAY


@pytest.mark.parametrize("stage", [SmtpStage.RECIPIENT, SmtpStage.DATA, SmtpStage.BODY])
@pytest.mark.parametrize("code", ["5.1.7", "5.1.8", "5.7.0", "5.7.1", "5.7.8", "5.7.26", "5.7.509", "5.4.5"])
def test_the_codes_alone_are_enough(stage: SmtpStage, code: str) -> None:
    attempt = classify(stage, SmtpAnswer(550, code))
    assert attempt.outcome is not SendOutcome.REFUSED
    assert attempt.scope is Scope.RELAY


def test_the_detail_says_whom_it_blames_and_nothing_of_the_text() -> None:
    said = answer_of("554 5.7.1 <jobcenter@kommune.example.dk>: Relay access denied")
    assert classify(SmtpStage.RECIPIENT, said).detail == "recipient: 554 5.7.1, may not send"
    said = answer_of("550 5.4.5 Daily user sending limit exceeded")
    assert classify(SmtpStage.BODY, said).detail == "body: 550 5.4.5, sending limit"


def test_a_yes_blames_nobody_whatever_it_says() -> None:
    answer = answer_of("250 2.0.0 queued, sending limit 400")
    assert (answer.blame, classify(SmtpStage.BODY, answer).detail) == (None, "body: 250 2.0.0")
