"""What of somebody else's trace is read: W3C's examples, and nothing that could hold a person's number."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.events.traceparent import read_traceparent
from tests.factories import MADE_UP_CPR

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = "00f067aa0ba902b7"
FOUND = (int(TRACE, 16), int(SPAN, 16))


@pytest.mark.parametrize(
    "text",
    [
        f"00-{TRACE}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-00",
        f"00-{TRACE}-{SPAN}-ff",
        f"cc-{TRACE}-{SPAN}-01",
        f"cc-{TRACE}-{SPAN}-01-what-the-future-will-be-like",
    ],
)
def test_what_w3c_calls_valid_is_read_and_a_later_version_too(text: str) -> None:
    assert read_traceparent(text) == FOUND


@pytest.mark.parametrize(
    "text",
    [
        "",
        "00",
        f"00-{TRACE}-{SPAN}",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01-more",
        f"00-{TRACE}-{SPAN}-01-",
        f"cc-{TRACE}-{SPAN}-01.more",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{TRACE[:-1]}-{SPAN}-01",
        f"00-{TRACE}{TRACE}-{SPAN}-01",
        f" 00-{TRACE}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01\n",
        f"00-{TRACE}-{SPAN}-0x",
        f"0０-{TRACE}-{SPAN}-01",
        f"cc-{TRACE}-{SPAN}-01-" + "a" * 10_000,
    ],
)
def test_what_is_malformed_is_not_used(text: str) -> None:
    assert read_traceparent(text) is None


@given(st.integers(min_value=0, max_value=22), st.booleans())
def test_an_id_that_shows_a_cpr_is_not_used(at: int, in_trace: bool) -> None:
    trace, span = "a" * 32, "b" * 16
    if in_trace:
        trace = trace[:at] + MADE_UP_CPR + trace[at + 10 :]
    else:
        span = span[: at % 7] + MADE_UP_CPR + span[at % 7 + 10 :]
    assert read_traceparent(f"00-{trace}-{span}-01") is None


@given(st.text())
def test_no_text_stops_it(text: str) -> None:
    assert read_traceparent(text) is None
