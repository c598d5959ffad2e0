"""The canary's own people and places: enough of them, nobody's, and nothing beyond them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.demo.scenario.people import made_up_cpr as cpr_of_the_story
from models.cpr import birth_date, normalise
from models.events import probe_identity
from models.events.sender import SenderKind, kind_of

PEOPLE = st.integers(min_value=0, max_value=20_000_000)


@given(person=PEOPLE)
def test_its_people_have_numbers_that_were_never_anybodys(person: int) -> None:
    """Born before 1868: nobody of them lived when numbers were first given, in 1968."""
    cpr = probe_identity.made_up_cpr(person)
    assert normalise(cpr) == cpr
    assert date(1858, 1, 2) <= birth_date(cpr) <= date(1867, 12, 31)
    assert probe_identity.is_one_of_its_people(cpr)


@given(one=PEOPLE, other=PEOPLE)
def test_two_people_have_two_numbers(one: int, other: int) -> None:
    """For longer than an hour each of them could matter."""
    period = 3651 * 4 * 1000
    assert (probe_identity.made_up_cpr(one) == probe_identity.made_up_cpr(other)) == (
        one % period == other % period
    )


def test_the_same_birthday_comes_again_with_another_serial_number_a_thousand_times() -> None:
    once = 3651 * 4
    numbers = [probe_identity.made_up_cpr(once * turn) for turn in range(1000)]
    assert len(set(numbers)) == 1000
    assert {number[:7] for number in numbers} == {"0201585"}
    assert probe_identity.made_up_cpr(once * 1000) == numbers[0]


@pytest.mark.parametrize("cpr", ["0201585000", "3112675999"])
def test_the_first_and_the_last_birthday_are_its_peoples(cpr: str) -> None:
    assert probe_identity.is_one_of_its_people(cpr)


@pytest.mark.parametrize(
    "cpr",
    ["0202054321", "1503064321", "0201685000", "3112575000", "6201585000", *map(cpr_of_the_story, range(50))],
)
def test_nobody_else_is_one_of_them(cpr: str) -> None:
    """People of today, of the demo, born a day too early or late, and temporary numbers."""
    assert not probe_identity.is_one_of_its_people(cpr)


@pytest.mark.parametrize("sender", sorted(probe_identity.SENDERS))
def test_a_canarys_sender_may_speak_of_its_own_alone(sender: str) -> None:
    own = probe_identity.made_up_cpr(7)
    assert probe_identity.oversteps(sender, own, None) is None
    assert probe_identity.oversteps(sender, own, probe_identity.MUNICIPALITY) is None
    assert probe_identity.oversteps(sender, "0202054321", probe_identity.MUNICIPALITY) == "cpr"
    assert probe_identity.oversteps(sender, own, "0101") == "municipality_code"


def test_other_senders_are_not_asked() -> None:
    assert probe_identity.oversteps("900101", "0202054321", "0101") is None


def test_its_unit_is_that_of_its_municipality() -> None:
    """As every unit is named, so that a list shows whose it is."""
    assert f"canary-{probe_identity.MUNICIPALITY}" == probe_identity.UNIT


def test_it_has_a_sender_of_each_kind() -> None:
    assert {kind_of(number) for number in probe_identity.SENDERS} == set(SenderKind)
