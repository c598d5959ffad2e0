"""A client may send as fast as it may, and at once what it has saved up, never more."""

from hypothesis import given
from hypothesis import strategies as st

from api.rate_limit import Bucket, RateLimiter


@given(
    st.integers(min_value=1, max_value=6_000),
    st.lists(st.floats(min_value=0, max_value=60, allow_nan=False), max_size=200),
)
def test_no_more_are_served_than_the_burst_and_the_rate_allow(per_minute: int, gaps: list[float]) -> None:
    bucket, now, served = Bucket.full(per_minute, 0), 0.0, 0
    size = bucket.size
    for gap in gaps:
        now += gap
        served += bucket.take(now) == 0
    assert served <= size + now * per_minute / 60 + 1e-6


@given(st.integers(min_value=1, max_value=6_000))
def test_who_waits_as_long_as_was_said_is_served(per_minute: int) -> None:
    bucket, now = Bucket.full(per_minute, 0), 0.0
    while not (wait := bucket.take(now)):
        pass
    assert bucket.take(now + wait + 1e-6) == 0


def test_each_client_has_its_own_and_a_new_rate_begins_anew() -> None:
    pace = RateLimiter()
    assert [pace.wait("one", 1, 0) > 0 for _ in range(6)] == [False] * 5 + [True]
    assert pace.wait("two", 1, 0) == 0
    assert pace.wait("one", 60, 0) == 0
