"""What an endpoint's answer or a fault means. Pure; it must not read what the endpoint wrote.

| answer                                  | outcome       |
|-----------------------------------------|---------------|
| 2xx                                     | delivered     |
| 410                                     | refused, and the endpoint is switched off (specification) |
| 408, 409, 425, 429, 5xx                 | try again     |
| 3xx (never followed), other 4xx         | misconfigured: a person must mend it, here or there |
| fault before the request has left       | try again; name, certificate, address, TLS, secret: misconfigured |
| fault after it                          | indeterminate |

Every answer speaks of its endpoint alone: the others may well fare better.
"""

import re
import socket
import ssl
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum

from models.notifications.delivery import SendAttempt, SendOutcome

GONE = 410
_LATER = frozenset({408, 409, 425, 429})
_SECONDS = re.compile(r"\d{1,9}")


class HttpStage(StrEnum):
    """How far an attempt came."""

    PREPARE = "prepare"
    CONNECT = "connect"
    REQUEST = "request"
    """Bytes of the request may have left."""


class RequestFault(StrEnum):
    """What keeps us from trying at all."""

    UNSIGNED = "no secret of the unit can be read"
    PLAIN_HTTP = "the endpoint is without TLS"
    FORBIDDEN = "the address is not public and was not named"
    BAD_CA = "CA file not usable"


def of_status(status: int, retry_after: timedelta | None) -> SendAttempt:
    """What an HTTP status means."""
    if 200 <= status < 300:
        outcome = SendOutcome.DELIVERED
    elif status == GONE:
        outcome = SendOutcome.REFUSED
    elif status in _LATER or status >= 500:
        outcome = SendOutcome.TRY_AGAIN
    else:
        outcome = SendOutcome.MISCONFIGURED
    wait = retry_after if outcome in (SendOutcome.TRY_AGAIN, SendOutcome.MISCONFIGURED) else None
    return SendAttempt(outcome=outcome, code=status, detail=f"answer: {status}", retry_after=wait)


def of_fault(fault: RequestFault) -> SendAttempt:
    """Nothing has left, and a person must mend it."""
    return SendAttempt(outcome=SendOutcome.MISCONFIGURED, detail=f"{HttpStage.PREPARE}: {fault}")


def of_exception(stage: HttpStage, fault: BaseException) -> SendAttempt:
    """What a failure of the network means at this stage."""
    chain = _causes(fault)
    if stage is HttpStage.REQUEST:
        return SendAttempt(outcome=SendOutcome.INDETERMINATE, detail=f"{stage}: {_kind(chain)}")
    mend = any(isinstance(one, ssl.SSLCertVerificationError | ssl.CertificateError) for one in chain)
    mend |= any(isinstance(one, socket.gaierror) and one.errno == socket.EAI_NONAME for one in chain)
    outcome = SendOutcome.MISCONFIGURED if mend else SendOutcome.TRY_AGAIN
    return SendAttempt(outcome=outcome, detail=f"{stage}: {_kind(chain)}")


def retry_after(value: str | None, *, now: datetime, longest: timedelta) -> timedelta | None:
    """What the header asks for (RFC 9110, 10.2.3: seconds or a date), at most `longest`; else None."""
    if value is None:
        return None
    value = value.strip()
    if _SECONDS.fullmatch(value):
        return min(timedelta(seconds=int(value)), longest)
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError, OverflowError):
        return None
    if moment.tzinfo is None:
        return None
    return min(max(moment - now, timedelta(0)), longest)


def _kind(chain: list[BaseException]) -> str:
    for kind, words in _KINDS:
        if any(isinstance(one, kind) for one in chain):
            return words
    return "connection lost" if any(isinstance(one, OSError) for one in chain) else "malformed answer"


_KINDS: tuple[tuple[type[BaseException], str], ...] = (
    (ssl.SSLCertVerificationError, "certificate not trusted"),
    (ssl.SSLError, "TLS handshake failed"),
    (socket.gaierror, "host name not found"),
    (TimeoutError, "no answer in time"),
    (ConnectionRefusedError, "connection refused"),
)


def _causes(fault: BaseException | None) -> list[BaseException]:
    """The fault and what lies under it; the library keeps some of it in attributes."""
    chain: list[BaseException] = []
    waiting = [fault]
    while waiting:
        one = waiting.pop()
        if one is None or one in chain:
            continue
        chain.append(one)
        inner = getattr(one, "os_error", None) or getattr(one, "certificate_error", None)
        waiting += [one.__cause__, inner if isinstance(inner, BaseException) else None]
    return chain
