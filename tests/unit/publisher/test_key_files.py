"""Keys for local use: made once, private, and known to the register."""

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from config.reference.rows import has_valid_cvr_check_digit
from config.senders import SenderRegister, base_senders
from crypto.signature import sign, verify
from models.events.sender import SenderKind
from publisher.key_files import (
    NotAdded,
    add_key,
    add_sender,
    ensure_keys,
    made_up_cvr,
    read_sender,
    rotate_key,
)
from publisher.keys import KeyFolder, NoKey
from tests.reference import SHIPPED

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    ensure_keys(tmp_path, base_senders(SHIPPED)[:3])
    return tmp_path


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.rglob("*.json")}


def test_what_is_there_is_never_made_again(data: Path) -> None:
    before = contents(data)
    ensure_keys(data, base_senders(SHIPPED)[:4])
    after = contents(data)
    assert len(after) == len(before) + 2
    assert {name: after[name] for name in before} == before


def test_a_register_entry_that_was_lost_is_made_from_its_key_again(data: Path) -> None:
    number = base_senders(SHIPPED)[0].number
    before = read_sender(data, number)
    (data / "senders" / f"{number}.json").unlink()
    ensure_keys(data, base_senders(SHIPPED)[:1])
    assert read_sender(data, number) == before


def test_a_sender_whose_key_lies_elsewhere_is_left_alone(data: Path) -> None:
    file = data / "keys" / f"{base_senders(SHIPPED)[0].number}.key.json"
    file.unlink()
    ensure_keys(data, base_senders(SHIPPED)[:1])
    assert not file.exists()


def test_private_keys_are_readable_by_the_owner_alone(data: Path) -> None:
    for file in (data / "keys").glob("*.key.json"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(list((data / "keys").glob("*.key.json"))) == 5
    assert b'"d"' not in (data / "keys" / "service.public.json").read_bytes()
    assert list((data / "keys").glob(".*")) == []


def test_what_the_local_key_signs_the_register_verifies(data: Path) -> None:
    sender = base_senders(SHIPPED)[0]
    key = KeyFolder(data / "keys").signing_key(sender.number)
    found = SenderRegister(data / "senders").key(sender.number, f"{sender.number}-1")
    assert found is not None
    verify(sign(b"content", key), b"content", found[1])
    assert found[0].valid_from <= NOW
    assert found[0].valid_to is None


def test_a_known_number_is_added_from_the_reference_data(data: Path) -> None:
    known = base_senders(SHIPPED)[5]
    added = add_sender(data, known.number, now=NOW)
    assert added.model_copy(update={"keys": ()}) == known
    assert added.keys[0].valid_from == NOW
    assert SenderRegister(data / "senders").find(known.number) == added


def test_any_other_six_digits_become_an_institution(data: Path) -> None:
    added = add_sender(data, "123456", now=NOW)
    assert (added.kind, added.name) == (SenderKind.INSTITUTION, "Institution 123456")
    assert added.cvr == made_up_cvr("123456")
    named = add_sender(data, "123457", now=NOW, name="Ny Skole", cvr="12345674")
    assert (named.name, named.cvr) == ("Ny Skole", "12345674")


@pytest.mark.parametrize(
    ("number", "cvr", "sentence"),
    [
        ("0001", None, "A sender that is not in the reference data is an institution: six digits."),
        ("12345٦", None, "A sender that is not in the reference data is an institution: six digits."),
        ("123456", "1", "A CVR number has eight digits."),
    ],
)
def test_what_cannot_be_added_is_a_sentence(data: Path, number: str, cvr: str | None, sentence: str) -> None:
    with pytest.raises(NotAdded) as raised:
        add_sender(data, number, now=NOW, cvr=cvr)
    assert str(raised.value) == sentence


def test_a_sender_is_added_once(data: Path) -> None:
    number = base_senders(SHIPPED)[0].number
    with pytest.raises(NotAdded, match="is in the register already"):
        add_sender(data, number, now=NOW)


def test_made_up_cvr_numbers_satisfy_modulus_11() -> None:
    numbers = [made_up_cvr(f"{number:06d}") for number in range(500)]
    assert all(has_valid_cvr_check_digit(number) for number in numbers)
    assert len(set(numbers)) == len(numbers)


def test_after_a_rotation_the_new_key_signs_and_the_old_one_stays_valid_for_a_while(data: Path) -> None:
    number = base_senders(SHIPPED)[0].number
    sender = rotate_key(data, number, now=NOW, overlap=timedelta(days=2))
    assert [key.kid for key in sender.keys] == [f"{number}-1", f"{number}-2"]
    assert [key.valid_to for key in sender.keys] == [NOW + timedelta(days=2), None]
    assert KeyFolder(data / "keys").signing_key(number).kid == f"{number}-2"
    again = rotate_key(data, number, now=NOW + timedelta(days=1))
    assert again.keys[0].valid_to == NOW + timedelta(days=2), "a rotation never lengthens a key's life"


def test_another_key_stands_beside_the_current_one(data: Path) -> None:
    number, kid = base_senders(SHIPPED)[0].number, f"{base_senders(SHIPPED)[0].number}-0"
    ended = NOW - timedelta(days=1)
    key = add_key(data, number, kid, valid_from=ended - timedelta(days=9), valid_to=ended)
    assert add_key(data, number, kid, valid_from=NOW).as_dict() == key.as_dict()
    folder = KeyFolder(data / "keys")
    assert folder.retired_key(kid).as_dict(private=True) == key.as_dict(private=True)
    assert folder.signing_key(number).kid == f"{number}-1"
    assert [known.valid_to for known in read_sender(data, number).keys] == [ended, None]


@pytest.mark.parametrize("number", ["999999", "../service", "a/b"])
def test_a_key_that_is_not_there_is_a_sentence(data: Path, number: str) -> None:
    with pytest.raises(NoKey, match=r"(There is no private key of sender|not a sender's number)"):
        KeyFolder(data / "keys").signing_key(number)


def test_a_damaged_key_file_is_a_sentence_without_its_content(data: Path) -> None:
    (data / "keys" / "111111.key.json").write_text('{"kty": "OKP", "d": "secret"}')
    with pytest.raises(NoKey, match=r"^111111\.key\.json is not a JWK of an Ed25519 or X25519 key\.$"):
        KeyFolder(data / "keys").signing_key("111111")
