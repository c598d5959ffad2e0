"""Legal dates: Copenhagen's day, months with their ends, working days."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.calendar import add_months, add_working_days, copenhagen_date
from tests import oracle

moments = st.datetimes(
    min_value=datetime(1996, 1, 1),  # noqa: DTZ001  Hypothesis wants naive bounds; the zone follows
    max_value=datetime(2100, 1, 1),  # noqa: DTZ001  as above
    timezones=st.integers(-12 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes))),
)
days = st.dates(date(2000, 1, 1), date(2099, 12, 31))


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-01-14T23:00:00Z", date(2026, 1, 15)),
        ("2026-01-14T22:59:59.999999Z", date(2026, 1, 14)),
        ("2026-07-14T22:00:00Z", date(2026, 7, 15)),
        ("2026-07-14T21:59:59.999999Z", date(2026, 7, 14)),
        ("2026-07-15T11:59:59+14:00", date(2026, 7, 14)),
        ("2026-03-28T23:00:00Z", date(2026, 3, 29)),  # the night when summer time begins
        ("2026-03-29T22:00:00Z", date(2026, 3, 30)),
        ("2026-10-24T22:00:00Z", date(2026, 10, 25)),  # the night when it ends
        ("2026-10-25T22:59:59Z", date(2026, 10, 25)),
        ("2026-10-25T23:00:00Z", date(2026, 10, 26)),
    ],
)
def test_a_day_begins_at_copenhagens_midnight(moment: str, expected: date) -> None:
    """In summer and in winter, whatever offset the moment is written with."""
    assert copenhagen_date(datetime.fromisoformat(moment)) == expected


@given(moments)
def test_the_date_is_that_of_the_eus_summer_time(moment: datetime) -> None:
    """The zone's tables and the rule itself agree, since the rule is what it is (1996)."""
    assert copenhagen_date(moment) == oracle.danish_date(moment.isoformat())


def test_a_moment_without_offset_has_no_legal_date() -> None:
    """It is refused and not guessed."""
    with pytest.raises(ValueError, match="without offset"):
        copenhagen_date(datetime(2026, 1, 1))  # noqa: DTZ001  the point of the test


@pytest.mark.parametrize(
    ("start", "months", "expected"),
    [
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2027, 8, 31), 6, date(2028, 2, 29)),
        (date(2026, 8, 28), 6, date(2027, 2, 28)),
        (date(2026, 12, 31), 6, date(2027, 6, 30)),
        (date(2026, 6, 30), 6, date(2026, 12, 30)),
        (date(2026, 1, 15), 12, date(2027, 1, 15)),
        (date(2026, 1, 15), 0, date(2026, 1, 15)),
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
    ],
)
def test_months_end_on_the_day_or_on_the_months_last(start: date, months: int, expected: date) -> None:
    """Six months after 31 August is 28 or 29 February."""
    assert add_months(start, months) == expected


@given(days, st.integers(0, 36))
def test_months_are_the_naive_months(start: date, months: int) -> None:
    """Counted month by month, as on paper."""
    assert add_months(start, months) == oracle.months_after(start, months)


@given(days, st.integers(0, 36))
def test_a_later_start_never_ends_earlier(start: date, months: int) -> None:
    """The window's end moves with its start."""
    assert add_months(start, months) <= add_months(start + timedelta(days=1), months)


@pytest.mark.parametrize(
    ("start", "count", "expected"),
    [
        (date(2026, 9, 4), 5, date(2026, 9, 11)),  # Friday to Friday
        (date(2026, 9, 5), 5, date(2026, 9, 11)),  # Saturday: Monday is the first
        (date(2026, 9, 7), 1, date(2026, 9, 8)),
        (date(2026, 9, 5), 0, date(2026, 9, 5)),
    ],
)
def test_working_days_leave_out_weekends(start: date, count: int, expected: date) -> None:
    """The day itself does not count."""
    assert add_working_days(start, count, frozenset()) == expected


def test_working_days_leave_out_days_off() -> None:
    """Easter 2026: Maundy Thursday, Good Friday and Easter Monday lie between."""
    off = {date(2026, 4, 2), date(2026, 4, 3), date(2026, 4, 6)}
    assert add_working_days(date(2026, 4, 1), 1, off) == date(2026, 4, 7)


@given(days, st.integers(1, 40), st.sets(days, max_size=20))
def test_the_nth_working_day_is_one_and_has_n_behind_it(start: date, count: int, off: set[date]) -> None:
    """Counted day by day."""
    end = add_working_days(start, count, off)
    passed = [start + timedelta(days=number) for number in range(1, (end - start).days + 1)]
    assert len([day for day in passed if day.isoweekday() < 6 and day not in off]) == count
    assert end == passed[-1]
    assert end.isoweekday() < 6
    assert end not in off


def test_utc_is_not_copenhagen() -> None:
    """A quarter past Copenhagen's midnight is still the day before in UTC."""
    moment = datetime(2026, 7, 1, 22, 15, tzinfo=UTC)
    assert copenhagen_date(moment) != moment.date()
