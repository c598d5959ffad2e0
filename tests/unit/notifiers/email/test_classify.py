"""What an answer or a fault means: the table in the docstring of `classify`, row by row."""

import socket
import ssl

import pytest
from aiosmtplib import SMTPConnectError, SMTPReadTimeoutError, SMTPResponseException, SMTPServerDisconnected

from models.notifications.delivery import Outcome, Scope
from notifiers.email.classify import Answer, Lack, Stage, classify

BEFORE_SENDER = [Stage.CONNECT, Stage.GREETING, Stage.HELLO, Stage.TLS, Stage.LOGIN, Stage.SENDER]
ABOUT_MAIL = [Stage.RECIPIENT, Stage.DATA, Stage.BODY]
LOST = [SMTPServerDisconnected("x"), SMTPReadTimeoutError("x"), ConnectionResetError(), TimeoutError()]


@pytest.mark.parametrize("code", [250, 251, 200])
def test_a_yes_to_the_final_dot_is_delivered(code: int) -> None:
    attempt = classify(Stage.BODY, Answer(code))
    assert (attempt.outcome, attempt.code) == (Outcome.DELIVERED, code)


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("code", [421, 450, 451, 452, 454])
def test_a_temporary_no_is_tried_again_at_every_stage(stage: Stage, code: int) -> None:
    assert classify(stage, Answer(code)).outcome is Outcome.TRY_AGAIN


@pytest.mark.parametrize("stage", BEFORE_SENDER)
@pytest.mark.parametrize("code", [500, 530, 534, 535, 550, 553, 554])
def test_a_permanent_no_before_the_recipient_is_ours_to_mend(stage: Stage, code: int) -> None:
    attempt = classify(stage, Answer(code))
    assert (attempt.outcome, attempt.scope) == (Outcome.MISCONFIGURED, Scope.RELAY)


@pytest.mark.parametrize("stage", ABOUT_MAIL)
@pytest.mark.parametrize("code", [550, 551, 553, 554])
def test_a_permanent_no_to_the_mail_is_refused(stage: Stage, code: int) -> None:
    attempt = classify(stage, Answer(code, "5.1.1"))
    assert (attempt.outcome, attempt.scope) == (Outcome.REFUSED, Scope.MAIL)


@pytest.mark.parametrize(
    ("stage", "answer", "outcome"),
    [
        (Stage.RECIPIENT, Answer(552), Outcome.TRY_AGAIN),  # a full mailbox is emptied some day
        (Stage.RECIPIENT, Answer(552, "5.2.2"), Outcome.TRY_AGAIN),
        (Stage.BODY, Answer(552, "5.2.2"), Outcome.TRY_AGAIN),
        (Stage.BODY, Answer(552, "5.3.4"), Outcome.REFUSED),  # it will not shrink
        (Stage.BODY, Answer(552, "5.2.3"), Outcome.REFUSED),
        (Stage.SENDER, Answer(552, "5.3.4"), Outcome.REFUSED),
        (Stage.RECIPIENT, Answer(530, "5.7.0"), Outcome.MISCONFIGURED),
        (Stage.RECIPIENT, Answer(554, "5.7.1"), Outcome.MISCONFIGURED),  # relay access denied
        (Stage.BODY, Answer(554, "5.7.1"), Outcome.REFUSED),
        (Stage.DATA, Answer(503, "5.5.1"), Outcome.TRY_AGAIN),
        (Stage.DATA, Answer(250), Outcome.TRY_AGAIN),  # not an answer to DATA
        (Stage.BODY, Answer(354), Outcome.INDETERMINATE),  # not an answer to the dot
    ],
)
def test_exceptions_of_the_table(stage: Stage, answer: Answer, outcome: Outcome) -> None:
    assert classify(stage, answer).outcome is outcome


@pytest.mark.parametrize("fault", LOST, ids=lambda fault: type(fault).__name__)
@pytest.mark.parametrize("stage", [stage for stage in Stage if stage is not Stage.BODY])
def test_silence_before_the_body_is_tried_again(stage: Stage, fault: Exception) -> None:
    assert classify(stage, fault).outcome is Outcome.TRY_AGAIN


@pytest.mark.parametrize("fault", [*LOST, SMTPResponseException(-1, "x"), ssl.SSLError()])
def test_silence_after_the_body_is_indeterminate_whatever_its_cause(fault: Exception) -> None:
    attempt = classify(Stage.BODY, fault)
    assert (attempt.outcome, attempt.code, attempt.scope) == (Outcome.INDETERMINATE, None, Scope.MAIL)


def test_certificates_and_missing_offers_wait_for_a_person() -> None:
    wrapped = SMTPConnectError("x")
    wrapped.__cause__ = ssl.SSLCertVerificationError()
    unknown = SMTPConnectError("x")
    unknown.__cause__ = socket.gaierror(socket.EAI_NONAME, "x")
    for what in (
        wrapped,
        unknown,
        ssl.SSLCertVerificationError(),
        FileNotFoundError(),
        Lack.STARTTLS,
        Lack.LOGIN,
    ):
        attempt = classify(Stage.TLS, what)
        assert (attempt.outcome, attempt.scope) == (Outcome.MISCONFIGURED, Scope.RELAY)
    assert classify(Stage.SENDER, Lack.SMTPUTF8).outcome is Outcome.REFUSED


def test_a_resolver_that_is_away_is_no_misconfiguration() -> None:
    later = SMTPConnectError("x")
    later.__cause__ = socket.gaierror(socket.EAI_AGAIN, "x")
    assert classify(Stage.CONNECT, later).outcome is Outcome.TRY_AGAIN


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("code", [450, 550])
def test_a_detail_holds_codes_and_nothing_that_the_server_wrote(stage: Stage, code: int) -> None:
    answer = Answer.of(code, "5.1.1 <kontakt@kommune.dk> 010190-1234: no such user")
    assert classify(stage, answer).detail == f"{stage}: {code} 5.1.1"
    fault = classify(stage, SMTPResponseException(-1, "<kontakt@kommune.dk>"))
    assert fault.detail == f"{stage}: malformed answer"
