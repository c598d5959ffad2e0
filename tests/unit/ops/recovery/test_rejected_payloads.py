"""Kept bytes are given back as they were sent, and what is not there is said in words."""

from datetime import UTC, datetime, timedelta
from typing import cast

import pytest
from confluent_kafka import Message

from models.dead_letter import id_of
from models.events.person_event import Origin
from ops.recovery.rejected_payloads import Bytes, Gone, gone, unpack, whole
from streams.intake import InputRecord, validate_record
from tests.unit.streams.senders import Senders, place

NOW = datetime(2027, 1, 1, tzinfo=UTC)


def kept_of(value: bytes | None, headers: tuple[tuple[str, bytes | None], ...]) -> Bytes | Gone:
    """What comes back of a record that intake refuses."""
    senders = Senders()
    record = InputRecord(place(), value, headers)
    taken = validate_record(record, senders.context)
    assert taken.rejected_payload is not None
    return unpack(senders.opener.open(taken.rejected_payload, f"rejected/{id_of(record.origin.place)}"))


def test_intakes_own_bytes_come_back_with_their_headers() -> None:
    value = b'not JSON\nover\r\n two lines \xff"'
    headers = (("content-type", b"text/plain"), ("odd", b"\xff\n"), ("empty", b""))
    assert kept_of(value, headers) == Bytes(value, headers)


def test_a_record_without_value_comes_back_empty() -> None:
    assert kept_of(None, ()) == Bytes(b"", ())


def test_a_record_that_was_too_large_to_keep_says_so() -> None:
    found = kept_of(b"x" * (4 * 1024 * 1024 + 1), ())
    assert isinstance(found, Gone)
    assert "never kept" in found.why


def test_bytes_that_are_gone_say_since_when() -> None:
    origin = Origin(topic="benefits", partition=0, offset=1, appended_at=NOW - timedelta(days=125))
    assert gone("rejected", origin.appended_at, removed=True, now=NOW) == (
        "the bytes are gone since about 2026-11-27: rejected keeps them for 90 days"
    )
    assert "before its 90 days" in gone("rejected", NOW - timedelta(days=3), removed=True, now=NOW)
    assert "retention has removed nothing" in gone("rejected", NOW, removed=False, now=NOW)


@pytest.mark.parametrize(
    "fault", [SystemError, UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte")]
)
def test_a_record_with_a_header_that_this_client_cannot_read_says_so(fault: Exception) -> None:
    """Intake reads it, and so may an accepted one that reuses an id: to look at it must not be a traceback."""

    class Odd:
        def headers(self) -> None:
            raise fault

    found = whole(cast("Message", Odd()))
    assert isinstance(found, Gone)
    assert "not UTF-8" in found.why
