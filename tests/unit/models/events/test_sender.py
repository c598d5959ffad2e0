"""Who may send: a number that says what it is, and the days on which it does."""

from datetime import UTC, date, datetime

import pytest
from pydantic import ValidationError

from models.events.sender import Sender, SenderKind, VerificationKey, kind_of


def sender(number: str, cvr: str = "12345674") -> Sender:
    return Sender(number=number, kind=SenderKind.INSTITUTION, name="Opdigtet", cvr=cvr)


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        ("280051", SenderKind.INSTITUTION),
        ("0101", SenderKind.MUNICIPALITY),
        ("REG-CPR", SenderKind.REGISTER),
        ("REG-ABCDEFGHIJ", SenderKind.REGISTER),
    ],
)
def test_a_number_says_what_its_sender_is(number: str, kind: SenderKind) -> None:
    assert kind_of(sender(number).number) is kind


@pytest.mark.parametrize(
    "number", ["", "28005", "2800511", "010", "REG-A", "REG-ABCDEFGHIJK", "REG-cpr", " 0101", "0101\n"]
)
def test_another_form_is_no_senders_number(number: str) -> None:
    with pytest.raises(ValidationError):
        sender(number)


@pytest.mark.parametrize("cvr", ["", "1234567", "123456789", "1234567a", "12345674\n"])
def test_a_cvr_number_has_eight_digits(cvr: str) -> None:
    with pytest.raises(ValidationError):
        sender("280051", cvr)


def test_nobody_sends_before_there_was_a_duty_and_the_source_is_the_cvr_number() -> None:
    """The agreement came into force on 1 January 2022."""
    one = sender("280051")
    assert (one.valid_from, one.valid_to, one.keys) == (date(2022, 1, 1), None, ())
    assert one.source == "urn:oio:cvr-nr:12345674"


def test_a_key_is_of_the_contracts_curve_unless_it_is_said() -> None:
    """As a JWK has it: the register need not repeat it for every key."""
    key = VerificationKey(x="A" * 43, kid="k", valid_from=datetime(2025, 1, 1, tzinfo=UTC))
    assert (key.kty, key.crv, key.valid_to) == ("OKP", "Ed25519", None)
