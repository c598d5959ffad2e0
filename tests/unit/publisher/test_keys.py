"""One institution's own key signs its own events and nobody else's."""

from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest
from joserfc.jwk import OKPKey

from crypto.key_purpose import KeyPurpose
from crypto.new_keys import new_signing_key
from models.events.sender import Sender, VerificationKey, kind_of
from publisher.keys import NoKey, SingleKey
from tests.unit.publisher.conftest import NUMBER, Keys


@pytest.fixture
def files(tmp_path: Path, keys: Keys) -> tuple[Path, Path]:
    own, service = tmp_path / "own.json", tmp_path / "service.public.json"
    own.write_bytes(orjson.dumps(keys.signing.as_dict(private=True)))
    service.write_bytes(orjson.dumps(keys.ring.public_key()))
    return own, service


def test_the_key_is_its_owners(files: tuple[Path, Path], keys: Keys) -> None:
    single = SingleKey(*files)
    assert single.signing_key(NUMBER).as_dict(private=True) == keys.signing.as_dict(private=True)
    assert single.service_key().as_dict() == keys.service_key().as_dict()
    with pytest.raises(NoKey, match=rf"^its sender is not {NUMBER}, whose key own\.json is\.$"):
        single.signing_key("900112")


def test_a_file_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    single = SingleKey(tmp_path / "none.json", tmp_path / "neither.json")
    with pytest.raises(NoKey, match=r"^none\.json cannot be read\.$"):
        single.signing_key(NUMBER)
    with pytest.raises(NoKey, match=r"^The service's public key is missing: neither\.json\.$"):
        single.service_key()


def _written(file: Path, kid: str | None, *, private: bool = True) -> OKPKey:
    key = new_signing_key(kid or "x")
    fields = {name: text for name, text in key.as_dict(private=private).items() if name != "kid" or kid}
    file.write_bytes(orjson.dumps(fields))
    return key


def _registered(number: str, key: OKPKey) -> Sender:
    known = VerificationKey(
        x=str(key.as_dict(private=False)["x"]), kid=str(key.kid), valid_from=datetime(2022, 1, 1, tzinfo=UTC)
    )
    return Sender(number=number, kind=kind_of(number), name="Prøveskolen", cvr="00110019", keys=(known,))


@pytest.mark.parametrize("kid", ["skole-2026-a", "key1", "0101", "3f1c", "900112-1"])
def test_a_key_of_any_name_is_its_owners_in_the_register(files: tuple[Path, Path], kid: str) -> None:
    """A school names its key as it likes: the register says whose it is, whatever the name looks like."""
    key = _written(files[0], kid)
    single = SingleKey(*files, [_registered(NUMBER, key)])
    assert single.signing_key(NUMBER).kid == kid
    with pytest.raises(NoKey, match=rf"^its sender is not {NUMBER}, whose key own\.json is\.$"):
        single.signing_key("900112")


def test_another_key_of_the_same_name_is_nobodys(files: tuple[Path, Path]) -> None:
    """Then the name tells, as without a register."""
    _written(files[0], "900112-1")
    single = SingleKey(*files, [_registered(NUMBER, new_signing_key("900112-1"))])
    assert single.signing_key("900112").kid == "900112-1"


def test_without_a_register_the_first_line_says_whose_the_file_is(files: tuple[Path, Path]) -> None:
    """A school has no register of ours, and a file for one key holds one sender's events."""
    _written(files[0], "skole-2026-a")
    single = SingleKey(*files)
    assert single.signing_key(NUMBER).kid == "skole-2026-a"
    with pytest.raises(NoKey, match=rf"^its sender is not {NUMBER}, whose key own\.json is\.$"):
        single.signing_key("900112")


def test_what_cannot_sign_is_a_sentence(files: tuple[Path, Path], keys: Keys) -> None:
    """A public half, a key of another curve, a key without a name."""
    _written(files[0], f"{NUMBER}-1", private=False)
    with pytest.raises(NoKey, match=r"^own\.json is not a private Ed25519 key\.$"):
        SingleKey(*files).signing_key(NUMBER)
    files[0].write_bytes(orjson.dumps(keys.ring.of(KeyPurpose.OPENING)[0].jwk))
    with pytest.raises(NoKey, match=r"^own\.json is not a private Ed25519 key\.$"):
        SingleKey(*files).signing_key(NUMBER)
    _written(files[0], None)
    with pytest.raises(NoKey, match=r"^own\.json has no kid: the register knows a key by it\.$"):
        SingleKey(*files).signing_key(NUMBER)
