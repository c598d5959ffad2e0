"""The judge's own rules, where what happened in one moment may have been written down in any order."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.simulation.promises.endpoints import may_be

START = datetime(2026, 3, 27, 19, 38, tzinfo=UTC)
ON, FAILING, GONE = None, "failing", "gone"


@pytest.mark.parametrize(
    ("answers", "reasons"),
    [
        ([(0, 503), (4, 503)], {ON}),
        ([(0, 503), (5, 503)], {FAILING}),
        ([(0, 503), (3, 204), (5, 503)], {ON}),
        ([(0, 503), (5, 503), (6, 204)], {FAILING}),
        ([(0, 503), (1, 410)], {GONE}),
        ([(0, 503), (5, 204), (5, 503)], {ON, FAILING}),
        ([(0, 204), (0, 503), (4, 503), (5, 204), (5, 503)], {ON, FAILING}),
        ([(0, 204), (0, 503), (5, 503)], {ON, FAILING}),
        ([(0, 503), (5, 410), (5, 503)], {GONE, FAILING}),
        ([], {ON}),
    ],
)
def test_an_endpoint_is_off_for_what_its_answers_can_have_come_to(
    answers: list[tuple[int, int]], reasons: set[str | None]
) -> None:
    """Days after the start and codes; of those on one day the order is open. Seed 31176 for the seventh."""
    attempts = [
        {
            "at": START + timedelta(days=day),
            "code": code,
            "outcome": "delivered" if code == 204 else "try_again",
        }
        for day, code in answers
    ]
    assert may_be(attempts) == reasons
