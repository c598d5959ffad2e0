"""The judge's own rule of when an endpoint is off, on answers that were written down in any order."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.simulation.promises.endpoints import why_off

START = datetime(2026, 3, 27, 19, 38, tzinfo=UTC)
ON, FAILING, GONE = None, "failing", "gone"


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ([], ON),
        ([(0, 503), (4, 503)], ON),
        ([(0, 503), (5, 503)], FAILING),
        ([(0, 503), (3, 204), (5, 503)], ON),
        ([(0, 503), (5, 503), (6, 204)], FAILING),
        ([(0, 503), (1, 410)], GONE),
        ([(0, 503), (5, 410), (5, 503)], GONE),
        ([(0, 503), (5, 204), (5, 503)], ON),
        ([(0, 503), (5, 503), (5, 204)], FAILING),
        ([(1, 503), (0, 204), (6, 503)], FAILING),
    ],
)
def test_an_endpoint_is_off_for_what_its_answers_have_come_to(
    answers: list[tuple[int, int]], reason: str | None
) -> None:
    """Days after the start and codes. The last is seed 93967: taken before the first failure, written down after it."""
    attempts = [
        {
            "at": START + timedelta(days=day),
            "code": code,
            "outcome": "delivered" if code == 204 else "try_again",
        }
        for day, code in answers
    ]
    assert why_off(attempts) == reason
