"""What we write, another implementation of the RFCs reads, and the other way round. The numbers are made up."""

from base64 import b32encode, urlsafe_b64encode
from hashlib import sha256
from hmac import digest as hmac_digest

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jwe, jws
from joserfc.jwk import OKPKey

from crypto import base64url
from crypto.new_keys import new_signing_key
from crypto.pseudonym import Pseudonyms
from crypto.sealed_cpr import open_sealed, seal
from crypto.signature import sign, verify
from tests.factories import MADE_UP_CPR
from tests.keys import made_keys

RING = made_keys()
PUBLIC = OKPKey.import_key(RING.public_key())
KEYS = RING.opening_keys
SIGNING = new_signing_key("key-1")
WAYS = ["ECDH-ES", "A256GCM"]


@given(st.binary(max_size=300))
@settings(max_examples=200, deadline=None)
def test_another_library_verifies_what_we_sign_and_signs_what_we_verify(content: bytes) -> None:
    ours = sign(content, SIGNING).split(".")
    whole = f"{ours[0]}.{base64url.encode(content)}.{ours[2]}"
    assert jws.deserialize_compact(whole, SIGNING, algorithms=["Ed25519"]).payload == content
    header = {"alg": "Ed25519", "kid": "key-1"}
    theirs = jws.detach_content(jws.serialize_compact(header, content, SIGNING, algorithms=["Ed25519"]))
    verify(theirs, content, SIGNING)


def test_another_library_opens_what_we_seal() -> None:
    assert jwe.decrypt_compact(seal(MADE_UP_CPR, PUBLIC), KEYS["service-1"], algorithms=WAYS).plaintext == (
        MADE_UP_CPR.encode()
    )


@pytest.mark.parametrize(
    "parties", [{}, {"apu": "QWxpY2U", "apv": "Qm9i"}, {"apv": "Qm9i"}, {"typ": "JWE", "cty": "text/plain"}]
)
def test_we_open_what_another_library_seals(parties: dict[str, str]) -> None:
    header = {"alg": "ECDH-ES", "enc": "A256GCM", "kid": "service-1", **parties}
    assert open_sealed(jwe.encrypt_compact(header, MADE_UP_CPR, PUBLIC, algorithms=WAYS), KEYS) == MADE_UP_CPR


@given(st.binary(max_size=60))
def test_base64url_is_the_librarys_without_padding(content: bytes) -> None:
    text = base64url.encode(content)
    assert text == urlsafe_b64encode(content).decode().rstrip("=")
    assert base64url.decode(text) == content


@pytest.mark.parametrize(
    "text", ["A", "AA=", "AA==", "A+A/", "A A", "AAA\n", "é", "A.", "AAAAA", "A!AAA", "AA AA"]
)
def test_base64url_has_one_way_to_write(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        base64url.decode(text)


@given(st.text("0123456789", min_size=10, max_size=10))
def test_a_pseudonym_is_base32_of_the_keyed_hash(cpr: str) -> None:
    secret = b"k" * 32
    expected = hmac_digest(secret, cpr.encode(), sha256)
    assert Pseudonyms(secret).person_id(cpr) == b32encode(expected)[:26].decode().lower()
