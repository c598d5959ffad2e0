"""Two people keep a rule set in force that nobody has read; one does not."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.reference.checks.all import check_reference_data
from config.reference.checks.law import confirmations_to_come
from config.reference.confirmed_law import confirmed_until
from config.reference.law import law_of
from config.reference.rows import LawConfirmationRow
from config.reference.tables import read_reference
from tests.unit.config.reference.checks.test_all import GOOD, laid_over_good

SIGNED = date(2026, 12, 1)
MARCH, JUNE = date(2027, 3, 31), date(2027, 6, 30)
ONE, OTHER, THIRD = "one@loven.example", "other@loven.example", "third@loven.example"


def row(person: str, until: date, on: date = SIGNED, version: str = "lab") -> LawConfirmationRow:
    cells = {
        "version": version,
        "confirmed_until": until.isoformat(),
        "confirmed_by": person,
        "confirmed_on": on.isoformat(),
        "certainty": "made-up",
        "source": "[I] test",
    }
    return LawConfirmationRow.model_validate_strings(cells)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ((), None),
        ((row(ONE, JUNE),), None),
        ((row(ONE, JUNE), row(ONE, MARCH, SIGNED + timedelta(days=1))), None),
        ((row(ONE, JUNE), row(ONE.upper(), JUNE, SIGNED + timedelta(days=1))), None),
        ((row(ONE, JUNE), row(OTHER, JUNE, version="another")), None),
        ((row(ONE, JUNE), row(OTHER, MARCH)), MARCH),
        ((row(ONE, JUNE), row(OTHER, JUNE)), JUNE),
        ((row(ONE, JUNE), row(OTHER, MARCH), row(THIRD, JUNE)), JUNE),
        ((row(ONE, JUNE), row(OTHER, JUNE), row(ONE, MARCH, SIGNED + timedelta(days=1))), MARCH),
    ],
)
def test_what_two_people_have_confirmed_holds(
    rows: tuple[LawConfirmationRow, ...], expected: date | None
) -> None:
    """The same person twice is one; of a person's words the latest counts, so a confirmation can be shortened."""
    assert confirmed_until("lab", rows) == expected
    assert confirmed_until("lab", rows[::-1]) == expected


@given(
    st.dictionaries(
        st.sampled_from((ONE, OTHER, THIRD)), st.dates(date(2027, 1, 1), date(2027, 1, 9)), max_size=3
    )
)
def test_a_day_is_confirmed_when_two_have_confirmed_it(ends: dict[str, date]) -> None:
    found = confirmed_until("lab", [row(person, until) for person, until in ends.items()])
    for number in range(1, 11):
        day = date(2027, 1, number)
        signed = sum(until >= day for until in ends.values())
        assert (found is not None and day <= found) == (signed >= 2)


def signed(folder: Path, *words: tuple[str, str, str]) -> Path:
    """The good tables with these confirmations of the last rule set: until, by whom, on."""
    laid_over_good(GOOD, folder)
    with (folder / "law_confirmers.csv").open("a", encoding="utf-8") as people:
        people.writelines(f"{one},Navn,2026-01-01,,made-up,[I] test\n" for one in (ONE, OTHER))
    with (folder / "law_confirmations.csv").open("a", encoding="utf-8") as table:
        for until, person, on in words:
            table.write(f"lab-2025-07-01,{until},{person},{on},made-up,[I] test\n")
    return folder


def test_the_law_holds_what_the_tables_confirm(tmp_path: Path) -> None:
    folder = signed(tmp_path / "data", *(("2100-06-30", one, "2099-12-01") for one in (ONE, OTHER)))
    assert check_reference_data(folder) == []
    (latest, *_) = law_of(read_reference(folder)).rule_sets
    assert (latest.known_until, latest.confirmed_until) == (date(2099, 12, 31), date(2100, 6, 30))


def test_confirmations_stay_when_the_rule_set_is_read_for_longer(tmp_path: Path) -> None:
    """They are the trail, and no row is taken away: a later `known_until` holds beside them."""
    folder = signed(tmp_path / "data", *(("2099-06-30", one, "2098-12-01") for one in (ONE, OTHER)))
    assert check_reference_data(folder) == []
    (latest, *_) = law_of(read_reference(folder)).rule_sets
    assert latest.last_known_day == date(2099, 12, 31)
    assert latest.confirmed_for(date(2099, 12, 31)) is None


def test_who_checks_the_tables_refuses_a_confirmation_of_tomorrow(tmp_path: Path) -> None:
    reference = read_reference(signed(tmp_path / "data", ("2099-06-30", ONE, "2098-12-01")))
    signing = date(2098, 12, 1)
    assert list(confirmations_to_come(reference, signing)) == []
    (fault,) = confirmations_to_come(reference, signing - timedelta(days=1))
    assert str(fault) == (
        f"law_confirmations.csv, line 2: {ONE} has confirmed on 2098-12-01, which is after today."
    )
