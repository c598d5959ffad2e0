"""The service's secrets: pseudonyms and seals that replay gives again, each good for its own purpose only."""

from base64 import b64decode, b64encode
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from crypto.hmac_tokens import HmacTokens, Purpose
from crypto.keyring import Keyring, new_keyring, new_signing_key
from crypto.vault import NotOpenedError, Vault
from tests.factories import MADE_UP_CPR

FIRST, SECOND = bytes(range(32)), bytes(range(32, 64))
VAULT = Vault({"v1": FIRST}, "v1")
ROTATED = Vault({"v1": FIRST, "v2": SECOND}, "v2")


class TestPseudonyms:
    def test_a_pseudonym_never_changes(self) -> None:
        """It is the key of every topic: another value would give every person a new id."""
        assert VAULT.person_id(MADE_UP_CPR) == "5f3xp22u3xtt7rffj3vksiwewp"
        assert VAULT.fingerprint({"b": 1, "a": "æ"}) == "uHRRh6FmNDKP2tQgw3fwwzYY"

    def test_rotation_keeps_it(self) -> None:
        """The ring's first key gives it for ever; the active one seals."""
        assert ROTATED.person_id(MADE_UP_CPR) == VAULT.person_id(MADE_UP_CPR)
        assert ROTATED.fingerprint({"a": 1}) == VAULT.fingerprint({"a": 1})

    def test_it_depends_on_the_key_and_the_number(self) -> None:
        """Without the key, nobody makes the list of all numbers."""
        other = Vault({"v1": SECOND}, "v1")
        assert other.person_id(MADE_UP_CPR) != VAULT.person_id(MADE_UP_CPR)
        assert other.fingerprint({"a": 1}) != VAULT.fingerprint({"a": 1})
        assert VAULT.person_id("0101011235") != VAULT.person_id(MADE_UP_CPR)

    def test_it_has_130_bits_and_no_digit_of_the_number(self) -> None:
        """26 signs of base 32, fit for a key and a path."""
        one = VAULT.person_id(MADE_UP_CPR)
        assert len(one) == 26
        assert set(one) <= set("abcdefghijklmnopqrstuvwxyz234567")

    def test_a_fingerprint_does_not_depend_on_the_order_of_fields(self) -> None:
        """But on every value."""
        assert VAULT.fingerprint({"a": 1, "b": {"d": 2, "c": 3}}) == VAULT.fingerprint(
            {"b": {"c": 3, "d": 2}, "a": 1}
        )
        assert VAULT.fingerprint({"a": 1}) != VAULT.fingerprint({"a": "1"})
        assert VAULT.fingerprint({"a": None}) != VAULT.fingerprint({})


class TestSeals:
    @given(st.binary(max_size=300), st.text(max_size=20))
    def test_what_is_sealed_opens_to_what_it_was(self, plaintext: bytes, purpose: str) -> None:
        """Empty records too: a refused one may have no bytes."""
        assert VAULT.open(VAULT.seal(plaintext, purpose), purpose) == plaintext

    def test_a_replay_seals_to_the_same_bytes(self) -> None:
        """Deterministic for a key and a purpose."""
        assert VAULT.seal(b"text", "p") == Vault({"v1": FIRST}, "v1").seal(b"text", "p")
        assert VAULT.seal(b"text", "p") != VAULT.seal(b"text", "q")

    def test_a_seal_opens_for_its_own_purpose_only(self) -> None:
        """One message's text cannot be shown as another's."""
        sealed = VAULT.seal(b"text", "message/280051/1/p")
        for purpose in ("message/280051/2/p", "", "message/280051/1/p "):
            with pytest.raises(NotOpenedError):
                VAULT.open(sealed, purpose)

    def test_old_seals_open_after_rotation(self) -> None:
        """And new ones name the new key."""
        assert ROTATED.open(VAULT.seal(b"text", "p"), "p") == b"text"
        assert ROTATED.seal(b"text", "p").startswith("v2.")
        with pytest.raises(NotOpenedError):
            VAULT.open(ROTATED.seal(b"text", "p"), "p")

    @pytest.mark.parametrize(
        "bad", ["", ".", "v1", "v1.", "v1.A", "v1.æ", "v1.AAAA", "v3.AAAA", "v1." + "A" * 64, "v1.\ud800"]
    )
    def test_what_is_no_seal_does_not_open(self, bad: str) -> None:
        """One error, whatever is wrong."""
        with pytest.raises(NotOpenedError):
            VAULT.open(bad, "p")

    @given(st.integers(0, 200), st.sampled_from("ABCabc012-_=.æ "))
    def test_damage_never_opens_to_another_text(self, place: int, sign: str) -> None:
        """Authenticated to the last bit; base64 may write the same in two ways."""
        sealed = VAULT.seal(b"text", "p")
        place %= len(sealed)
        try:
            assert VAULT.open(sealed[:place] + sign + sealed[place + 1 :], "p") == b"text"
        except NotOpenedError:
            return

    def test_the_error_does_not_carry_what_was_sealed(self) -> None:
        """Nor anything that hangs on it."""
        with pytest.raises(NotOpenedError) as caught:
            VAULT.open(VAULT.seal(b"text", "p"), "q")
        assert caught.value.__suppress_context__

    @pytest.mark.parametrize(
        ("keys", "active"),
        [({"v1": FIRST}, "v2"), ({"v1": FIRST[:31]}, "v1"), ({"v1": FIRST, "v2": b""}, "v1"), ({}, "v1")],
    )
    def test_a_vault_without_good_keys_is_not_made(self, keys: dict[str, bytes], active: str) -> None:
        """32 bytes each, and the active one among them."""
        with pytest.raises(ValueError, match="32 bytes"):
            Vault(keys, active)


class TestKeyring:
    def test_a_new_ring_works_and_is_new(self) -> None:
        """Nothing fixed, nothing shared."""
        one, other = new_keyring(), new_keyring()
        assert one.make_vault().person_id(MADE_UP_CPR) != other.make_vault().person_id(MADE_UP_CPR)
        assert one.public_key() != other.public_key()
        assert Keyring.model_validate_json(one.model_dump_json()) == one

    def test_a_ring_is_not_changed_in_place(self) -> None:
        """What was derived from it would go on with the old keys."""
        ring = new_keyring()
        with pytest.raises(ValidationError):
            ring.vault_active = "v2"  # type: ignore[misc]  # on purpose

    def test_the_order_of_the_keys_survives_the_file(self) -> None:
        """The first one gives the pseudonyms."""
        ring = Keyring(
            vault={"z": b64encode(FIRST).decode(), "a": b64encode(SECOND).decode()},
            vault_active="a",
            opening=new_keyring().opening,
        )
        read = Keyring.model_validate_json(ring.model_dump_json())
        assert read.make_vault().person_id(MADE_UP_CPR) == VAULT.person_id(MADE_UP_CPR)

    def test_what_the_service_signs_for_itself_is_signed_with_the_active_key(self) -> None:
        """And what it signed with an older one still fits."""
        ring = new_keyring().model_copy(update={"vault": {"v1": b64encode(FIRST).decode()}})
        newer = ring.model_copy(
            update={"vault": ring.vault | {"v2": b64encode(SECOND).decode()}, "vault_active": "v2"}
        )
        before, after = ring.tags(Purpose.LINK), newer.tags(Purpose.LINK)
        assert before.make(b"x", 16) == HmacTokens({"v1": FIRST}, "v1", Purpose.LINK).make(b"x", 16)
        assert after.fits(b"x", before.make(b"x", 16))
        assert not before.fits(b"x", after.make(b"x", 16))

    def test_no_secret_is_shown(self) -> None:
        """Neither in `repr` nor in `str`, of the ring or of the vault; rings stand in tracebacks and logs."""
        ring = new_keyring()
        shown = f"{ring!r} {ring!s} {ring.make_vault()!r} {ring.opening_keys()!r}"
        for secret in _secrets(ring):
            assert secret not in shown

    def test_the_public_key_is_public(self) -> None:
        """No private member, neither of the sealing key nor in a signing key's public half."""
        public = new_keyring().public_key()
        assert set(public) == {"kty", "crv", "x", "kid", "use"}
        assert (public["kid"], public["use"]) == ("service-1", "enc")
        assert new_signing_key("k").as_dict(private=False)["use"] == "sig"
        assert "d" not in new_signing_key("k").as_dict(private=False)

    def test_an_error_about_the_file_shows_no_secret(self) -> None:
        """A field too many, a field of another type, a key that is cut short."""
        ring = new_keyring()
        fields = ring.model_dump(mode="json")
        wrong: list[dict[str, Any]] = [
            fields | {"extra": 1},
            fields | {"vault": [ring.vault["v1"]]},
            fields | {"vault_active": 5},
            fields | {"opening": ring.opening[0]["d"]},
        ]
        for one in wrong:
            with pytest.raises(ValidationError) as caught:
                Keyring.model_validate(one)
            assert all(secret not in str(caught.value) for secret in _secrets(ring))
        short = ring.model_copy(update={"vault": {"v1": ring.vault["v1"][:40]}})
        with pytest.raises(ValueError, match="32 bytes") as raised:
            short.make_vault()
        assert all(secret not in str(raised.value) for secret in _secrets(short))


def _secrets(ring: Keyring) -> list[str]:
    keys = list(ring.vault.values())
    return [*keys, *(repr(b64decode(key)) for key in keys), *(key["d"] for key in ring.opening)]
