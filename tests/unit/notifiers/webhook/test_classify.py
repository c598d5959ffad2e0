"""What an endpoint's answer or a fault means: the table in the docstring of `classify`, row by row."""

import socket
import ssl
from datetime import UTC, datetime, timedelta

import pytest

from models.notifications.delivery import Scope, SendOutcome
from notifiers.webhook.classify import HttpStage, RequestFault, of_exception, of_fault, of_status, retry_after

NOW = datetime(2026, 10, 2, 9, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


class LibraryFault(Exception):
    """As the HTTP library makes them: what lies under it stands in an attribute."""

    def __init__(self, **attributes: object) -> None:
        super().__init__("x")
        self.__dict__.update(attributes)


def under(cause: BaseException) -> BaseException:
    fault = LibraryFault()
    fault.__cause__ = cause
    return fault


@pytest.mark.parametrize(
    ("fault", "words", "outcome"),
    [
        (ssl.SSLCertVerificationError(), "certificate not trusted", SendOutcome.MISCONFIGURED),
        (ssl.SSLError(), "TLS handshake failed", SendOutcome.TRY_AGAIN),
        (socket.gaierror(socket.EAI_NONAME, "x"), "host name not found", SendOutcome.MISCONFIGURED),
        (socket.gaierror(socket.EAI_AGAIN, "x"), "host name not found", SendOutcome.TRY_AGAIN),
        (TimeoutError(), "no answer in time", SendOutcome.TRY_AGAIN),
        (ConnectionRefusedError(), "connection refused", SendOutcome.TRY_AGAIN),
        (OSError(), "connection lost", SendOutcome.TRY_AGAIN),
        (ValueError(), "malformed answer", SendOutcome.TRY_AGAIN),
    ],
)
def test_before_the_request_has_left_only_what_a_person_can_mend_waits_for_one(
    fault: BaseException, words: str, outcome: SendOutcome
) -> None:
    """Alone, as a cause, or in one of the library's attributes; the others of the unit may well fare better."""
    held = (LibraryFault(os_error=fault), LibraryFault(certificate_error=fault))
    for one in (fault, under(fault), under(under(fault)), *held, under(held[0])):
        attempt = of_exception(HttpStage.CONNECT, one)
        assert (attempt.outcome, attempt.detail) == (outcome, f"connect: {words}")
        assert (attempt.scope, attempt.code, attempt.retry_after) == (Scope.MAIL, None, None)
        later = of_exception(HttpStage.REQUEST, one)
        assert (later.outcome, later.detail) == (SendOutcome.INDETERMINATE, f"request: {words}")


def test_an_attribute_that_is_no_fault_is_not_read_as_one() -> None:
    fault = LibraryFault(os_error="[Errno 111]", certificate_error=None)
    assert of_exception(HttpStage.CONNECT, fault).detail == "connect: malformed answer"


def test_faults_that_lead_back_to_each_other_are_read_once() -> None:
    one, other = LibraryFault(), TimeoutError()
    one.__cause__, other.__cause__ = other, one
    assert of_exception(HttpStage.CONNECT, one).detail == "connect: no answer in time"


@pytest.mark.parametrize("fault", RequestFault)
def test_what_keeps_us_from_trying_is_named_and_mended_by_a_person(fault: RequestFault) -> None:
    attempt = of_fault(fault)
    assert (attempt.outcome, attempt.detail) == (SendOutcome.MISCONFIGURED, f"prepare: {fault.value}")
    assert len(fault.value.split()) > 3


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (199, SendOutcome.MISCONFIGURED),
        (200, SendOutcome.DELIVERED),
        (299, SendOutcome.DELIVERED),
        (300, SendOutcome.MISCONFIGURED),
        (499, SendOutcome.MISCONFIGURED),
        (500, SendOutcome.TRY_AGAIN),
    ],
)
def test_each_class_of_answers_begins_and_ends_where_http_says(status: int, outcome: SendOutcome) -> None:
    attempt = of_status(status, None)
    assert (attempt.outcome, attempt.detail) == (outcome, f"answer: {status}")


@pytest.mark.parametrize(
    "value",
    [
        "Fri, 02 Oct 2026 10:00:00 -0000",  # RFC 5322: a moment whose zone nobody knows
        "Fri, 02 Oct 99999999999999999999 10:00:00 GMT",
        "Fri, 02 Oct 2026 10:00:00 +99999999999999999999",
        "Fri, 02 Oct 2026 99:00:00 GMT",
    ],
)
def test_a_date_that_names_no_moment_asks_for_nothing(value: str) -> None:
    assert retry_after(value, now=NOW, longest=HOUR) is None
