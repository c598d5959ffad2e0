"""What the municipalities have set, as far as it is counted: until when a notice is tried."""

from datetime import UTC, date, datetime, timedelta

import pytest

from ledger.tasks.policy import deadline_of

REACT_BY = date(2025, 10, 8)
ENDS = datetime(2025, 10, 8, 22, tzinfo=UTC)
"""Midnight in Copenhagen, in summer time."""


@pytest.mark.parametrize(
    ("now", "deadline"),
    [
        (ENDS - timedelta(days=5), ENDS),
        (ENDS - timedelta(hours=24), ENDS),
        (ENDS - timedelta(hours=23), ENDS + timedelta(hours=1)),
        (ENDS + timedelta(days=9), ENDS + timedelta(days=10)),
    ],
)
def test_a_notice_is_tried_until_its_date_is_over_and_for_a_day_at_least(
    now: datetime, deadline: datetime
) -> None:
    assert deadline_of(REACT_BY, now) == deadline
