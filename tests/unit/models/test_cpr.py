"""What may be a CPR. All numbers are made up."""

import time
from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.cpr import (
    NotAPerson,
    birth_date,
    found_in,
    holds_one,
    is_unborn,
    is_written_in,
    normalise,
    seems_begun,
    struck,
)

CENTURIES = [
    # digit 7, last two digits of the year, the year (cpr.dk, "Personnummeret i CPR")
    (0, 0, 1900), (0, 99, 1999), (1, 36, 1936), (2, 37, 1937), (3, 58, 1958), (3, 99, 1999),
    (4, 0, 2000), (4, 36, 2036), (4, 37, 1937), (4, 99, 1999),
    (5, 0, 2000), (5, 57, 2057), (5, 58, 1858), (5, 99, 1899),
    (6, 57, 2057), (6, 58, 1858), (7, 57, 2057), (7, 58, 1858), (8, 57, 2057), (8, 58, 1858),
    (9, 0, 2000), (9, 36, 2036), (9, 37, 1937), (9, 99, 1999),
]  # fmt: skip


@pytest.mark.parametrize(("seventh", "year", "full_year"), CENTURIES)
def test_the_seventh_digit_gives_the_century(seventh: int, year: int, full_year: int) -> None:
    """By the register's own table, at each of its edges."""
    assert birth_date(f"1506{year:02}{seventh}123") == date(full_year, 6, 15)


def test_both_ways_of_writing_are_the_same_number() -> None:
    """With and without the hyphen."""
    assert normalise("010101-1234") == normalise("0101011234") == "0101011234"


@given(st.dates(date(1900, 1, 1), date(1999, 12, 31)), st.integers(0, 3999))
def test_modulus_11_is_never_asked(born: date, serial: int) -> None:
    """Every date with every serial number is a possible person: numbers without it exist since 2007."""
    number = f"{born:%d%m%y}{serial:04}"
    assert normalise(number) == number
    assert birth_date(number) == born


@pytest.mark.parametrize(("day", "born"), [("61", 1), ("91", 31), ("75", 15)])
def test_a_temporary_number_carries_day_plus_60(day: str, born: int) -> None:
    """It is a person's number like any other."""
    assert birth_date(f"{day}01011234") == date(1901, 1, born)
    assert normalise(f"{day}0101-1234") == f"{day}01011234"


@pytest.mark.parametrize("number", ["0110254123", "6110254123"])
def test_nobody_has_a_number_before_being_born(number: str) -> None:
    """On the day itself a child has one; a temporary number too."""
    assert is_unborn(number, date(2025, 9, 30))
    assert not is_unborn(number, date(2025, 10, 1))


def test_29_february_needs_a_leap_year_of_the_right_century() -> None:
    """1900 had none, 2000 had one: the century decides."""
    assert birth_date("2902004234") == date(2000, 2, 29)
    with pytest.raises(NotAPerson):
        birth_date("2902001234")


@pytest.mark.parametrize(
    "text",
    [
        "0000000000", "0001011234", "3201011234", "6001011234", "9201011234", "9901011234",
        "0100011234", "0113011234", "3002011234", "3104011234",
        "", "010101123", "01010112345", "010101 1234", "01-01011234", "0101-011234", "010101--1234",
        "0101011234\n", " 0101011234", "010101-1234-", "-0101011234", "0101O11234", "010101123A",
        "٠١٠١٠١١٢٣٤", "０１０１０１１２３４", "+101011234", "0101_11234",
    ],
)  # fmt: skip
def test_what_cannot_be_a_person_is_refused_without_being_repeated(text: str) -> None:
    """The error never contains the number, nor does anything that hangs on it."""
    with pytest.raises(NotAPerson) as caught:
        normalise(text)
    seen: BaseException | None = caught.value
    while seen is not None:
        shown = f"{seen!s}{seen!r}"
        assert len(text) < 6 or text not in shown
        seen = None if seen.__suppress_context__ else seen.__context__


@given(st.text(alphabet="0123456789-aÅ \n", max_size=12) | st.text())
def test_any_text_is_ten_digits_or_refused(text: str) -> None:
    """Nothing else comes out, and nothing else is raised."""
    try:
        digits = normalise(text)
    except NotAPerson:
        return
    assert len(digits) == 10
    assert digits.isascii()
    assert digits.isdigit()
    assert normalise(digits) == digits


@pytest.mark.parametrize("typed", ["0101011234", "010101-1234", " 010101 1234", "010101", "01010112345678"])
def test_digits_alone_are_taken_for_a_cpr_also_half_a_one(typed: str) -> None:
    """Whatever might be one must not go where a reference may go."""
    assert seems_begun(typed)


@pytest.mark.parametrize("typed", ["", "01010", "FV-7K2P-0112", "01010A1234", "0101-0LO1-1234"])
def test_a_reference_with_a_letter_in_it_is_no_cpr(typed: str) -> None:
    assert not seems_begun(typed)


@pytest.mark.parametrize("sign", ["9", "-", "9-", "90 ", "a", "9" * 19 + "g", "\u0665", "1 2_3."])
@pytest.mark.parametrize("asked", [holds_one, seems_begun, is_written_in, struck])
def test_a_long_text_costs_no_more_for_each_sign_than_a_short_one(
    asked: Callable[[str], object], sign: str
) -> None:
    """Anybody may write 60,000 signs behind a question mark. Sixteen times as many, by the processor's own time."""

    def taken(signs: int) -> float:
        text = (sign * signs)[:signs]
        times = []
        for _ in range(3):
            began = time.process_time()
            asked(text)
            times.append(time.process_time() - began)
        return min(times)

    assert taken(48_000) < 100 * taken(3_000) + 0.01


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("a0b1c2d3-0101-4112-8101-011234abcdef", None),
        ("-0101011234-0101011234-----", "0101011234"),
        ("0101011234" + "-" * 30 + "f", None),
        ("x" + "0101011234" * 2, None),
        ("0101011234 a0b1c2d3-0101-4112-8101-011234abcdef", "0101011234"),
        ("0101011234ABCDEF01010112", None),
        ("--------------------0202021234", "0202021234"),
    ],
)
def test_a_random_id_is_none_and_digits_with_hyphens_may_be_one(text: str, held: str | None) -> None:
    assert found_in(text) == held
