"""What an answer or a fault means, by the stage it came at. Pure; of a server's words it knows whom they blame.

| stage                                | 2xx       | 4xx       | 5xx           | silence, loss     |
|--------------------------------------|-----------|-----------|---------------|-------------------|
| connect, greeting, hello, TLS, login | goes on   | try again | misconfigured | try again         |
| sender (MAIL FROM)                   | goes on   | try again | misconfigured | try again         |
| recipient (RCPT TO), data (DATA)     | goes on   | try again | refused       | try again         |
| body (after the final dot)           | delivered | try again | refused       | **indeterminate** |

Exceptions, from the recipient on:
- *we may not send* (sender, login, network, the family 5.7; `notifiers.email.answer`) is misconfigured, and a sending
  limit is tried again: both for the whole relay, and never the recipient's refusal;
- "log in first" (530, 538) and a policy that is not said to be whose (5.7.0, 5.7.1) as well, until
  `notifiers.email.in_a_row` knows better; a recipient's own policy (5.7.133) is refused;
- a full mailbox (5.2.2, a bare 552) is tried again, and so is a command out of order (503), our connection's fault.
A mail too large (5.3.4, 5.2.3, and 552 at MAIL FROM) is refused, and that mail alone. A certificate is always
misconfigured. A relay that closes (421) or is full (4.3.1, 4.3.2) speaks of itself.
"""

import socket
import ssl
from enum import StrEnum

from models.notifications.delivery import Scope, SendAttempt, SendOutcome
from notifiers.email.answer import Blame, SmtpAnswer

_TOO_LARGE = frozenset({"5.3.4", "5.2.3"})
_MAILBOX_FULL = "5.2.2"
_NO_STORAGE = 552
_NO_ROOM = frozenset({"4.3.1", "4.3.2"})
"""The relay itself is full, or takes nothing now."""
_LOG_IN_FIRST = frozenset({530, 538})
OUT_OF_ORDER = 503
CLOSING = 421


class SmtpStage(StrEnum):
    """How far a transaction came."""

    CONNECT = "connect"
    GREETING = "greeting"
    HELLO = "hello"
    TLS = "tls"
    LOGIN = "login"
    SENDER = "sender"
    RECIPIENT = "recipient"
    DATA = "data"
    BODY = "body"
    """Bytes of the mail, the final dot among them, may have left."""

    @property
    def scope(self) -> Scope:
        """Until the sender is accepted, nothing has been said about this mail."""
        about_mail = (SmtpStage.RECIPIENT, SmtpStage.DATA, SmtpStage.BODY)
        return Scope.MAIL if self in about_mail else Scope.RELAY


_KNOWS_SIZE = frozenset({SmtpStage.SENDER, SmtpStage.RECIPIENT, SmtpStage.DATA, SmtpStage.BODY})


class MissingCapability(StrEnum):
    """What the relay does not offer."""

    STARTTLS = "STARTTLS is not offered"
    LOGIN = "no usable login is offered"
    SMTPUTF8 = "SMTPUTF8 is not offered"


def classify(stage: SmtpStage, what: SmtpAnswer | MissingCapability | BaseException) -> SendAttempt:
    """What came at `stage`, where it ended the transaction."""
    if isinstance(what, SmtpAnswer):
        return _of_answer(stage, what)
    if isinstance(what, MissingCapability):
        # An address that this relay cannot write to is the mail's own trouble; the rest is the relay's.
        if what is MissingCapability.SMTPUTF8:
            return SendAttempt(outcome=SendOutcome.REFUSED, detail=f"{stage}: {what}")
        return SendAttempt(outcome=SendOutcome.MISCONFIGURED, detail=f"{stage}: {what}", scope=Scope.RELAY)
    return _of_fault(stage, what)


def _of_answer(stage: SmtpStage, answer: SmtpAnswer) -> SendAttempt:
    outcome, scope = _meaning(stage, answer)
    words = f"{stage}: {answer.code}" + (f" {answer.enhanced}" if answer.enhanced else "")
    blamed = answer.blame if stage.scope is Scope.MAIL and outcome is not SendOutcome.DELIVERED else None
    detail = words + (f", {blamed}" if blamed else "")
    return SendAttempt(outcome=outcome, code=answer.code, detail=detail, scope=scope)


def _meaning(stage: SmtpStage, answer: SmtpAnswer) -> tuple[SendOutcome, Scope]:
    match answer.code // 100:
        case 2 if stage is SmtpStage.BODY:
            return SendOutcome.DELIVERED, Scope.MAIL
        case 4:
            of_us = answer.code == CLOSING or answer.blame is not None
            return SendOutcome.TRY_AGAIN, Scope.RELAY if of_us or answer.enhanced in _NO_ROOM else stage.scope
        case 5:
            return _permanent(stage, answer)
        case _:  # an answer that does not belong here; after the dot it may hide a yes
            odd = SendOutcome.INDETERMINATE if stage is SmtpStage.BODY else SendOutcome.TRY_AGAIN
            return odd, stage.scope


def _permanent(stage: SmtpStage, answer: SmtpAnswer) -> tuple[SendOutcome, Scope]:
    if answer.blame is Blame.LIMIT:
        return SendOutcome.TRY_AGAIN, Scope.RELAY
    if stage in _KNOWS_SIZE and _is_too_large(stage, answer):
        return SendOutcome.REFUSED, Scope.MAIL
    if stage.scope is Scope.RELAY or answer.code in _LOG_IN_FIRST:
        return SendOutcome.MISCONFIGURED, Scope.RELAY
    if answer.code == OUT_OF_ORDER or answer.enhanced == _MAILBOX_FULL:
        return SendOutcome.TRY_AGAIN, Scope.MAIL
    if answer.blame in (Blame.SENDER, Blame.UNCLEAR):
        return SendOutcome.MISCONFIGURED, Scope.RELAY
    if answer.code == _NO_STORAGE:
        return SendOutcome.TRY_AGAIN, Scope.MAIL
    return SendOutcome.REFUSED, Scope.MAIL


def _is_too_large(stage: SmtpStage, answer: SmtpAnswer) -> bool:
    """Before a recipient is named, 552 can speak of the announced size alone, unless it says otherwise."""
    announced = stage is SmtpStage.SENDER and answer.code == _NO_STORAGE and answer.enhanced != _MAILBOX_FULL
    return answer.enhanced in _TOO_LARGE or announced


def is_unclear(what: SmtpAnswer | MissingCapability | BaseException) -> bool:
    """Whether it says that a policy forbids it, and not whose: `notifiers.email.in_a_row` finds that out."""
    return isinstance(what, SmtpAnswer) and what.code >= 500 and what.blame is Blame.UNCLEAR


def _of_fault(stage: SmtpStage, fault: BaseException) -> SendAttempt:
    if stage is SmtpStage.BODY:
        return SendAttempt(outcome=SendOutcome.INDETERMINATE, detail=f"{stage}: {_kind(stage, fault)}")
    chain = _causes(fault)
    mend = any(isinstance(one, ssl.SSLError) and not isinstance(one, ssl.SSLEOFError) for one in chain)
    mend |= any(isinstance(one, socket.gaierror) and one.errno == socket.EAI_NONAME for one in chain)
    mend |= any(isinstance(one, FileNotFoundError | PermissionError | ValueError) for one in chain)
    outcome = SendOutcome.MISCONFIGURED if mend else SendOutcome.TRY_AGAIN
    return SendAttempt(outcome=outcome, detail=f"{stage}: {_kind(stage, fault)}", scope=stage.scope)


def _kind(stage: SmtpStage, fault: BaseException) -> str:
    chain = _causes(fault)
    for kind, words in _KINDS:
        if any(isinstance(one, kind) for one in chain):
            return words
    if any(isinstance(one, OSError) for one in chain):
        return "cannot connect" if stage is SmtpStage.CONNECT else "connection lost"
    return "malformed answer"


_KINDS: tuple[tuple[type[BaseException], str], ...] = (
    (ssl.SSLCertVerificationError, "certificate not trusted"),
    (ssl.SSLError, "TLS handshake failed"),
    (socket.gaierror, "host name not found"),
    (TimeoutError, "no answer in time"),
    (FileNotFoundError, "CA file not found"),
    (PermissionError, "CA file not readable"),
    (ConnectionRefusedError, "connection refused"),
)


def _causes(fault: BaseException | None) -> list[BaseException]:
    chain: list[BaseException] = []
    while fault is not None and fault not in chain:
        chain.append(fault)
        fault = fault.__cause__
    return chain
