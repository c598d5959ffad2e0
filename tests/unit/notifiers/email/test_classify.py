"""What an answer or a fault means: the table in the docstring of `classify`, row by row."""

import socket
import ssl

import pytest
from aiosmtplib import SMTPConnectError, SMTPReadTimeoutError, SMTPResponseException, SMTPServerDisconnected

from models.notifications.delivery import Scope, SendOutcome
from notifiers.email.classify import MissingCapability, SmtpAnswer, SmtpStage, classify

BEFORE_SENDER = [
    SmtpStage.CONNECT,
    SmtpStage.GREETING,
    SmtpStage.HELLO,
    SmtpStage.TLS,
    SmtpStage.LOGIN,
    SmtpStage.SENDER,
]
ABOUT_MAIL = [SmtpStage.RECIPIENT, SmtpStage.DATA, SmtpStage.BODY]
LOST = [SMTPServerDisconnected("x"), SMTPReadTimeoutError("x"), ConnectionResetError(), TimeoutError()]


@pytest.mark.parametrize("code", [250, 251, 200])
def test_a_yes_to_the_final_dot_is_delivered(code: int) -> None:
    attempt = classify(SmtpStage.BODY, SmtpAnswer(code))
    assert (attempt.outcome, attempt.code) == (SendOutcome.DELIVERED, code)


@pytest.mark.parametrize("stage", SmtpStage)
@pytest.mark.parametrize("code", [421, 450, 451, 452, 454])
def test_a_temporary_no_is_tried_again_at_every_stage(stage: SmtpStage, code: int) -> None:
    assert classify(stage, SmtpAnswer(code)).outcome is SendOutcome.TRY_AGAIN


@pytest.mark.parametrize("stage", BEFORE_SENDER)
@pytest.mark.parametrize("code", [500, 530, 534, 535, 550, 553, 554])
def test_a_permanent_no_before_the_recipient_is_ours_to_mend(stage: SmtpStage, code: int) -> None:
    attempt = classify(stage, SmtpAnswer(code))
    assert (attempt.outcome, attempt.scope) == (SendOutcome.MISCONFIGURED, Scope.RELAY)


@pytest.mark.parametrize("stage", ABOUT_MAIL)
@pytest.mark.parametrize("code", [550, 551, 553, 554])
def test_a_permanent_no_to_the_mail_is_refused(stage: SmtpStage, code: int) -> None:
    attempt = classify(stage, SmtpAnswer(code, "5.1.1"))
    assert (attempt.outcome, attempt.scope) == (SendOutcome.REFUSED, Scope.MAIL)


@pytest.mark.parametrize(
    ("stage", "answer", "outcome"),
    [
        (SmtpStage.RECIPIENT, SmtpAnswer(552), SendOutcome.TRY_AGAIN),  # a full mailbox is emptied some day
        (SmtpStage.RECIPIENT, SmtpAnswer(552, "5.2.2"), SendOutcome.TRY_AGAIN),
        (SmtpStage.BODY, SmtpAnswer(552, "5.2.2"), SendOutcome.TRY_AGAIN),
        (SmtpStage.BODY, SmtpAnswer(552, "5.3.4"), SendOutcome.REFUSED),  # it will not shrink
        (SmtpStage.BODY, SmtpAnswer(552, "5.2.3"), SendOutcome.REFUSED),
        (SmtpStage.SENDER, SmtpAnswer(552, "5.3.4"), SendOutcome.REFUSED),
        (SmtpStage.RECIPIENT, SmtpAnswer(530, "5.7.0"), SendOutcome.MISCONFIGURED),
        (SmtpStage.RECIPIENT, SmtpAnswer(554, "5.7.1"), SendOutcome.MISCONFIGURED),  # relay access denied
        (SmtpStage.BODY, SmtpAnswer(554, "5.7.1"), SendOutcome.REFUSED),
        (SmtpStage.DATA, SmtpAnswer(503, "5.5.1"), SendOutcome.TRY_AGAIN),
        (SmtpStage.DATA, SmtpAnswer(250), SendOutcome.TRY_AGAIN),  # not an answer to DATA
        (SmtpStage.BODY, SmtpAnswer(354), SendOutcome.INDETERMINATE),  # not an answer to the dot
    ],
)
def test_exceptions_of_the_table(stage: SmtpStage, answer: SmtpAnswer, outcome: SendOutcome) -> None:
    assert classify(stage, answer).outcome is outcome


@pytest.mark.parametrize("fault", LOST, ids=lambda fault: type(fault).__name__)
@pytest.mark.parametrize("stage", [stage for stage in SmtpStage if stage is not SmtpStage.BODY])
def test_silence_before_the_body_is_tried_again(stage: SmtpStage, fault: Exception) -> None:
    assert classify(stage, fault).outcome is SendOutcome.TRY_AGAIN


@pytest.mark.parametrize("fault", [*LOST, SMTPResponseException(-1, "x"), ssl.SSLError()])
def test_silence_after_the_body_is_indeterminate_whatever_its_cause(fault: Exception) -> None:
    attempt = classify(SmtpStage.BODY, fault)
    assert (attempt.outcome, attempt.code, attempt.scope) == (SendOutcome.INDETERMINATE, None, Scope.MAIL)


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
        MissingCapability.STARTTLS,
        MissingCapability.LOGIN,
    ):
        attempt = classify(SmtpStage.TLS, what)
        assert (attempt.outcome, attempt.scope) == (SendOutcome.MISCONFIGURED, Scope.RELAY)
    assert classify(SmtpStage.SENDER, MissingCapability.SMTPUTF8).outcome is SendOutcome.REFUSED


def test_a_resolver_that_is_away_is_no_misconfiguration() -> None:
    later = SMTPConnectError("x")
    later.__cause__ = socket.gaierror(socket.EAI_AGAIN, "x")
    assert classify(SmtpStage.CONNECT, later).outcome is SendOutcome.TRY_AGAIN


@pytest.mark.parametrize("stage", SmtpStage)
@pytest.mark.parametrize("code", [450, 550])
def test_a_detail_holds_codes_and_nothing_that_the_server_wrote(stage: SmtpStage, code: int) -> None:
    answer = SmtpAnswer.of(code, "5.1.1 <kontakt@kommune.dk> 010190-1234: no such user")
    assert classify(stage, answer).detail == f"{stage}: {code} 5.1.1"
    fault = classify(stage, SMTPResponseException(-1, "<kontakt@kommune.dk>"))
    assert fault.detail == f"{stage}: malformed answer"
