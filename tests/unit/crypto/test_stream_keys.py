"""The stream's key ring: several keys read, one writes, and no part can be taken for another."""

from base64 import b64encode
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from crypto.stream_keys import Part, StreamKeyring, new_stream_keyring
from models.reasons import ForeignReason

ONE = b64encode(bytes(range(32))).decode()
OTHER = b64encode(bytes(range(32, 64))).decode()
OLD = StreamKeyring(keys={"s1": ONE}, active="s1")
BOTH = StreamKeyring(keys={"s1": ONE, "s2": OTHER}, active="s2")
parts = st.lists(st.none() | st.binary(max_size=8), max_size=4)


def test_while_keys_are_rotated_each_ring_reads_what_it_can() -> None:
    """The new key is given to every reader first; a writer takes it after that."""
    before, after = OLD.tags(), BOTH.tags()
    old, new = before.make([b"a"]), after.make([b"a"])
    assert (old[:3], new[:3], len(new)) == (b"s1:", b"s2:", 19)
    assert after.fault(old, [b"a"]) is after.fault(new, [b"a"]) is None
    assert before.fault(new, [b"a"]) is ForeignReason.UNKNOWN_KEY


def test_a_known_vector() -> None:
    """HKDF-SHA256 of the ring's key, then HMAC-SHA-256 over length and content of each part, cut to 128 bits."""
    assert OLD.tags().make([b"receipts", b"0", None, b"{}"]).hex() == "73313a430ce7b63877b4d51d36d89e771afe34"


@given(parts, parts)
def test_parts_that_differ_have_macs_that_differ(one: Sequence[Part], other: Sequence[Part]) -> None:
    """Also where they are the same when they are joined, and where one is empty and the other is not there."""
    tags = OLD.tags()
    fault = tags.fault(tags.make(one), other)
    assert (fault is None) == (one == other)


@pytest.mark.parametrize(
    ("mac", "why"),
    [
        (b"", ForeignReason.UNKNOWN_KEY),
        (b"s1", ForeignReason.WRONG_MAC),
        (b"s1:", ForeignReason.WRONG_MAC),
        (b"s9:0123456789abcdef", ForeignReason.UNKNOWN_KEY),
        (b"s1:0123456789abcdef", ForeignReason.WRONG_MAC),
        (b"\xff\xfe:\x00", ForeignReason.UNKNOWN_KEY),
    ],
)
def test_what_is_no_mac_of_ours(mac: bytes, why: ForeignReason) -> None:
    """Whatever stands there, it is answered and raises nothing."""
    assert OLD.tags().fault(mac, [b"a"]) is why


@pytest.mark.parametrize(
    "ring",
    [
        {"keys": {"s1": ONE}, "active": "s2"},
        {"keys": {}, "active": "s1"},
        {"keys": {"s:1": ONE}, "active": "s:1"},
        {"keys": {"s1": b64encode(bytes(16)).decode()}, "active": "s1"},
        {"keys": {"s1": "not base64!"}, "active": "s1"},
        {"keys": {"s1": ONE}, "active": "s1", "more": 1},
    ],
)
def test_a_ring_that_is_not_sound_is_refused(ring: dict[str, object]) -> None:
    """And the error shows no key."""
    with pytest.raises(ValidationError) as told:
        StreamKeyring.model_validate(ring)
    assert ONE not in str(told.value)


def test_a_ring_shows_nothing() -> None:
    """Neither does it come out the same twice."""
    ring = new_stream_keyring()
    assert ring.keys["s1"] not in repr(ring)
    assert ring != new_stream_keyring()
