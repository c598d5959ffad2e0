"""A set of public keys is read, or refused in one sentence, whatever stands in it."""

import json

import pytest

from crypto.jwk_set import as_set, public_keys
from crypto.new_keys import new_signing_key


def test_a_set_is_read_by_name() -> None:
    key = new_signing_key("one")
    assert list(public_keys(as_set(key))) == ["one"]


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"keys": []}', '{"keys": [5]}', "[" * 100_000, json.dumps({"keys": [{"kty": "OKP"}]})],
)
def test_what_is_no_set_is_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match="is no JWK set"):
        public_keys(text)


def test_a_private_key_has_no_place_in_a_set_and_is_not_repeated() -> None:
    key = new_signing_key("one").as_dict(private=True)
    with pytest.raises(ValueError, match="holds a private key") as refused:
        public_keys(json.dumps({"keys": [key]}))
    assert str(key["d"]) not in str(refused.value)
