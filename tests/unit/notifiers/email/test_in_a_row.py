"""One answer cannot tell whose trouble it is; several together can."""

import logging

import pytest

from models.notifications.delivery import Scope, SendAttempt, SendOutcome
from notifiers.email.answer import SmtpAnswer
from notifiers.email.classify import SmtpStage, classify, is_unclear
from notifiers.email.in_a_row import AnswersInARow

NO = SmtpAnswer(550)
UNKNOWN = SmtpAnswer(550, "5.1.1")
UNCLEAR = SmtpAnswer(550, "5.7.1")
YES = SmtpAnswer(250)
REFUSED, MISCONFIGURED = SendOutcome.REFUSED, SendOutcome.MISCONFIGURED


class Relay:
    def __init__(self) -> None:
        self._answers = AnswersInARow()

    def says(self, recipient: str, answer: SmtpAnswer, stage: SmtpStage = SmtpStage.RECIPIENT) -> SendAttempt:
        stage = SmtpStage.BODY if answer is YES else stage
        return self._answers.judged(recipient, classify(stage, answer), unclear=is_unclear(answer))

    def outcomes(self, *said: tuple[str, SmtpAnswer]) -> list[SendOutcome]:
        return [self.says(recipient, answer).outcome for recipient, answer in said]


def test_the_third_recipient_in_a_row_is_not_given_up(caplog: pytest.LogCaptureFixture) -> None:
    relay = Relay()
    assert relay.outcomes(*((name, NO) for name in "abcde")) == [REFUSED] * 2 + [MISCONFIGURED] * 3
    again = relay.says("a", NO)
    assert (again.outcome, again.scope) == (MISCONFIGURED, Scope.RELAY)
    assert again.detail == "recipient: 550, to 3 in a row"
    errors = [one.getMessage() for one in caplog.records if one.levelno == logging.ERROR]
    assert errors == ["the relay gives 3 recipients in a row the same answer: recipient: 550"]


@pytest.mark.parametrize("between", [YES, UNKNOWN, SmtpAnswer(450, "4.2.0"), SmtpAnswer(550, "5.2.2")])
def test_another_answer_ends_the_row(between: SmtpAnswer) -> None:
    relay = Relay()
    relay.outcomes(("a", NO), ("b", NO), ("x", between))
    assert relay.says("c", NO).outcome is REFUSED
    assert relay.outcomes(("d", NO), ("e", NO)) == [REFUSED, MISCONFIGURED]
    relay.says("e", between)
    assert relay.says("d", NO).outcome is REFUSED


@pytest.mark.parametrize("between", [YES, UNKNOWN])
def test_a_paused_relay_goes_on_when_two_others_fare_otherwise(between: SmtpAnswer) -> None:
    """One may be the probe's address, which is served all the time."""
    relay = Relay()
    relay.outcomes(("a", NO), ("b", NO), ("c", NO))
    for _ in range(5):
        relay.says("probe", between)
        assert relay.says("d", NO).outcome is MISCONFIGURED
    relay.says("x", between)
    assert relay.says("d", NO).outcome is REFUSED


def test_one_recipient_again_and_again_is_no_row() -> None:
    assert Relay().outcomes(*[("a", NO)] * 9) == [REFUSED] * 9


def test_a_relay_that_is_away_has_said_nothing_about_anybody() -> None:
    relay, answers = Relay(), AnswersInARow()
    relay.outcomes(("a", NO), ("b", NO))
    relay.says("b", SmtpAnswer(421), SmtpStage.GREETING)
    assert relay.says("c", NO).outcome is MISCONFIGURED
    for recipient in "abcd":  # what this relay does not offer is no answer of its
        attempt = SendAttempt(outcome=REFUSED, detail="sender: SMTPUTF8 is not offered")
        assert answers.judged(recipient, attempt, unclear=False) is attempt


def test_a_policy_is_the_recipients_once_two_others_have_been_served_since() -> None:
    relay = Relay()
    first = relay.says("a", UNCLEAR)
    assert (first.outcome, first.scope) == (MISCONFIGURED, Scope.RELAY)
    assert relay.says("a", UNCLEAR).outcome is MISCONFIGURED
    for _ in range(3):
        relay.says("b", YES)
    assert relay.says("a", UNCLEAR).outcome is MISCONFIGURED  # b may be served by any relay
    relay.says("x", YES)
    later = relay.says("a", UNCLEAR)
    assert (later.outcome, later.scope) == (REFUSED, Scope.MAIL)
    assert relay.says("c", UNCLEAR).outcome is MISCONFIGURED  # of whom nothing was known


def test_a_policy_that_meets_everybody_is_nobodys_refusal() -> None:
    relay = Relay()
    assert relay.outcomes(*[(name, UNCLEAR) for name in "abcdef"] * 3) == [MISCONFIGURED] * 18


def test_another_policy_of_the_same_recipient_begins_anew() -> None:
    relay = Relay()
    relay.outcomes(("a", UNCLEAR), ("b", YES), ("x", YES))
    assert relay.says("a", SmtpAnswer(550, "5.7.0")).outcome is MISCONFIGURED
    relay.outcomes(("b", YES), ("x", YES))
    assert relay.says("a", SmtpAnswer(550, "5.7.0")).outcome is REFUSED


def test_a_recipient_who_has_got_a_mail_since_begins_anew() -> None:
    relay = Relay()
    relay.outcomes(("a", UNCLEAR), ("b", YES), ("x", YES), ("a", YES))
    assert relay.says("a", UNCLEAR).outcome is MISCONFIGURED


def test_no_more_recipients_are_remembered_than_there_is_room_for() -> None:
    relay = Relay()
    for number in range(1001):
        relay.says(f"r{number}", UNCLEAR)
    relay.outcomes(("x", YES), ("y", YES))
    assert relay.says("r0", UNCLEAR).outcome is MISCONFIGURED
    assert relay.says("r1000", UNCLEAR).outcome is REFUSED
