"""A key that can be read and is of no use, or of use to everybody, is named for what it is."""

import json
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final, Literal

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from joserfc.jwk import OKPKey

from config.key_faults import AHEAD, folder_faults, key_faults, month_faults, opens_nothing, store_faults
from config.key_store import KeyStore
from crypto import base64url
from crypto.key_file import KeyFile
from crypto.key_purpose import KeyHolder, KeyPurpose
from crypto.new_keys import new_key, new_opening, new_seal
from crypto.published_keys import SEALING, SIGNING
from publisher.key_files import ensure_service_keys
from tests.keys import MADE_AT
from tools.docs.contract_vectors import SERVICE_KEY, SIGNING_KEY

SOUND: Final = new_opening("1", MADE_AT)
KEY: Final = dict(SOUND.jwk or {})
OTHER: Final = dict(new_opening("2", MADE_AT).jwk or {})
PUBLIC: Final = {name: part for name, part in KEY.items() if name != "d"}
NOW: Final = datetime(2026, 11, 20, 12, tzinfo=UTC)


def opening(*jwks: dict[str, Any]) -> tuple[KeyFile, ...]:
    return tuple(
        KeyFile(purpose=KeyPurpose.OPENING, kid=str(number), made_at=MADE_AT, jwk=jwk)
        for number, jwk in enumerate(jwks, start=1)
    )


def link(*secrets: bytes) -> tuple[KeyFile, ...]:
    return tuple(
        KeyFile(purpose=KeyPurpose.LINK, kid=f"k{number}", made_at=MADE_AT, key=b64encode(secret).decode())
        for number, secret in enumerate(secrets, start=1)
    )


def made(curve: Literal["Ed25519", "Ed448", "X448"]) -> dict[str, Any]:
    return OKPKey.generate_key(curve, {"kid": "service-1"}).as_dict(private=True)


def said(keys: tuple[KeyFile, ...], *, taken: bool = False) -> list[str]:
    return [str(fault) for fault in key_faults(keys, published_keys_taken=taken)]


@pytest.mark.parametrize(
    "characters",
    [
        b"9f86d081884c7d659a2feaa0c55ad015",
        b"3f2e1b7c0a9d8e4f6b5c2d1a0f9e8d7c",
        *(blake2b(bytes([number]), digest_size=16).hexdigest().encode() for number in range(20)),
    ],
)
def test_hex_characters_made_by_chance_are_a_sound_key(characters: bytes) -> None:
    """`openssl rand -hex 16` gives 32 characters and 128 bits, which nobody guesses."""
    assert said(link(characters)) == []


@pytest.mark.parametrize(
    "guessed",
    [
        b"frafaldsvarselfrafaldsvarselfraf",
        b"0123456789abcdef0123456789abcdef",
        b"passwordpasswordpasswordpassword",
        b"changemechangemechangemechangeme",
        bytes(32),
        bytes(range(32)),
        bytes(range(99, 67, -1)),
        bytes(range(0, 64, 2)),
    ],
)
def test_words_and_sequences_are_no_key(guessed: bytes) -> None:
    assert said(link(guessed)) == ["link-k1.json: was not made by chance: it can be guessed."]


def test_one_secret_under_two_names_is_said() -> None:
    secret = new_key(KeyPurpose.LINK, "k1", MADE_AT).secret
    assert said(link(secret, secret)) == ["link-k2.json: is the key of link-k1.json once more."]


@pytest.mark.parametrize(
    ("jwk", "sentence"),
    [
        (PUBLIC, "is a public half only: it opens nothing."),
        (made("Ed25519"), "is not an X25519 key: no CPR is sealed to it."),
        (made("X448"), "is not an X25519 key: no CPR is sealed to it."),
        (made("Ed448"), "is not an X25519 key: no CPR is sealed to it."),
        ({**KEY, "x": OTHER["x"]}, "has halves of two keys: what is sealed to it stays shut."),
        ({"kid": "service-1"}, "is no key at all: no CPR is sealed to it."),
    ],
)
def test_a_key_that_opens_nothing_says_so_and_starts_no_intake(jwk: dict[str, Any], sentence: str) -> None:
    assert said(opening(jwk)) == [f"opening-1.json: {sentence}"]
    assert opens_nothing(opening(jwk))
    assert not opens_nothing(opening(jwk, OTHER))


def test_two_opening_keys_of_one_name_or_of_one_secret_are_said() -> None:
    assert said(opening(KEY, OTHER)) == []
    assert said(opening(KEY, {**OTHER, "kid": KEY["kid"]})) == [
        "opening-2.json: has the kid of opening-1.json."
    ]
    assert said(opening(KEY, {**KEY, "kid": "service-3"})) == [
        "opening-2.json: is the key of opening-1.json once more."
    ]


def test_the_published_key_opens_for_everybody() -> None:
    """Unless published keys are taken on purpose."""
    sentence = "opening-1.json: is published (docs/contract/vectors): everybody can open with it."
    assert said(opening(SERVICE_KEY)) == [sentence]
    assert said(opening(SERVICE_KEY), taken=True) == []


def test_no_sentence_shows_a_key() -> None:
    """Whatever somebody has put where."""
    text = " ".join(said(opening({**PUBLIC, "kid": "a-secret-by-mistake"}, {**KEY, "x": OTHER["x"]})))
    assert not [part for part in ("a-secret-by-mistake", KEY["x"], KEY["d"]) if part in text]


def test_a_month_without_a_key_is_said_seven_days_before_it_begins() -> None:
    keys = (new_seal("2026-11", MADE_AT),)
    begins = datetime(2026, 12, 1, tzinfo=UTC)
    before = list(month_faults(keys, KeyHolder.INTAKE, begins - AHEAD - (begins - begins).resolution))
    assert before == []
    (fault,) = month_faults(keys, KeyHolder.INTAKE, begins - AHEAD)
    assert str(fault).startswith("intake has no key that seals 2026-12")
    assert list(month_faults((*keys, new_seal("2026-12", MADE_AT)), KeyHolder.INTAKE, begins)) == []


def store(folder: Path) -> KeyStore:
    return ensure_service_keys(folder, NOW)


def of_store(found: KeyStore, now: datetime = NOW) -> list[str]:
    return [str(one) for one in store_faults(found.folder, now=now, published_keys_taken=False)]


def test_a_store_that_was_made_is_sound(tmp_path: Path) -> None:
    assert of_store(store(tmp_path)) == []


def test_a_key_too_many_a_key_too_few_and_a_folder_of_nobody_are_said(tmp_path: Path) -> None:
    found = store(tmp_path)
    (intake, notify) = (found.folder / "intake", found.folder / "notify")
    file = next(intake.glob("pseudonym-*"))
    (notify / file.name).write_bytes(file.read_bytes())
    next(notify.glob("link-*")).unlink()
    (found.folder / "inbox-old").mkdir()
    text = "\n".join(of_store(found))
    assert f"{file.name}: notify holds a key that it does not need (pseudonym): take the file out" in text
    assert "notify has no key of the purpose link" in text
    assert "inbox-old: is a folder of nobody" in text


def test_a_key_that_every_user_of_the_machine_can_read_is_said(tmp_path: Path) -> None:
    found = store(tmp_path)
    file = next((found.folder / "inbox").glob("session-*"))
    file.chmod(0o644)
    assert of_store(found) == []  # nobody but its owner comes into the folder
    (found.folder / "inbox").chmod(0o755)
    (fault,) = of_store(found)
    assert f"every user of the machine can read 1 keys, such as {file.name}" in fault
    file.chmod(0o640)
    assert of_store(found) == []


@pytest.mark.parametrize("holder", [KeyHolder.INTAKE, KeyHolder.INBOX])
def test_the_wrong_half_of_a_month_is_said(holder: KeyHolder, tmp_path: Path) -> None:
    found = store(tmp_path)
    other = KeyHolder.INBOX if holder is KeyHolder.INTAKE else KeyHolder.INTAKE
    name = "seal-2026-11.json"
    (found.folder / holder / name).write_bytes((found.folder / other / name).read_bytes())
    faults = folder_faults(found.folder / holder, holder, now=NOW, published_keys_taken=False)
    half = "a half that opens" if holder is KeyHolder.INTAKE else "no half that opens"
    assert [half in str(one) for one in faults] == [True]


def test_what_is_no_key_is_named_by_its_file_and_not_shown(tmp_path: Path) -> None:
    found = store(tmp_path)
    file = found.folder / "notify" / "link-k1.json"
    for content in (
        "",
        "{}",
        json.dumps({"purpose": "link", "kid": "k1", "key": "c2hvcnQ=", "made_at": "now"}),
    ):
        file.write_text(content)
        assert "link-k1.json: is no key of its purpose; see docs/operations.md, Keys." in of_store(found)
    file.write_bytes((found.folder / "notify" / "bounce-k1.json").read_bytes())
    assert "link-k1.json: holds another key than its name says; see docs/operations.md, Keys." in of_store(
        found
    )


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
