"""Whose a record is: what the MAC covers, and what passes without one while it is not required."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from confluent_kafka import Message
from hypothesis import example, given
from hypothesis import strategies as st

from config.topics import GUARDED, Topic
from crypto.stream_keys import StreamKeyring, new_stream_keyring
from infra.kafka_record import KafkaRecord
from infra.stream_mac import NO_MAC, StreamMac, as_foreign
from models.events.event_types import InputTopic
from models.reasons import ForeignReason

SINCE = datetime(2026, 1, 1, tzinfo=UTC)
SINCE_MS = round(SINCE.timestamp() * 1000)
TAGS = new_stream_keyring().tags()
OPTIONAL = StreamMac(TAGS)
REQUIRED = StreamMac(TAGS, SINCE)
PLAIN = KafkaRecord(Topic.PEOPLE, 3, 17, SINCE_MS, b"person", b"{}", [("applied", b"9")])

Parts = tuple[bytes | None, bytes | None, list[tuple[str, bytes | None]]]


def signed(record: KafkaRecord, mac: StreamMac = OPTIONAL) -> KafkaRecord:
    """With the headers that its writer gives it."""
    headers = mac.headers(record.topic, record.partition, record.key, record.value, record.headers)
    return record._replace(headers=headers)


def test_what_the_service_has_written_is_its_own_wherever_it_is_written_again() -> None:
    """A batch that was sent twice stands at another offset; a record written again means the same."""
    assert REQUIRED.fault(signed(PLAIN)) is None
    assert REQUIRED.fault(signed(PLAIN)._replace(offset=99, timestamp_ms=SINCE_MS + 5)) is None


@pytest.mark.parametrize(
    "changed",
    [
        {"topic": Topic.DECISIONS},
        {"partition": 4},
        {"key": b"another"},
        {"key": None},
        {"value": b"{} "},
        {"value": None},
    ],
)
def test_nothing_of_it_can_be_changed(changed: dict[str, Any]) -> None:
    """Nor can it be carried to another topic or another partition of its own."""
    assert OPTIONAL.fault(signed(PLAIN)._replace(**changed)) is ForeignReason.WRONG_MAC


def test_a_header_that_means_something_is_covered_and_any_other_is_not() -> None:
    """What a tracing library adds must not make every record foreign."""
    record = signed(PLAIN)
    (applied, mac) = record.headers
    assert OPTIONAL.fault(record._replace(headers=[("traceparent", b"\xff"), applied, mac])) is None
    for headers in ([("applied", b"10"), mac], [mac], [applied, ("applied", b"10"), mac]):
        assert OPTIONAL.fault(record._replace(headers=headers)) is ForeignReason.WRONG_MAC


parts = st.tuples(
    st.none() | st.binary(max_size=6),
    st.none() | st.binary(max_size=6),
    st.lists(st.tuples(st.just("applied"), st.none() | st.binary(max_size=3)), max_size=2),
)


@given(parts, parts)
@example((b"a", b"b", []), (b"ab", b"", []))
@example((b"", b"a", []), (None, b"a", []))
@example((b"a", b"b", []), (b"a", None, [("applied", b"b")]))
@example((b"a", b"applied 1\nb", []), (b"a", b"", [("applied", b"b")]))
def test_parts_that_differ_have_macs_that_differ(one: Parts, other: Parts) -> None:
    """Also where they are the same when they are joined, and where one is empty and the other is not there."""
    mac = OPTIONAL.headers(Topic.PEOPLE, 3, *one)[-1]
    record = PLAIN._replace(key=other[0], value=other[1], headers=[*other[2], mac])
    assert (OPTIONAL.fault(record) is None) == (one == other)


def test_a_vector_of_the_whole() -> None:
    """Rings of other versions must come to the same: who changes what is covered makes every record foreign."""
    ring = StreamKeyring(keys={"s1": b64encode(bytes(range(32))).decode()}, active="s1")
    (said, mac) = StreamMac(ring.tags()).headers("people", 3, b"person", b"{}", [("applied", b"9")])
    assert (said, mac) == (
        ("applied", b"9"),
        ("mac", bytes.fromhex("73313a508fa259bdfad968779918ba2d8da990")),
    )


def test_two_macs_are_none() -> None:
    """A reader that takes the first and one that takes the last must not disagree."""
    record = signed(PLAIN)
    doubled = record._replace(headers=[*record.headers, record.headers[-1]])
    assert OPTIONAL.fault(doubled) is ForeignReason.WRONG_MAC
    assert OPTIONAL.fault(record._replace(headers=[("mac", None)])) is ForeignReason.WRONG_MAC


def test_without_a_mac_only_what_was_appended_before_is_taken() -> None:
    """By the broker's clock; while none is required, everything is."""
    before = PLAIN._replace(timestamp_ms=SINCE_MS - 1)
    assert REQUIRED.fault(before) is None
    assert REQUIRED.fault(PLAIN) is ForeignReason.NO_MAC
    assert OPTIONAL.fault(PLAIN) is NO_MAC.fault(PLAIN) is None


def test_a_mac_that_is_wrong_is_wrong_before_one_is_required_too() -> None:
    """Else whoever wants to be believed would only have to spoil one."""
    record = PLAIN._replace(timestamp_ms=SINCE_MS - 1, headers=[("mac", b"s1:0123456789abcdef")])
    assert REQUIRED.fault(record) is ForeignReason.WRONG_MAC


def test_without_keys_nothing_is_written_and_nothing_is_judged() -> None:
    """As in the version before there were any; a requirement that nobody could judge is refused."""
    assert signed(PLAIN, NO_MAC) == PLAIN
    assert NO_MAC.fault(PLAIN._replace(headers=[("mac", b"s1:")])) is None
    with pytest.raises(ValueError, match="needs keys"):
        StreamMac(None, SINCE)


def test_other_peoples_topics_carry_none() -> None:
    """Senders sign what they send, and subscribers have no key; what was refused is sealed; a root is signed."""
    others = {*InputTopic, Topic.TASK_EVENTS, Topic.REACTIONS, Topic.REJECTED, Topic.AUDIT_CHECKPOINTS}
    assert {*Topic, *InputTopic} - others == GUARDED
    for topic in others:
        record = PLAIN._replace(topic=topic)
        assert signed(record) == record
        assert REQUIRED.fault(record) is None


def test_of_a_foreign_record_its_place_is_told_and_nothing_else() -> None:
    """Somebody else's bytes belong into no log and no database."""
    told = as_foreign(PLAIN._replace(value=b"0101010001", key=b"0101010001"), ForeignReason.NO_MAC)
    assert told.place == ("people", 3, 17)
    assert told.appended_at - SINCE == timedelta(0)
    assert b"0101010001" not in told.model_dump_json().encode()


@pytest.mark.parametrize("claimed", [-1, -(2**62), 2**62])
def test_a_time_that_no_calendar_holds_stops_nobody(claimed: int) -> None:
    """Before the brokers' clock is asked for, a writer can say anything."""
    told = as_foreign(PLAIN._replace(timestamp_ms=claimed), ForeignReason.WRONG_MAC)
    assert 1970 <= told.appended_at.year <= 2100


def test_the_auditors_client_sees_the_same_record() -> None:
    """librdkafka hands headers out in its own way, and raises at a name that is not UTF-8."""

    class Given:
        """What is asked of a message."""

        def __init__(self, broken: bool) -> None:
            self._broken = broken

        topic = staticmethod(lambda: PLAIN.topic)
        partition = staticmethod(lambda: PLAIN.partition)
        offset = staticmethod(lambda: PLAIN.offset)
        timestamp = staticmethod(lambda: (1, PLAIN.timestamp_ms))
        key = staticmethod(lambda: PLAIN.key)
        value = staticmethod(lambda: PLAIN.value)

        def headers(self) -> object:
            """Those that the writer gave it."""
            if self._broken:
                raise UnicodeDecodeError("utf-8", b"\xff", 0, 1, "no")
            return list(signed(PLAIN).headers)

    def seen(broken: bool) -> KafkaRecord:
        given: Message = Given(broken)  # type: ignore[assignment]  # of a message nothing else is asked
        return KafkaRecord.of_message(given)

    assert REQUIRED.fault(seen(False)) is None
    assert REQUIRED.fault(seen(True)) is ForeignReason.NO_MAC
