"""Days off follow the law of each year, and an unknown year is never taken for a year without holidays."""

from datetime import UTC, date, datetime

import pytest

from config.reference.checks.all import sound_reference
from config.reference.days_off import DaysOff, HolidaysUnknown, days_off_of
from models.calendar import add_working_days
from tests.paths import DATA as TEST_DATA
from tests.reference import SHIPPED

GOOD = TEST_DATA / "reference" / "good"
HOLIDAYS_A_YEAR = 11


def test_the_coming_years_holidays_are_known() -> None:
    # Fails in time, while the library of holidays can still be updated.
    coming = datetime.now(UTC).year + 1
    days = DaysOff().in_year(coming)
    assert {date(coming, 1, 1), date(coming, 12, 25), date(coming, 12, 26)} <= days
    assert len(days) >= HOLIDAYS_A_YEAR - 1  # two of them may fall on one day


@pytest.mark.parametrize(
    "day",
    [
        date(2026, 1, 1),
        date(2026, 4, 2),
        date(2026, 4, 3),
        date(2026, 4, 6),
        date(2026, 5, 14),
        date(2026, 5, 25),
        date(2026, 6, 5),
        date(2026, 12, 24),
        date(2026, 12, 25),
        date(2026, 12, 31),
    ],
)
def test_a_day_on_which_offices_are_closed(day: date) -> None:
    assert day in days_off_of(SHIPPED)


@pytest.mark.parametrize("day", [date(2026, 5, 1), date(2026, 5, 15), date(2026, 12, 23), date(2026, 7, 14)])
def test_a_day_on_which_they_are_open(day: date) -> None:
    assert day not in days_off_of(SHIPPED)


@pytest.mark.parametrize(
    ("fourth_friday_after_easter", "off"),
    [
        (date(2023, 5, 5), True),
        (date(2024, 4, 26), False),
        (date(2026, 5, 1), False),
        (date(2027, 4, 23), False),
    ],
)
def test_store_bededag_is_a_holiday_until_2023(fourth_friday_after_easter: date, off: bool) -> None:
    assert (fourth_friday_after_easter in days_off_of(SHIPPED)) is off


def test_the_fixed_days_are_data() -> None:
    assert date(2026, 12, 24) in days_off_of(sound_reference(GOOD))
    assert date(2026, 12, 31) not in days_off_of(sound_reference(GOOD))
    assert date(2026, 12, 24) not in DaysOff()


def test_five_working_days_over_christmas_are_counted_as_people_count_them() -> None:
    assert add_working_days(date(2026, 12, 22), 5, days_off_of(SHIPPED)) == date(2027, 1, 4)


def test_five_working_days_over_easter() -> None:
    assert add_working_days(date(2026, 3, 31), 5, days_off_of(SHIPPED)) == date(2026, 4, 10)


def test_an_unknown_year_is_an_error() -> None:
    with pytest.raises(HolidaysUnknown, match="2101"):
        _ = date(2101, 1, 1) in DaysOff([(12, 24)])


def test_a_moment_is_no_day() -> None:
    with pytest.raises(TypeError):
        _ = datetime(2026, 12, 25, tzinfo=UTC) in DaysOff()
