"""One institution's own key signs its own events and nobody else's."""

from pathlib import Path

import orjson
import pytest

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
