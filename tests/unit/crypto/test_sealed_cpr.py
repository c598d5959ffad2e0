"""The CPR on its way: only the service opens it, and no text breaks that. The numbers are made up."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from os import urandom
from types import MappingProxyType
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.concatkdf import ConcatKDFHash
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jwe
from joserfc.jwk import OctKey, OKPKey

from crypto import base64url
from crypto.new_keys import new_opening
from crypto.sealed_cpr import (
    Belongs,
    NotSealedError,
    SealedForAnotherError,
    SealNotOpenedError,
    _content_key,
    open_sealed,
    seal,
)
from tests.factories import MADE_UP_CPR
from tests.keys import MADE_AT, ServiceKeys, made_keys

RING = made_keys()
KEYS = RING.opening_keys
PUBLIC = OKPKey.import_key(RING.public_key())
SEALED = seal(MADE_UP_CPR, PUBLIC)


def with_header(**changes: Any) -> str:
    """`SEALED` with other members in its header; `...` takes one out."""
    first, rest = SEALED.split(".", 1)
    members = json.loads(urlsafe_b64decode(first + "=="))
    kept = {name: value for name, value in (members | changes).items() if value is not ...}
    return f"{urlsafe_b64encode(json.dumps(kept).encode()).rstrip(b'=').decode()}.{rest}"


def made_by_hand(
    changes: Mapping[str, Any] = MappingProxyType({}),
    *,
    iv: int = 12,
    second: str = "",
    in_key: Mapping[str, str] | None = None,
) -> str:
    """As RFC 7516 and 7518 say, with other members in its header: it would open if nobody looked at these."""
    ephemeral = X25519PrivateKey.generate()
    epk = {"kty": "OKP", "crv": "X25519", "x": base64url.encode(ephemeral.public_key().public_bytes_raw())}
    header: dict[str, Any] = {"alg": "ECDH-ES", "enc": "A256GCM", "kid": "service-1", "epk": epk, **changes}
    header["epk"] = epk | header["epk"]
    first = base64url.encode(json.dumps(header).encode())
    service = X25519PublicKey.from_public_bytes(base64url.decode(RING.public_key()["x"]))
    names = header if in_key is None else in_key
    parties = (base64url.decode(names.get(name, "")) for name in ("apu", "apv"))
    info = b"".join(len(part).to_bytes(4) + part for part in (b"A256GCM", *parties)) + (256).to_bytes(4)
    key = ConcatKDFHash(SHA256(), 32, info).derive(ephemeral.exchange(service))
    start = urandom(iv)
    sealed = AESGCM(key).encrypt(start, MADE_UP_CPR.encode(), first.encode())
    return ".".join((first, second, *map(base64url.encode, (start, sealed[:-16], sealed[-16:]))))


EVENT = Belongs("280051", "0d6f6c3e-6a0b-4a37-9d0f-3b1f6f0a7c02")
BOUND = seal(MADE_UP_CPR, PUBLIC, EVENT)
JOSE = ["ECDH-ES", "A256GCM"]


def test_another_library_makes_the_same_of_apu_and_apv() -> None:
    """joserfc opens what is sealed for an event, and what it seals for one is opened here."""
    private = RING.opening_keys["service-1"]
    opened = jwe.decrypt_compact(BOUND, private, algorithms=JOSE)
    assert opened.plaintext == MADE_UP_CPR.encode()
    assert (opened.headers()["apu"], opened.headers()["apv"]) == (
        "MjgwMDUx",
        base64url.encode(EVENT[1].encode()),
    )
    header = {"alg": "ECDH-ES", "enc": "A256GCM", "kid": "service-1", **EVENT.header}
    theirs = jwe.encrypt_compact(header, MADE_UP_CPR, PUBLIC, algorithms=JOSE)
    assert open_sealed(theirs, KEYS, EVENT) == MADE_UP_CPR


@pytest.mark.parametrize(
    "other",
    [
        EVENT._replace(sender="280052"),
        EVENT._replace(event_id="0d6f6c3e-6a0b-4a37-9d0f-3b1f6f0a7c03"),
        Belongs(EVENT.event_id, EVENT.sender),
        Belongs("", ""),
    ],
)
def test_a_seal_for_one_event_opens_for_no_other(other: Belongs) -> None:
    """By what it says, and by what it is: who makes it say something else changes its key (RFC 7518, 4.6.2)."""
    with pytest.raises(SealedForAnotherError):
        open_sealed(BOUND, KEYS, other)
    with pytest.raises(SealedForAnotherError):
        open_sealed(SEALED, KEYS, other)
    first, rest = BOUND.split(".", 1)
    forged = base64url.encode(json.dumps(json.loads(base64url.decode(first)) | other.header).encode())
    with pytest.raises(SealNotOpenedError):
        open_sealed(f"{forged}.{rest}", KEYS, other)


@given(shared=st.binary(min_size=32, max_size=32), apu=st.binary(max_size=70), apv=st.binary(max_size=70))
def test_the_key_is_the_one_that_the_library_derives(shared: bytes, apu: bytes, apv: bytes) -> None:
    info = b"".join(len(part).to_bytes(4) + part for part in (b"A256GCM", apu, apv)) + (256).to_bytes(4)
    assert _content_key(shared, apu, apv) == ConcatKDFHash(SHA256(), 32, info).derive(shared)


def test_the_key_is_the_one_of_the_rfcs_example() -> None:
    """RFC 7518, appendix C."""
    shared = bytes.fromhex("9e56d91d817135d372834283bf84269cfb316ea3da806a48f6daa7798cfe90c4")
    key = _content_key(shared, b"Alice", b"Bob", b"A128GCM", 16)
    assert base64url.encode(key) == "VqqN6vgjbSBcIijNcacQGg"


@pytest.mark.parametrize("flipped", ["apu", "apv"])
def test_each_of_the_two_names_enters_the_key(flipped: str) -> None:
    """Made by hand with one name in the header and another in the key: the header alone would not do."""
    wrong = made_by_hand(EVENT.header, in_key=EVENT.header | {flipped: "QWxpY2U"})
    assert open_sealed(made_by_hand(EVENT.header, in_key=EVENT.header), KEYS, EVENT) == MADE_UP_CPR
    with pytest.raises(SealNotOpenedError):
        open_sealed(wrong, KEYS, EVENT)


@pytest.mark.parametrize("wrong", [5, None, [], {}, "", "MjgwMDUx=", "MjgwMDUy"])
@pytest.mark.parametrize("member", ["apu", "apv"])
def test_a_name_that_is_another_or_none_is_a_seal_for_another(member: str, wrong: Any) -> None:
    with pytest.raises(SealedForAnotherError):
        open_sealed(made_by_hand(EVENT.header | {member: wrong}, in_key=EVENT.header), KEYS, EVENT)


ALL_NAMES = {"apu": "QWxpY2U", "apv": "Qm9i", "typ": "JWE", "cty": "text/plain"}


@pytest.mark.parametrize("names", [{}, ALL_NAMES])
def test_what_is_made_by_hand_as_the_rfc_says_opens(names: dict[str, str]) -> None:
    assert open_sealed(made_by_hand(names), KEYS) == MADE_UP_CPR


@pytest.mark.parametrize(
    "changes",
    [
        {"alg": "none"},
        {"alg": "ECDH-ES+A256KW"},
        {"enc": "A128GCM"},
        {"zip": "DEF"},
        {"crit": ["x"]},
        {"x": 1},
        {"epk": {"kty": "EC"}},
        {"epk": {"crv": "Ed25519"}},
    ],
)
def test_a_seal_that_fits_and_names_another_way_is_not_opened(changes: dict[str, Any]) -> None:
    """What it says of itself must be what it is."""
    with pytest.raises(SealNotOpenedError):
        open_sealed(made_by_hand(changes), KEYS)


def test_a_seal_with_a_wrapped_key_or_a_start_of_another_length_is_not_opened() -> None:
    """There is no wrapped key in this way of sealing, and 12 bytes are what it begins with."""
    for other in (made_by_hand(second="AA"), made_by_hand(iv=16), made_by_hand(iv=8)):
        with pytest.raises(SealNotOpenedError):
            open_sealed(other, KEYS)


def test_a_tag_is_whole() -> None:
    """The library reads text and tag as one: where one ends and the other begins is ours to say."""
    *front, text, tag = SEALED.split(".")
    whole = base64url.decode(text) + base64url.decode(tag)
    for at in (-15, -17):
        moved = ".".join((*front, base64url.encode(whole[:at]), base64url.encode(whole[at:])))
        with pytest.raises(SealNotOpenedError):
            open_sealed(moved, KEYS)


def test_only_a_private_key_of_the_curve_opens_and_only_a_key_of_the_curve_seals() -> None:
    for other in (OKPKey.generate_key("Ed25519"), PUBLIC):
        with pytest.raises(SealNotOpenedError):
            open_sealed(SEALED, {"service-1": other})
    with pytest.raises(TypeError, match="is sealed to an X25519 key"):
        seal(MADE_UP_CPR, OKPKey.generate_key("Ed25519"))


def test_the_service_opens_what_a_sender_sealed() -> None:
    """With the key that the seal names."""
    assert open_sealed(SEALED, KEYS) == MADE_UP_CPR
    assert MADE_UP_CPR not in SEALED
    assert with_header() != ""
    assert seal(MADE_UP_CPR, PUBLIC) != SEALED


def test_an_older_key_opens_while_it_is_kept() -> None:
    """Rotation: the new key stands last and seals, the old one still opens."""
    ring = ServiceKeys((*RING.keys, new_opening("2", MADE_AT)))
    assert ring.public_key()["kid"] == "service-2"
    assert "d" not in ring.public_key()
    both = ring.opening_keys
    assert open_sealed(SEALED, both) == MADE_UP_CPR
    assert open_sealed(seal(MADE_UP_CPR, OKPKey.import_key(ring.public_key())), both) == MADE_UP_CPR


def test_another_services_key_does_not_open_it() -> None:
    """Under the same name, or under one that the service does not have."""
    stranger = OKPKey.generate_key("X25519", {"kid": "service-1"})
    with pytest.raises(SealNotOpenedError):
        open_sealed(seal(MADE_UP_CPR, stranger), KEYS)
    with pytest.raises(SealNotOpenedError):
        open_sealed(seal(MADE_UP_CPR, OKPKey.generate_key("X25519", {"kid": "other"})), KEYS)


def test_no_other_algorithm_is_taken() -> None:
    """A symmetric seal made with the public key opens nothing, nor does another content encryption."""
    shared = OctKey.import_key({"kty": "oct", "k": RING.public_key()["x"]})
    direct = jwe.encrypt_compact(
        {"alg": "dir", "enc": "A256GCM", "kid": "service-1"},
        MADE_UP_CPR,
        shared,
        algorithms=["dir", "A256GCM"],
    )
    weaker = jwe.encrypt_compact(
        {"alg": "ECDH-ES", "enc": "A128GCM", "kid": "service-1"},
        MADE_UP_CPR,
        PUBLIC,
        algorithms=["ECDH-ES", "A128GCM"],
    )
    zipped = jwe.encrypt_compact(
        {"alg": "ECDH-ES", "enc": "A256GCM", "zip": "DEF", "kid": "service-1"},
        "0" * 1_000_000,
        PUBLIC,
        algorithms=["ECDH-ES", "A256GCM", "DEF"],
    )
    for other in (direct, weaker, zipped):
        with pytest.raises(SealNotOpenedError):
            open_sealed(other, KEYS)


@pytest.mark.parametrize(
    "clear",
    [
        MADE_UP_CPR,
        "010101-1234",
        "",
        "....",
        "a.b.c",
        "a.b.c.d.e.f",
        "æ.b.c.d.e",
        f"{SEALED}.AA",
        SEALED[:-23],
    ],
)
def test_what_is_no_seal_is_told_from_what_does_not_open(clear: str) -> None:
    """A CPR in the clear, above all."""
    with pytest.raises(NotSealedError):
        open_sealed(clear, KEYS)


@pytest.mark.parametrize(
    "changes",
    [
        {"epk": ...}, {"epk": 5}, {"epk": {}}, {"epk": []}, {"epk": {"kty": "OKP"}},
        {"epk": {"kty": "OKP", "crv": "X25519", "x": 5}},
        {"epk": {"kty": "OKP", "crv": "X25519", "x": "AA"}},
        {"epk": {"kty": "OKP", "crv": "X25519", "x": "A" * 43}},  # the point of small order
        {"epk": {"kty": "EC", "crv": "P-256", "x": "A" * 43, "y": "A" * 43}},
        {"epk": {"kty": "oct", "k": "A"}},
        {"zip": "DEF"}, {"zip": 5}, {"apu": 5}, {"apv": "é"}, {"alg": "none"}, {"alg": 5}, {"alg": ...},
        {"enc": {}}, {"enc": ...}, {"crit": ["x"]}, {"crit": 5},
        {"kid": ...}, {"kid": None}, {"kid": "other"},
        {"p2c": 10**12}, {"alg": ["ECDH-ES"]},
    ],
)  # fmt: skip
def test_a_strange_header_opens_nothing(changes: dict[str, Any]) -> None:
    """Whatever a library does with it, one error comes out."""
    with pytest.raises(SealNotOpenedError):
        open_sealed(with_header(**changes), KEYS)


@pytest.mark.parametrize("kid", [[], {}])
def test_a_name_that_is_none_is_refused(kid: Any) -> None:
    """It cannot be looked up."""
    with pytest.raises((NotSealedError, SealNotOpenedError)):
        open_sealed(with_header(kid=kid), KEYS)


@settings(max_examples=1000, deadline=None, derandomize=True, database=None)
@given(st.integers(0, len(SEALED) - 1), st.text(max_size=4), st.integers(0, 4))
def test_any_damage_opens_to_the_number_or_to_nothing(place: int, text: str, length: int) -> None:
    """Base64 has several ways of writing; another number never comes out, nor any other error."""
    damaged = SEALED[:place] + text + SEALED[place + length :]
    try:
        opened = open_sealed(damaged, KEYS)
    except (NotSealedError, SealNotOpenedError):
        return
    assert opened == MADE_UP_CPR


def test_what_is_no_text_inside_is_refused() -> None:
    """Sealed bytes that are not UTF-8."""
    header = {"alg": "ECDH-ES", "enc": "A256GCM", "kid": "service-1"}
    sealed = jwe.encrypt_compact(header, b"\xff\xfe", PUBLIC, algorithms=["ECDH-ES", "A256GCM"])
    with pytest.raises(SealNotOpenedError):
        open_sealed(sealed, KEYS)


def test_an_error_never_carries_the_number() -> None:
    """Not in its text, and not in what hangs on it."""
    try:
        open_sealed(MADE_UP_CPR, KEYS)
    except NotSealedError as error:
        shown = repr([error, error.__cause__, None if error.__suppress_context__ else error.__context__])
    assert MADE_UP_CPR not in shown
