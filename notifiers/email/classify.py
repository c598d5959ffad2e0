"""What an answer or a fault means, by the stage it came at. Pure; it must not read a server's free text.

| stage                                | 2xx       | 4xx       | 5xx           | silence, loss     |
|--------------------------------------|-----------|-----------|---------------|-------------------|
| connect, greeting, hello, TLS, login | goes on   | try again | misconfigured | try again         |
| sender (MAIL FROM)                   | goes on   | try again | misconfigured | try again         |
| recipient (RCPT TO), data (DATA)     | goes on   | try again | refused       | try again         |
| body (after the final dot)           | delivered | try again | refused       | **indeterminate** |

Exceptions: a full mailbox (552) is tried again; a mail too large (5.3.4, 5.2.3) is refused, at MAIL FROM too;
"log in first" (530, 538) and a policy that forbids the recipient (5.7.x) wait for a person who mends it;
a command out of order (503) is our connection's fault and tried again; a certificate is always misconfigured.
"""

import re
import socket
import ssl
from dataclasses import dataclass
from enum import StrEnum

from models.notifications.delivery import Scope, SendAttempt, SendOutcome

_ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}\b")
_TOO_LARGE = frozenset({"5.3.4", "5.2.3"})
_MAILBOX_FULL = 552
_LOG_IN_FIRST = frozenset({530, 538})
_OUT_OF_ORDER = 503
_CLOSING = 421


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


class MissingCapability(StrEnum):
    """What the relay does not offer."""

    STARTTLS = "STARTTLS is not offered"
    LOGIN = "no usable login is offered"
    SMTPUTF8 = "SMTPUTF8 is not offered"


@dataclass(frozen=True)
class SmtpAnswer:
    """A well-formed reply: its code, and the enhanced status code that its text began with (RFC 3463)."""

    code: int
    enhanced: str | None = None

    @classmethod
    def of(cls, code: int, text: str) -> "SmtpAnswer":
        found = _ENHANCED.match(text)
        return cls(code, found.group() if found else None)


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
    detail = f"{stage}: {answer.code}" + (f" {answer.enhanced}" if answer.enhanced else "")
    scope = Scope.RELAY if answer.code == _CLOSING else stage.scope
    if stage is SmtpStage.SENDER and answer.enhanced in _TOO_LARGE:
        scope = Scope.MAIL
    return SendAttempt(outcome=_outcome(stage, answer), code=answer.code, detail=detail, scope=scope)


def _outcome(stage: SmtpStage, answer: SmtpAnswer) -> SendOutcome:
    match answer.code // 100:
        case 2 if stage is SmtpStage.BODY:
            return SendOutcome.DELIVERED
        case 4:
            return SendOutcome.TRY_AGAIN
        case 5 if answer.enhanced in _TOO_LARGE:
            return SendOutcome.REFUSED
        case 5:
            return _permanent(stage, answer)
        case _:  # an answer that does not belong here; after the dot it may hide a yes
            return SendOutcome.INDETERMINATE if stage is SmtpStage.BODY else SendOutcome.TRY_AGAIN


def _permanent(stage: SmtpStage, answer: SmtpAnswer) -> SendOutcome:
    if stage.scope is Scope.RELAY or answer.code in _LOG_IN_FIRST:
        return SendOutcome.MISCONFIGURED
    if answer.code in (_MAILBOX_FULL, _OUT_OF_ORDER):
        return SendOutcome.TRY_AGAIN
    if stage is SmtpStage.RECIPIENT and (answer.enhanced or "").startswith("5.7."):
        return SendOutcome.MISCONFIGURED
    return SendOutcome.REFUSED


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
