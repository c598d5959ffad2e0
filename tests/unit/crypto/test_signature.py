"""The sender's signature: bound to topic, attributes, data and key; nothing malformed gets past it."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import OctKey, OKPKey

from crypto.new_keys import new_signing_key
from crypto.signature import (
    NotCanonicalError,
    SignatureError,
    key_id,
    quick_signing_input,
    sign,
    signing_input,
    verify,
)

ATTRIBUTES = {"id": "1", "sender": "280051", "type": "t", "time": "2026-09-01T10:00:00Z"}
DATA: dict[str, Any] = {"b": "æøå", "a": [1, 2.5, None, True]}
TOPIC = "dropout-risks"
KEY = new_signing_key("key-1")
CONTENT = signing_input(ATTRIBUTES, DATA, TOPIC)
SIGNATURE = sign(CONTENT, KEY)


def header(**members: Any) -> str:
    return _encoded(json.dumps(members).encode())


def _encoded(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()


def test_a_good_signature_names_its_key_and_fits() -> None:
    """Detached: the content is not in it; deterministic: the same content, the same signature."""
    assert key_id(SIGNATURE) == "key-1"
    verify(SIGNATURE, CONTENT, OKPKey.import_key(KEY.as_dict(private=False)))
    assert SIGNATURE.count(".") == 2
    assert ".." in SIGNATURE
    assert sign(CONTENT, KEY) == SIGNATURE


def test_the_content_is_canonical() -> None:
    """Order of members and way of writing numbers do not matter (RFC 8785); its bytes never change."""
    other_order = {"a": [1.0, 2.50, None, True], "b": "æøå"}
    assert signing_input(dict(reversed(ATTRIBUTES.items())), other_order, TOPIC) == CONTENT
    assert CONTENT.decode() == (
        '{"attributes":{"id":"1","sender":"280051","time":"2026-09-01T10:00:00Z","type":"t"},'
        '"data":{"a":[1,2.5,null,true],"b":"æøå"},"topic":"dropout-risks"}'
    )


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_every_attribute_is_bound(name: str) -> None:
    """One sign more, or one attribute less, and it does not fit."""
    without = {other: text for other, text in ATTRIBUTES.items() if other != name}
    for attributes in (ATTRIBUTES | {name: ATTRIBUTES[name] + "x"}, without):
        with pytest.raises(SignatureError):
            verify(SIGNATURE, signing_input(attributes, DATA, TOPIC), KEY)


@pytest.mark.parametrize(
    "data", [{}, DATA | {"c": None}, DATA | {"b": "aøå"}, {"b": "æøå", "a": [1, 2.5, True, None]}]
)
def test_the_data_is_bound(data: dict[str, Any]) -> None:
    """Every member, its value and the order of lists."""
    with pytest.raises(SignatureError):
        verify(SIGNATURE, signing_input(ATTRIBUTES, data, TOPIC), KEY)


@pytest.mark.parametrize("topic", ["enrolments", "dropout-risks ", ""])
def test_the_topic_is_bound(topic: str) -> None:
    """A record copied to another topic carries a wrong signature."""
    with pytest.raises(SignatureError):
        verify(SIGNATURE, signing_input(ATTRIBUTES, DATA, topic), KEY)


def test_the_key_is_bound() -> None:
    """Another key does not fit, although it has the same name."""
    with pytest.raises(SignatureError):
        verify(SIGNATURE, CONTENT, new_signing_key("key-1"))


def test_another_curve_is_no_key() -> None:
    """X25519 seals and never signs; Ed448 is not in the contract."""
    for curve in ("X25519", "Ed448"):
        with pytest.raises(SignatureError):
            verify(SIGNATURE, CONTENT, OKPKey.generate_key(curve))


def test_a_key_of_another_curve_with_the_very_bytes_of_a_good_one_verifies_nothing() -> None:
    """What a key is registered for decides, and not whether its bytes happen to fit."""
    same_bytes = OKPKey.import_key({"kty": "OKP", "crv": "X25519", "x": KEY.as_dict(private=False)["x"]})
    with pytest.raises(SignatureError):
        verify(SIGNATURE, CONTENT, same_bytes)


def test_only_a_private_key_of_the_contracts_curve_signs() -> None:
    """A public half cannot, and what another curve would make, nobody could verify."""
    for key in (OKPKey.import_key(KEY.as_dict(private=False)), OKPKey.generate_key("Ed448", {"kid": "k"})):
        with pytest.raises(TypeError, match="private key of this curve"):
            sign(CONTENT, key)


def test_no_other_algorithm_is_taken() -> None:
    """Neither none, nor a MAC made with the public key, nor another curve's signature."""
    payload = _encoded(CONTENT)
    public = KEY.as_dict(private=False)
    mac_key = OctKey.import_key({"kty": "oct", "k": public["x"]})
    forged = jws.serialize_compact({"alg": "HS256", "kid": "key-1"}, CONTENT, mac_key, algorithms=["HS256"])
    ed448 = OKPKey.generate_key("Ed448", {"kid": "key-1"})
    other = jws.serialize_compact({"alg": "Ed448", "kid": "key-1"}, CONTENT, ed448, algorithms=["Ed448"])
    signed = f"{header(alg='EdDSA', kid='key-1')}.{payload}"  # the older name
    eddsa = f"{signed}.{_encoded(KEY.private_key.sign(signed.encode()))}"  # type: ignore[union-attr]  # Ed25519
    for whole in (forged, other, eddsa, f"{header(alg='none', kid='key-1')}.{payload}."):
        detached = jws.detach_content(whole)
        for key in (KEY, OKPKey.import_key(public)):
            with pytest.raises(SignatureError):
                verify(detached, CONTENT, key)
        with pytest.raises(SignatureError):
            key_id(detached)


def test_a_critical_extension_is_refused() -> None:
    """RFC 7515, 4.1.11; a `crit` of another type once broke the library, and so the worker."""
    tail = SIGNATURE.split(".")[2]
    for crit in (["b64"], ["x"], [], 5, None, "b64"):
        bad = f"{header(alg='Ed25519', kid='key-1', crit=crit, b64=False)}..{tail}"
        with pytest.raises(SignatureError):
            key_id(bad)
        with pytest.raises(SignatureError):
            verify(bad, CONTENT, KEY)


EVERY_NAME = dict.fromkeys(("typ", "cty", "jku", "jwk", "x5u", "x5c", "x5t", "x5t#S256"), "x")


def signed_under(head: str, front: bytes = b"") -> str:
    """A signature that fits, under a header of our making; `front` is signed before what a signature covers."""
    private = KEY.private_key
    assert isinstance(private, Ed25519PrivateKey)
    tail = private.sign(front + f"{head}.{_encoded(CONTENT)}".encode())
    return f"{head}..{_encoded(tail + front)}"


def test_a_header_may_have_every_name_of_the_rfc_that_changes_nothing() -> None:
    verify(signed_under(header(alg="Ed25519", kid="key-1", **EVERY_NAME)), CONTENT, KEY)


@pytest.mark.parametrize("name", ["b64", "x", "zip", "KID"])
def test_a_header_with_another_name_is_refused_though_the_signature_fits(name: str) -> None:
    """It may change what is signed: nobody here knows."""
    with pytest.raises(SignatureError):
        verify(signed_under(header(alg="Ed25519", kid="key-1", **{name: False})), CONTENT, KEY)


def test_a_signature_over_more_than_the_content_does_not_fit() -> None:
    """The library takes what follows the 64 bytes for the beginning of what was signed."""
    with pytest.raises(SignatureError):
        verify(signed_under(SIGNATURE.split(".")[0], front=b"something in front"), CONTENT, KEY)


def test_a_signature_of_1024_signs_is_read_and_no_longer_one() -> None:
    """A header's name for a key is short; what is long is not even decoded."""
    longest = next(
        text
        for size in range(500, 800)
        if len(text := signed_under(header(alg="Ed25519", kid="k" * size))) >= 1023
    )
    pad = 1024 - len(longest)
    assert key_id(longest + "A" * pad).startswith("kkk")
    with pytest.raises(SignatureError):
        key_id(longest + "A" * (pad + 1))


def test_a_signature_that_carries_its_content_is_refused() -> None:
    """What is in the middle would be ignored; it is refused instead."""
    attached = SIGNATURE.replace("..", f".{_encoded(b'other')}.")
    with pytest.raises(SignatureError):
        verify(attached, CONTENT, KEY)


@pytest.mark.parametrize(
    "bad",
    [
        "", ".", "..", "...", "a", "a.b", "a..b", "æ..ø", "\ud800..",
        SIGNATURE + ".", SIGNATURE + "A" * 1024,
        f"{_encoded(b'5')}..AA", f"{_encoded(b'[]')}..AA", f"{_encoded(b'null')}..AA",
        f"{_encoded(b'{')}..AA",
        f"{header()}..AA", f"{header(alg='Ed25519')}..AA", f"{header(alg='Ed25519', kid=5)}..AA",
        f"{header(alg=['Ed25519'], kid='k')}..AA", f"{header(kid='k')}..AA",
        f"{_encoded(b'[' * 600)}..AA",
    ],
)  # fmt: skip
def test_what_is_no_signature_is_refused(bad: str) -> None:
    """By both functions, and with nothing but their own error."""
    with pytest.raises(SignatureError):
        key_id(bad)
    with pytest.raises(SignatureError):
        verify(bad, CONTENT, KEY)


members: st.SearchStrategy[dict[str, Any]] = st.dictionaries(
    st.sampled_from(["alg", "kid", "crit", "b64", "typ", "jwk", "jku", "x5c", "x"]),
    st.sampled_from(["Ed25519", "none", "key-1", ["b64"], 5, None, {}, [], True, "é"]),
)
texts = st.text(alphabet=".AQeyJ_-=\né", max_size=40) | st.text(max_size=40)
headers = members.map(lambda chosen: header(**{"alg": "Ed25519", "kid": "key-1", **chosen}))


@settings(max_examples=2000, deadline=None, derandomize=True, database=None)
@given(texts | st.builds(lambda head, middle, tail: f"{head}.{middle}.{tail}", headers | texts, texts, texts))
def test_any_text_is_no_signature(text: str) -> None:
    """Nothing malformed is taken, and nothing but `SignatureError` is raised."""
    with pytest.raises(SignatureError):
        verify(text, CONTENT, KEY)
    try:
        assert isinstance(key_id(text), str)
    except SignatureError:
        return


@pytest.mark.parametrize(
    "data",
    [{"n": 2**53}, {"n": -(2**60)}, {"n": float("inf")}, {"n": float("nan")}, {"s": "\ud800"}, {"\udfff": 1}],
)
def test_what_json_cannot_carry_exactly_is_not_signed(data: dict[str, Any]) -> None:
    """RFC 8785 has no words for it."""
    with pytest.raises(NotCanonicalError):
        signing_input(ATTRIBUTES, data, TOPIC)


@pytest.mark.parametrize("make", [signing_input, quick_signing_input])
def test_what_cannot_be_written_at_all_is_not_signed_in_either_form(make: Callable[..., bytes]) -> None:
    """Half a character, and lists within lists without end; no other error comes out."""
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    for data in ({"s": "\ud800"}, {"deep": deep}):
        with pytest.raises(NotCanonicalError):
            make(ATTRIBUTES, data, TOPIC)
