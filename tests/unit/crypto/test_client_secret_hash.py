"""A program's secret is known again, and its hash says nothing of it."""

import pytest

from crypto import base64url
from crypto.client_secret_hash import fits, hash_secret, is_hash, new_secret

SECRET = new_secret()
KEPT = hash_secret(SECRET)


def test_a_secret_fits_its_own_hash_and_no_other() -> None:
    assert fits(SECRET, KEPT)
    assert not fits(SECRET + "x", KEPT)
    assert not fits(new_secret(), KEPT)
    assert not fits("", KEPT)


def test_a_secret_has_256_bits_and_says_what_it_is() -> None:
    """A scanner for leaked secrets finds it by its first signs."""
    assert SECRET.startswith("fvs_")
    assert len(base64url.decode(SECRET.removeprefix("fvs_"))) == 32
    assert new_secret() != SECRET


def test_nobodys_secret_never_fits() -> None:
    assert not fits(SECRET, None)
    assert not fits("", None)


def test_no_two_hashes_of_one_secret_are_the_same() -> None:
    assert hash_secret(SECRET) != KEPT
    assert SECRET not in KEPT


def test_what_is_sent_may_be_any_text_and_of_any_length() -> None:
    assert not fits("\ud800", KEPT)
    assert not fits(SECRET + "x" * 10_000, KEPT)
    assert not fits("x" * 200, hash_secret("x" * 201))


def test_a_secret_of_more_than_200_signs_is_not_taken_for_its_beginning() -> None:
    """No more than these are hashed, so that a caller cannot keep the server at work."""
    kept = hash_secret("x" * 200)
    assert fits("x" * 200, kept)
    assert not fits("x" * 201, kept)
    assert not fits("x" * 201, hash_secret("x" * 201))


@pytest.mark.parametrize(
    "text",
    [
        "",
        SECRET,
        KEPT[:-1],
        KEPT + "A",
        KEPT.replace("scrypt$16384", "scrypt$2"),
        KEPT.replace("$8$", "$80000$"),
        KEPT.replace("scrypt", "plain"),
    ],
    ids=["empty", "the secret", "cut short", "too long", "another cost", "another block", "another kind"],
)
def test_what_is_no_hash_or_of_another_cost_is_known_as_such(text: str) -> None:
    assert is_hash(KEPT)
    assert not is_hash(text)
    if text:
        with pytest.raises(ValueError, match="not a hash"):
            fits(SECRET, text)
