"""A key ring that can be read and is of no use, or of use to everybody, is named for what it is."""

from base64 import b64encode
from collections.abc import Callable
from hashlib import blake2b
from typing import Any, Final, Literal

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from joserfc.jwk import OKPKey
from pydantic import ValidationError

from config.keyring_faults import opens_nothing, ring_faults
from config.sections.keys import IntakeKeySection, NoticeKeySection
from crypto import base64url
from crypto.keyring import Keyring, new_keyring
from crypto.published_keys import SEALING, SIGNING
from crypto.sealed_cpr import SealNotOpenedError, open_sealed, seal
from tests.factories import MADE_UP_CPR
from tools.docs.contract_vectors import SERVICE_KEY, SIGNING_KEY

SOUND: Final = new_keyring()
KEY: Final = SOUND.opening[0]
OTHER: Final = {**new_keyring().opening[0], "kid": "service-2"}
PUBLIC: Final = {name: part for name, part in KEY.items() if name != "d"}
SECRET: Final = SOUND.vault["v1"]


def ring(*opening: dict[str, Any], **vault: str) -> Keyring:
    keys = {"v1": SECRET, **vault}
    return Keyring(vault=keys, vault_active="v1", opening=opening)


def made(curve: Literal["Ed25519", "Ed448", "X448"]) -> dict[str, Any]:
    return OKPKey.generate_key(curve, {"kid": "service-1"}).as_dict(private=True)


def said(of: Keyring, *, taken: bool = False) -> list[str]:
    return [str(fault) for fault in ring_faults(of, published_keys_taken=taken)]


def test_a_ring_with_keys_of_two_months_is_sound() -> None:
    assert said(SOUND) == said(ring(KEY, OTHER, v2=new_keyring().vault["v1"])) == []


@pytest.mark.parametrize(
    "characters",
    [
        b"9f86d081884c7d659a2feaa0c55ad015",
        b"3f2e1b7c0a9d8e4f6b5c2d1a0f9e8d7c",
        b"00d1e0f24a8b39b10c4d1e0a2b4d8e9f",
        *(blake2b(bytes([number]), digest_size=16).hexdigest().encode() for number in range(20)),
    ],
)
def test_hex_characters_made_by_chance_are_a_sound_vault_key(characters: bytes) -> None:
    """`openssl rand -hex 16` gives 32 characters and 128 bits, which nobody guesses."""
    assert said(ring(KEY, v2=b64encode(characters).decode())) == []


@pytest.mark.parametrize(
    "guessed",
    [
        b"frafaldsvarselfrafaldsvarselfraf",
        b"0123456789abcdef0123456789abcdef",
        b"abcdefghijklmnopqrstuvwxyz012345",
        b"passwordpasswordpasswordpassword",
        b"11111111111111112222222222222222",
        bytes(range(0, 64, 2)),
    ],
)
def test_words_and_sequences_are_no_vault_key(guessed: bytes) -> None:
    assert said(ring(KEY, v2=b64encode(guessed).decode())) == [
        "vault key 2 was not made by chance: it can be guessed."
    ]


@pytest.mark.parametrize(
    ("of", "sentence"),
    [
        (ring(), "the key ring has no opening key: no CPR could be opened."),
        (ring(PUBLIC), "opening key 1 is a public half only: it opens nothing."),
        (ring(made("Ed25519")), "opening key 1 is not an X25519 key: no CPR is sealed to it."),
        (ring(made("X448")), "opening key 1 is not an X25519 key: no CPR is sealed to it."),
        (ring(made("Ed448")), "opening key 1 is not an X25519 key: no CPR is sealed to it."),
        (
            ring({**KEY, "x": OTHER["x"]}),
            "opening key 1 has halves of two keys: what is sealed to it stays shut.",
        ),
    ],
)
def test_a_ring_that_opens_nothing_says_so_and_starts_no_intake(of: Keyring, sentence: str) -> None:
    """`check-config` called each of these sound."""
    assert said(of) == [sentence]
    assert opens_nothing(of)
    sealed_to = OKPKey.import_key(of.public_key()) if of.opening else None
    if sealed_to is not None and sealed_to.as_dict()["crv"] == "X25519":
        with pytest.raises(SealNotOpenedError):
            open_sealed(seal(MADE_UP_CPR, sealed_to), of.opening_keys())
    with pytest.raises(ValidationError) as caught:
        IntakeKeySection.model_validate({"KEYRING": of.model_dump_json()})
    assert "has no key that opens a CPR" in str(caught.value)
    assert NoticeKeySection.model_validate({"KEYRING": of.model_dump_json()})


@pytest.mark.parametrize(
    ("of", "sentence"),
    [
        (
            ring(KEY, {**PUBLIC, "kid": "service-2", "x": OTHER["x"]}),
            "opening key 2 is a public half only: it opens nothing.",
        ),
        (ring(KEY, {**OTHER, "kid": KEY["kid"]}), "opening key 2 has the kid of opening key 1."),
        (ring(KEY, OTHER, {**KEY, "kid": "service-3"}), "opening key 3 is opening key 1 once more."),
        (ring(KEY, v2=SECRET), "vault key 2 is vault key 1 once more."),
        (
            ring(KEY, v2=b64encode(bytes(32)).decode()),
            "vault key 2 was not made by chance: it can be guessed.",
        ),
        (
            ring(KEY, v2=b64encode(bytes(range(32))).decode()),
            "vault key 2 was not made by chance: it can be guessed.",
        ),
        (
            ring(KEY, v2=b64encode(bytes(range(99, 67, -1))).decode()),
            "vault key 2 was not made by chance: it can be guessed.",
        ),
        (
            ring(KEY, v2=b64encode(b"changemechangemechangemechangeme").decode()),
            "vault key 2 was not made by chance: it can be guessed.",
        ),
    ],
)
def test_a_key_that_is_wrong_beside_good_ones_is_said_and_stops_nobody(
    of: Keyring, sentence: str | None
) -> None:
    assert said(of) == ([] if sentence is None else [sentence])
    assert IntakeKeySection.model_validate({"KEYRING": of.model_dump_json()})


def test_the_published_key_opens_for_everybody() -> None:
    """Unless published keys are taken on purpose."""
    published = ring(SERVICE_KEY)
    sentence = "opening key 1 is published (docs/contract/vectors): everybody can open with it."
    assert said(published) == [sentence]
    assert said(published, taken=True) == []


def test_no_sentence_shows_a_key_or_a_name() -> None:
    """Whatever somebody has put where."""
    wrong = ring({**PUBLIC, "kid": "a-secret-by-mistake"}, {**KEY, "kid": "a-secret-by-mistake"}, v2=SECRET)
    text = " ".join(said(wrong))
    assert not [part for part in ("a-secret-by-mistake", KEY["x"], KEY["d"], SECRET) if part in text]


def _ed25519(private: bytes) -> str:
    return base64url.encode(Ed25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw())


def _x25519(private: bytes) -> str:
    return base64url.encode(X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw())


@pytest.mark.parametrize(
    ("known", "public_of", "private"),
    [
        (SIGNING, _ed25519, SIGNING_KEY["d"]),
        (SIGNING, _ed25519, "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"),  # RFC 8037, A.1
        (SIGNING, _ed25519, "n4Ni-HpISpVObnQMW0wOhCKROaIKqKtW_2ZYb2p9KcU"),  # RFC 9421, B.1.4
        (SIGNING, _ed25519, base64url.encode(bytes(32))),
        (SEALING, _x25519, SERVICE_KEY["d"]),
        (SEALING, _x25519, "dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo"),  # RFC 8037, A.6
        (SEALING, _x25519, base64url.encode(bytes(32))),
    ],
)
def test_the_published_keys_are_those_whose_private_half_is_public(
    known: dict[str, str], public_of: Callable[[bytes], str], private: str
) -> None:
    assert public_of(base64url.decode(private)) in known
