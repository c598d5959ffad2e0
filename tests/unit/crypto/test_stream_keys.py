"""The stream's key ring: several keys read, one writes."""

from base64 import b64encode

import pytest
from pydantic import ValidationError

from crypto.stream_keys import StreamKeyring, new_stream_keyring
from models.reasons import ForeignReason

ONE = b64encode(bytes(range(32))).decode()
OTHER = b64encode(bytes(range(32, 64))).decode()
OLD = StreamKeyring(keys={"s1": ONE}, active="s1")
BOTH = StreamKeyring(keys={"s1": ONE, "s2": OTHER}, active="s2")


def test_while_keys_are_rotated_each_ring_reads_what_it_can() -> None:
    """The new key is given to every reader first; a writer takes it after that."""
    before, after = OLD.tags(), BOTH.tags()
    old, new = before.make(b"p", b"a"), after.make(b"p", b"a")
    assert (old[:3], new[:3], len(new)) == (b"s1:", b"s2:", 19)
    assert after.fault(old, b"p", b"a") is after.fault(new, b"p", b"a") is None
    assert before.fault(new, b"p", b"a") is ForeignReason.UNKNOWN_KEY


def test_a_known_vector() -> None:
    """HKDF-SHA256 of the ring's key, then keyed BLAKE2b of 128 bits."""
    assert OLD.tags().make(b"receipts/0\n", b"{}").hex() == "73313aa6d078c19dd9d2c7fe1a8c8743a42c4c"


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
    assert OLD.tags().fault(mac, b"p", b"a") is why


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
