"""What an answer or a fault means: the table in the docstring of `classify`, row by row."""

import socket
import ssl

import pytest
from aiosmtplib import SMTPConnectError, SMTPReadTimeoutError, SMTPResponseException, SMTPServerDisconnected

from models.notifications.delivery import Scope, SendOutcome
from notifiers.email.answer import SmtpAnswer
from notifiers.email.classify import MissingCapability, SmtpStage, classify

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
        (SmtpStage.BODY, SmtpAnswer(554, "5.7.1"), SendOutcome.MISCONFIGURED),
        (SmtpStage.DATA, SmtpAnswer(503, "5.5.1"), SendOutcome.TRY_AGAIN),
        (SmtpStage.RECIPIENT, SmtpAnswer(550), SendOutcome.REFUSED),
        (SmtpStage.RECIPIENT, SmtpAnswer(530), SendOutcome.MISCONFIGURED),  # log in first
        (SmtpStage.DATA, SmtpAnswer(538), SendOutcome.MISCONFIGURED),
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


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (ssl.SSLCertVerificationError(), "certificate not trusted"),
        (ssl.SSLError(), "TLS handshake failed"),
        (socket.gaierror(socket.EAI_AGAIN, "x"), "host name not found"),
        (TimeoutError(), "no answer in time"),
        (FileNotFoundError(), "CA file not found"),
        (PermissionError(), "CA file not readable"),
        (ConnectionRefusedError(), "connection refused"),
        (OSError(), "connection lost"),
        (SMTPServerDisconnected("x"), "connection lost"),
        (SMTPResponseException(-1, "x"), "malformed answer"),
    ],
)
def test_a_detail_says_what_kind_of_fault_it_was_and_where(fault: BaseException, words: str) -> None:
    """Whoever mends it reads the audit trail, and finds there what to look at; the library wraps what it meets."""
    wrapped = SMTPConnectError("x")
    wrapped.__cause__ = fault
    assert classify(SmtpStage.LOGIN, fault).detail == f"login: {words}"
    assert classify(SmtpStage.BODY, fault).detail == f"body: {words}"
    if words != "malformed answer":
        assert classify(SmtpStage.TLS, wrapped).detail == f"tls: {words}"


def test_a_lost_connection_under_another_fault_is_one() -> None:
    fault = SMTPResponseException(-1, "x")
    fault.__cause__ = OSError()
    assert classify(SmtpStage.HELLO, fault).detail == "hello: connection lost"


def test_a_stage_is_its_members_name_in_small_letters() -> None:
    """Every detail begins with it."""
    assert [stage.value for stage in SmtpStage] == [stage.name.lower() for stage in SmtpStage]


def test_an_answer_without_an_enhanced_code_is_its_code_alone() -> None:
    assert classify(SmtpStage.LOGIN, SmtpAnswer(535)).detail == "login: 535"


def test_a_connection_that_never_came_about_is_not_one_that_was_lost() -> None:
    assert classify(SmtpStage.CONNECT, OSError()).detail == "connect: cannot connect"


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (ssl.SSLError(), SendOutcome.MISCONFIGURED),
        (ssl.SSLEOFError(), SendOutcome.TRY_AGAIN),  # the other side hung up
        (PermissionError(), SendOutcome.MISCONFIGURED),
        (ValueError(), SendOutcome.MISCONFIGURED),  # an address that is none
        (ConnectionRefusedError(), SendOutcome.TRY_AGAIN),
        (socket.gaierror(socket.EAI_NONAME, "x"), SendOutcome.MISCONFIGURED),
        (socket.gaierror(socket.EAI_AGAIN, "x"), SendOutcome.TRY_AGAIN),
    ],
)
@pytest.mark.parametrize("stage", [SmtpStage.CONNECT, SmtpStage.TLS, SmtpStage.RECIPIENT])
def test_only_what_a_person_can_mend_waits_for_one(
    stage: SmtpStage, fault: BaseException, outcome: SendOutcome
) -> None:
    """Alone or under what the library makes of it; it speaks of the relay until the sender is accepted."""
    wrapped = SMTPConnectError("x")
    wrapped.__cause__ = fault
    for one in (fault, wrapped):
        attempt = classify(stage, one)
        assert (attempt.outcome, attempt.scope) == (outcome, stage.scope)


def test_faults_that_lead_back_to_each_other_are_read_once() -> None:
    one, other = SMTPConnectError("x"), TimeoutError()
    one.__cause__, other.__cause__ = other, one
    assert classify(SmtpStage.CONNECT, one).detail == "connect: no answer in time"


@pytest.mark.parametrize(
    ("what", "words", "scope"),
    [
        (MissingCapability.STARTTLS, "STARTTLS is not offered", Scope.RELAY),
        (MissingCapability.LOGIN, "no usable login is offered", Scope.RELAY),
        (MissingCapability.SMTPUTF8, "SMTPUTF8 is not offered", Scope.MAIL),
    ],
)
def test_what_is_not_offered_is_named(what: MissingCapability, words: str, scope: Scope) -> None:
    """An address that this relay cannot write to is the mail's own trouble; the rest is the relay's."""
    attempt = classify(SmtpStage.HELLO, what)
    assert (attempt.detail, attempt.scope) == (f"hello: {words}", scope)


@pytest.mark.parametrize("stage", SmtpStage)
def test_a_relay_that_closes_speaks_of_itself_at_every_stage(stage: SmtpStage) -> None:
    """421: no other mail would fare better now."""
    assert classify(stage, SmtpAnswer(421)).scope is Scope.RELAY


def test_a_mail_that_is_too_large_is_its_own_trouble_and_not_the_relays() -> None:
    for enhanced in ("5.3.4", "5.2.3"):
        assert classify(SmtpStage.SENDER, SmtpAnswer(552, enhanced)).scope is Scope.MAIL
    assert classify(SmtpStage.SENDER, SmtpAnswer(552, "5.2.2")).scope is Scope.RELAY
    assert classify(SmtpStage.HELLO, SmtpAnswer(552, "5.3.4")).scope is Scope.RELAY


@pytest.mark.parametrize(
    ("text", "enhanced"),
    [
        ("5.1.1 no such user", "5.1.1"),
        ("2.0.0 OK", "2.0.0"),
        ("4.7.100", "4.7.100"),
        ("see 5.1.1", None),
        ("3.1.1 no such class", None),
        ("5.1.1234", None),
        ("", None),
    ],
)
def test_an_enhanced_code_is_read_at_the_beginning_alone(text: str, enhanced: str | None) -> None:
    """RFC 3463: class 2, 4 or 5, then two numbers of up to three digits."""
    assert SmtpAnswer.of(550, text) == SmtpAnswer(550, enhanced)


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
