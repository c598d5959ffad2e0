"""Which address is ours, and which delivery a mail that came back names."""

from base64 import b32encode
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.hmac_tokens import HmacTokens, Purpose
from notifiers.addresses import checked_address
from notifiers.bounces.address import bounce_address, delivery_of, delivery_of_token, token

FIRST, SECOND = bytes(range(32)), bytes(range(32, 64))
TAGS = HmacTokens({"v1": FIRST}, "v1", Purpose.BOUNCE)
BASE = "bounce@varsel.example.dk"
DELIVERY = UUID("0b0f4f4e-0c4a-5b53-8a3c-3f0c1f1e8b11")
ADDRESS = bounce_address(TAGS, BASE, DELIVERY)


class TestAddress:
    @given(st.uuids())
    def test_it_names_its_delivery_and_fits_an_envelope(self, delivery: UUID) -> None:
        address = bounce_address(TAGS, BASE, delivery)
        assert checked_address(address) == address
        assert address == bounce_address(TAGS, BASE, delivery)
        assert delivery_of(TAGS, BASE, address) == delivery
        assert delivery_of(TAGS, BASE, address.upper()) == delivery

    def test_nobody_without_the_key_can_make_one(self) -> None:
        forged = HmacTokens({"v1": SECOND}, "v1", Purpose.BOUNCE)
        other = HmacTokens({"v1": FIRST}, "v1", Purpose.LINK)
        for tags in (forged, other):
            assert delivery_of(TAGS, BASE, bounce_address(tags, BASE, DELIVERY)) is None

    def test_the_tag_of_one_delivery_is_none_for_another(self) -> None:
        _, _, tag = token(TAGS, DELIVERY).partition(".")
        swapped = f"{token(TAGS, uuid4()).partition('.')[0]}.{tag}"
        assert delivery_of_token(TAGS, swapped) is None

    def test_no_sign_of_it_can_be_changed(self) -> None:
        local = token(TAGS, DELIVERY)
        for place, sign in enumerate(local):
            for other in "a2z.":
                if other != sign:
                    changed = local[:place] + other + local[place + 1 :]
                    found = delivery_of_token(TAGS, changed)
                    # The last sign of the delivery holds two bits that nobody reads.
                    assert found is None or (place == 25 and found == DELIVERY)

    @pytest.mark.parametrize(
        "address",
        [
            "",
            "bounce@varsel.example.dk",
            "bounce+@varsel.example.dk",
            "bounce+x.y@varsel.example.dk",
            f"bounce+{DELIVERY}@varsel.example.dk",
            ADDRESS.replace("bounce+", "other+"),
            ADDRESS.replace("varsel.", "andet."),
            ADDRESS.replace("@", "a@"),
            "bounce+" + "æ" * 26 + "." + "a" * 16 + "@varsel.example.dk",
        ],
    )
    def test_what_is_no_address_of_ours_names_nothing(self, address: str) -> None:
        assert delivery_of(TAGS, BASE, address) is None

    def test_a_tag_of_another_length_is_not_one_that_we_write(self) -> None:
        """Though it is made with our key: an address has one form."""
        tag = b32encode(TAGS.make(DELIVERY.bytes, 20)).decode().lower()
        name = token(TAGS, DELIVERY).partition(".")[0]
        assert delivery_of_token(TAGS, f"{name}.{tag}") is None
        assert delivery_of_token(TAGS, f" {token(TAGS, DELIVERY).upper()}\n") == DELIVERY

    def test_a_key_that_was_rotated_away_still_reads(self) -> None:
        rotated = HmacTokens({"v1": FIRST, "v2": SECOND}, "v2", Purpose.BOUNCE)
        assert delivery_of(rotated, BASE, ADDRESS) == DELIVERY
