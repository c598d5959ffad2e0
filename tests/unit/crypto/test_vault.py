"""Pseudonyms, seals and the split of an earlier key ring: what a replay gives again, each for its own purpose only."""

from base64 import b64decode, b64encode
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Final

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from hypothesis import given
from hypothesis import strategies as st

from crypto.hmac_tokens import HmacTokens, Purpose
from crypto.key_file import KeyFile, month_of, next_month
from crypto.key_purpose import TAGS, KeyPurpose
from crypto.keyring import Keyring
from crypto.month_seals import MonthSeals, NoSealKeyError, sealed_until, sealing_key
from crypto.new_keys import new_opening, new_seal
from crypto.pseudonym import ContentHashes, Pseudonyms
from crypto.vault import KeyShreddedError, NotOpenedError, SealOpener, written
from tests.factories import MADE_UP_CPR
from tests.keys import MADE_AT, ServiceKeys, made_keys

FIRST, SECOND = bytes(range(32)), bytes(range(32, 64))
AT: Final = datetime(2026, 11, 20, 12, tzinfo=UTC)
OPENING: Final = new_opening("1", MADE_AT).jwk or {}
RING: Final = Keyring(
    vault={"v1": b64encode(FIRST).decode(), "v2": b64encode(SECOND).decode()},
    vault_active="v2",
    opening=(OPENING,),
)
OLD: Final = ServiceKeys((*RING.split(AT, "2026-12"), *made_keys().of(KeyPurpose.PAGE)))
MONTHS: Final = made_keys("2026-11", "2026-12")


class TestPseudonyms:
    def test_a_pseudonym_never_changes(self) -> None:
        """It is the key of every topic: another value would give every person a new id."""
        assert OLD.vault.person_id(MADE_UP_CPR) == "5f3xp22u3xtt7rffj3vksiwewp"
        assert OLD.vault.fingerprint({"b": 1, "a": "æ"}) == "uHRRh6FmNDKP2tQgw3fwwzYY"

    def test_it_depends_on_the_key_and_the_number(self) -> None:
        """Without the key, nobody makes the list of all numbers."""
        assert Pseudonyms(FIRST).person_id(MADE_UP_CPR) != Pseudonyms(SECOND).person_id(MADE_UP_CPR)
        assert ContentHashes(FIRST).fingerprint({"a": 1}) != ContentHashes(SECOND).fingerprint({"a": 1})
        assert Pseudonyms(FIRST).person_id("0101011235") != Pseudonyms(FIRST).person_id(MADE_UP_CPR)

    def test_it_has_130_bits_and_no_digit_of_the_number(self) -> None:
        """26 signs of base 32, fit for a key and a path."""
        one = Pseudonyms(FIRST).person_id(MADE_UP_CPR)
        assert len(one) == 26
        assert set(one) <= set("abcdefghijklmnopqrstuvwxyz234567")

    def test_a_fingerprint_does_not_depend_on_the_order_of_fields(self) -> None:
        """But on every value."""
        hashes = ContentHashes(FIRST)
        assert hashes.fingerprint({"a": 1, "b": {"d": 2, "c": 3}}) == hashes.fingerprint(
            {"b": {"c": 3, "d": 2}, "a": 1}
        )
        assert hashes.fingerprint({"a": 1}) != hashes.fingerprint({"a": "1"})
        assert hashes.fingerprint({"a": None}) != hashes.fingerprint({})

    @pytest.mark.parametrize("key", [b"", FIRST[:31], FIRST + b"0"])
    def test_a_key_has_32_bytes(self, key: bytes) -> None:
        with pytest.raises(ValueError, match="32 bytes"):
            Pseudonyms(key)


class TestSeals:
    @given(st.binary(max_size=300), st.text(max_size=20), st.datetimes(timezones=st.just(UTC)))
    def test_what_is_sealed_opens_to_what_it_was_and_a_retry_gives_the_same(
        self, plaintext: bytes, purpose: str, at: datetime
    ) -> None:
        """Empty records too: a refused one may have no bytes. Whoever comes later in whatever process seals alike."""
        sealed = made_once.vault.seal(plaintext, purpose, at)
        assert made_once.opener.open(sealed, purpose) == plaintext
        assert made_once.vault.seal(plaintext, purpose, at) == sealed

    @given(st.binary(max_size=40), st.text(max_size=8), st.binary(max_size=40), st.text(max_size=8))
    def test_two_contents_or_purposes_never_share_a_key(
        self, one: bytes, of_one: str, other: bytes, of_other: str
    ) -> None:
        """A key that seals two texts would tell which of them are alike."""
        first, second = (
            made_once.vault.seal(*what, AT).partition(".")[2] for what in ((one, of_one), (other, of_other))
        )
        assert (first[:43] == second[:43]) == ((one, of_one) == (other, of_other))

    def test_intake_cannot_open_what_it_has_sealed(self) -> None:
        """Its half of a month has no key that opens, in whatever form."""
        (key,) = made_keys().of(KeyPurpose.SEAL)
        half = key.sealing_half()
        assert (half.opener, half.private, half.key) == (None, None, None)
        assert key.private is not None
        assert key.private not in half.model_dump_json()
        assert half.sealing is not None
        assert half.sealing.seal(b"text", "p") == key.sealing.seal(b"text", "p")  # type: ignore[union-attr]

    def test_a_seal_opens_for_its_own_purpose_only(self) -> None:
        """One message's text cannot be shown as another's."""
        for keys in (OLD, MONTHS):
            sealed = keys.vault.seal(b"text", "message/280051/1/p", AT)
            for purpose in ("message/280051/2/p", "", "message/280051/1/p "):
                with pytest.raises(NotOpenedError):
                    keys.opener.open(sealed, purpose)

    @pytest.mark.parametrize("keys", [OLD, MONTHS], ids=["of a ring", "of a month"])
    @pytest.mark.parametrize(
        "bad",
        [
            "",
            ".",
            "K",
            "K.",
            "K.A",
            "K.æ",
            "K.AAAA",
            "v3.AAAA",
            "K." + "A" * 64,
            "K.\ud800",
            "K." + "A" * 128,
        ],
    )
    def test_what_is_no_seal_does_not_open(self, bad: str, keys: ServiceKeys) -> None:
        """One error, whatever is wrong; a point of small order among it."""
        kid = "v2" if keys is OLD else "2026-11"
        with pytest.raises(NotOpenedError):
            keys.opener.open(bad.replace("K", kid), "p")

    @given(st.integers(0, 200), st.sampled_from("ABCabc012-_=.æ "))
    def test_damage_never_opens_to_another_text(self, place: int, sign: str) -> None:
        """Authenticated to the last bit; base64 may write the same in two ways."""
        sealed = MONTHS.vault.seal(b"text", "p", AT)
        place %= len(sealed)
        try:
            assert MONTHS.opener.open(sealed[:place] + sign + sealed[place + 1 :], "p") == b"text"
        except NotOpenedError:
            return

    def test_nobody_makes_a_seal_by_the_public_half_alone(self) -> None:
        """The secret of both sides goes into the key: who has read the public half somewhere has nothing."""
        key, other = new_seal("2026-11", MADE_AT), new_seal("2026-11", MADE_AT)
        forged = key.model_copy(update={"binding": other.binding, "private": None})
        assert forged.sealing is not None
        opener = SealOpener({"2026-11": key.opener})  # type: ignore[dict-item]
        with pytest.raises(NotOpenedError):
            opener.open(forged.sealing.seal(b"text", "p"), "p")

    def test_the_error_does_not_carry_what_was_sealed(self) -> None:
        """Nor anything that hangs on it."""
        with pytest.raises(NotOpenedError) as caught:
            MONTHS.opener.open(MONTHS.vault.seal(b"text", "p", AT), "q")
        assert caught.value.__suppress_context__


made_once: Final = made_keys()


class TestMonths:
    @pytest.mark.parametrize(
        ("at", "month"),
        [
            ("2026-11-30T23:59:59.999999+00:00", "2026-11"),
            ("2026-12-01T00:00:00+00:00", "2026-12"),
            ("2026-12-01T00:30:00+01:00", "2026-11"),
            ("2026-11-30T23:30:00-01:00", "2026-12"),
        ],
    )
    def test_the_month_is_that_of_the_brokers_time_in_utc(self, at: str, month: str) -> None:
        """However it is written; Danish midnight is an hour or two before."""
        sealed = MONTHS.vault.seal(b"text", "p", datetime.fromisoformat(at))
        assert sealed.partition(".")[0] == month

    @pytest.mark.parametrize(
        ("months", "until"),
        [
            (("2026-11", "2026-12"), "2027-01-01"),
            (("2026-11", "2027-01"), "2026-12-01"),
            (("2026-10",), "2026-11-01"),
            (("9999-12",), "2027-11-01"),
        ],
    )
    def test_the_first_month_without_a_key_is_told_a_year_ahead(
        self, months: tuple[str, ...], until: str
    ) -> None:
        now = datetime(2026, 11, 30, 23, 59, tzinfo=UTC)
        found = sealed_until(made_keys(*months).of(KeyPurpose.SEAL), now)
        assert found == datetime.fromisoformat(until).replace(tzinfo=UTC)

    def test_a_month_without_a_key_is_named_and_what_came_before_the_first_is_sealed_by_it(self) -> None:
        """A retry must seal alike: so nothing takes another month's key that may still be made."""
        with pytest.raises(NoSealKeyError, match=r"keys new seal 2027-01"):
            MONTHS.vault.seal(b"text", "p", datetime(2027, 1, 1, tzinfo=UTC))
        assert MONTHS.vault.seal(b"text", "p", datetime(2020, 1, 1, tzinfo=UTC)).startswith("2026-11.")

    @given(
        st.integers(0, 500).map(lambda days: AT + timedelta(days=days - 300)),
        st.integers(1, 8),
    )
    def test_a_key_that_is_added_later_changes_nothing_that_was_sealed(
        self, at: datetime, known: int
    ) -> None:
        """Months are only added at the end (`KeyStore.make`), so a record has one key for ever."""
        month, names = "2026-10", []
        for _ in range(10):
            names.append(month)
            month = next_month(month)
        keys = [KeyFile(purpose="seal", kid=kid, made_at=AT, shredded_at=AT) for kid in names]
        old = OLD.of(KeyPurpose.SEAL)
        for before in ((), old):
            try:
                chosen = sealing_key(month_of(at), (*before, *keys[:known]))
            except NoSealKeyError:
                continue
            assert sealing_key(month_of(at), (*before, *keys)) == chosen

    def test_months_follow_each_other(self) -> None:
        months = ["2026-11"]
        for _ in range(14):
            months.append(next_month(months[-1]))
        assert months[1:3] == ["2026-12", "2027-01"]
        assert months == sorted(set(months))
        assert all(len(one) == 7 for one, _ in pairwise(months))

    def test_of_a_month_that_was_shredded_nothing_is_left_and_the_reader_is_told_so(self) -> None:
        """A record of it that is read again gives an event without what was sealed, the same at every retry."""
        key = new_seal("2026-05", MADE_AT)
        sealed = ServiceKeys((key,)).opener.open(key.sealing.seal(b"text", "p"), "p")  # type: ignore[union-attr]
        assert sealed == b"text"
        left = key.shredded(AT)
        assert set(left.model_dump(exclude_none=True)) == {"purpose", "kid", "made_at", "shredded_at"}
        seals = MonthSeals(lambda: (left,))
        may = datetime(2026, 5, 3, tzinfo=UTC)
        assert seals.seal(b"text", "p", may) == seals.seal(b"other", "p", may) == "2026-05."
        opener = ServiceKeys((left,)).opener
        for text in (key.sealing.seal(b"text", "p"), "2026-05."):  # type: ignore[union-attr]
            with pytest.raises(KeyShreddedError):
                opener.open(text, "p")

    def test_keys_that_come_while_it_runs_are_used_at_once(self) -> None:
        held = [MONTHS.of(KeyPurpose.SEAL)]
        seals = MonthSeals(lambda: held[0])
        january = datetime(2027, 1, 1, tzinfo=UTC)
        with pytest.raises(NoSealKeyError):
            seals.seal(b"text", "p", january)
        held[0] = (*held[0], new_seal("2027-01", AT).sealing_half())
        assert seals.seal(b"text", "p", january).startswith("2027-01.")


class TestSplit:
    """What followed from a ring of earlier versions follows from its keys."""

    def test_what_the_ring_has_sealed_opens_and_it_goes_on_sealing_until_the_months_begin(self) -> None:
        """Written here once more by hand: HKDF and AES-SIV, as the earlier versions did."""
        for kid, secret in (("v1", FIRST), ("v2", SECOND)):
            sealed = written(kid, AESSIV(hkdf(secret, b"frafaldsvarsel seal", 64)).encrypt(b"text", [b"p"]))
            assert OLD.opener.open(sealed, "p") == b"text"
        assert OLD.vault.seal(b"text", "p", AT) == sealed
        with pytest.raises(NoSealKeyError):
            OLD.vault.seal(b"text", "p", datetime(2026, 12, 1, tzinfo=UTC))
        new = ServiceKeys((*OLD.keys, new_seal("2026-12", AT)))
        assert new.vault.seal(b"text", "p", datetime(2026, 12, 1, tzinfo=UTC)).startswith("2026-12.")
        assert new.vault.seal(b"text", "p", AT) == sealed

    def test_what_the_ring_has_signed_is_known_and_it_signs_with_the_active_one(self) -> None:
        """Links in mails and sessions outlive the upgrade."""
        for purpose, tag in TAGS.items():
            ring = HmacTokens({"v1": FIRST, "v2": SECOND}, "v2", tag)
            assert OLD.tags(purpose).make(b"x", 16) == ring.make(b"x", 16)
            assert OLD.tags(purpose).fits(b"x", HmacTokens({"v1": FIRST}, "v1", tag).make(b"x", 16))

    def test_senders_keys_stay(self) -> None:
        assert OLD.opening_keys.keys() == {"service-1"}
        assert OLD.public_key() == {name: part for name, part in OPENING.items() if name != "d"}

    def test_no_key_tells_the_rings_secret_nor_another_key(self) -> None:
        secrets = [
            one.secret for one in OLD.keys if one.key is not None and one.purpose is not KeyPurpose.PAGE
        ]
        assert len(set(secrets)) == len(secrets) == 2 + 2 * (1 + len(TAGS))
        assert not {FIRST, SECOND} & set(secrets)

    @pytest.mark.parametrize(
        "wrong", [{"vault_active": "v9"}, {"vault": {"v2": b64encode(FIRST[:31]).decode()}}]
    )
    def test_what_is_no_ring_is_not_split(self, wrong: dict[str, object]) -> None:
        with pytest.raises(ValueError, match="not a key ring"):
            RING.model_copy(update=wrong).split(AT, "2026-12")


class TestKeyFiles:
    @pytest.mark.parametrize("key", [*made_keys("2026-11").keys, *OLD.keys], ids=lambda one: one.name)
    def test_a_key_is_the_same_after_its_file_and_shows_nothing(self, key: KeyFile) -> None:
        text = key.model_dump_json(exclude_none=True)
        assert KeyFile.model_validate_json(text) == key
        hidden = (key.key, key.binding, key.private, (key.jwk or {}).get("d"))
        assert not [part for part in hidden if part is not None and part in repr(key)]

    @pytest.mark.parametrize(
        "change",
        [
            {"key": None},
            {"purpose": "seal"},
            {"purpose": "opening"},
            {"kid": "a.b"},
            {"kid": ""},
            {"private": "AAAA"},
            {"shredded_at": AT},
            {"key": "c2hvcnQ="},
            {"key": "no base64"},
            {"made_at": "2026-11-20T12:00:00"},
            {"seals_before": "2026-12"},
            {"more": 1},
        ],
        ids=str,
    )
    def test_what_is_not_whole_or_of_another_purpose_is_no_key(self, change: dict[str, object]) -> None:
        """And what was wrong is not repeated."""
        (key,) = made_once.of(KeyPurpose.LINK)
        with pytest.raises(ValueError) as caught:  # noqa: PT011 - of pydantic's many sentences none matters
            KeyFile.model_validate({**key.model_dump(), **change})
        assert (key.key or "-") not in str(caught.value)

    def test_halves_of_two_months_are_no_key(self) -> None:
        one, other = new_seal("2026-11", AT), new_seal("2026-11", AT)
        with pytest.raises(ValueError, match="not a key of this purpose"):
            KeyFile.model_validate({**one.model_dump(), "private": other.private})

    def test_a_new_seal_is_made_by_chance(self) -> None:
        one, other = new_seal("2026-11", AT), new_seal("2026-11", AT + timedelta(days=1))
        parts = {one.private, one.public, one.binding, other.private, other.public, other.binding}
        assert len(parts) == 6
        assert all(len(b64decode(part or "")) == 32 for part in parts)


def hkdf(secret: bytes, info: bytes, length: int) -> bytes:
    """RFC 5869 with SHA-256 and no salt, once more."""
    import hashlib
    import hmac

    key = hmac.digest(bytes(32), secret, hashlib.sha256)
    block, found = b"", b""
    for number in range(1, length // 32 + 1):
        block = hmac.digest(key, block + info + bytes([number]), hashlib.sha256)
        found += block
    return found


def test_the_tags_of_a_purpose_are_not_another_ones() -> None:
    keys = made_keys()
    tag = keys.tags(KeyPurpose.LINK).make(b"x", 16)
    assert keys.tags(KeyPurpose.LINK).fits(b"x", tag)
    assert not keys.tags(KeyPurpose.SESSION).fits(b"x", tag)
    assert Purpose.LINK in TAGS.values()
