"""The last hour, minute by minute; what was not seen is not 0."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from doctor.status.last_hour import MINUTES, CounterGrowth, LastHour, PlottedLook

NOW: Final = datetime(2026, 3, 2, 9, 0, 30, tzinfo=UTC)


def seen(seconds_ago: float, **more: Any) -> PlottedLook:
    known: dict[str, Any] = {
        "duty_lag_seconds": None,
        "lag_seconds": {},
        "records_per_second": None,
        "attempts": None,
    }
    return PlottedLook(at=NOW - timedelta(seconds=seconds_ago), **(known | more))


def test_an_hour_has_its_sixty_minutes_also_those_that_nobody_saw() -> None:
    hour = LastHour()
    hour.add(seen(65, duty_lag_seconds=3.0))
    minutes = hour.minutes(NOW)
    assert len(minutes) == MINUTES
    assert minutes[-1].begins == NOW.replace(second=0)
    assert [one.duty_lag_seconds for one in minutes[-3:]] == [None, 3.0, None]
    assert (minutes[-2].records_per_second, minutes[-2].attempts, minutes[-2].lag_seconds) == (None, None, {})


def test_of_a_minute_the_largest_lag_counts_the_mean_rate_and_the_sum_of_attempts() -> None:
    hour = LastHour()
    hour.add(
        seen(20, duty_lag_seconds=9.0, lag_seconds={"a": 1.0}, records_per_second=2.0, attempts={"x": 1})
    )
    hour.add(
        seen(10, duty_lag_seconds=4.0, lag_seconds={"a": 5.0}, records_per_second=4.0, attempts={"x": 2})
    )
    hour.add(seen(5))
    last = hour.minutes(NOW)[-1]
    assert last.duty_lag_seconds == 9.0
    assert last.lag_seconds == {"a": 5.0}
    assert last.records_per_second == 3.0
    assert last.attempts == {"x": 3}


def test_what_is_older_than_an_hour_is_forgotten() -> None:
    hour = LastHour()
    for back in range(3 * 3600, 0, -1):
        hour.add(seen(back, duty_lag_seconds=1.0))
    assert len(hour._points) <= 3600 + 61
    assert all(one.duty_lag_seconds == 1.0 for one in hour.minutes(NOW)[1:])


def test_counters_grow_from_what_was_seen_and_a_process_that_begins_anew_from_0() -> None:
    growth, sent = CounterGrowth(), ("email", "delivered", "delivered")
    assert growth.add({"a": {sent: 100}}) == {}
    assert growth.add({"a": {sent: 103}, "b": {sent: 50}}) == {sent: 3}
    assert growth.add({"a": {sent: 2}, "b": {sent: 51}}) == {sent: 3}
    assert growth.add({"b": {sent: 51}}) == {}
    assert growth.add({"a": {sent: 4, ("email", "refused", "refused"): 1}}) == {
        sent: 2,
        ("email", "refused", "refused"): 1,
    }
    assert growth.total == 9
