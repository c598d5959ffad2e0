"""Numbers and times as a person says them."""

import pytest

from doctor.words import duration, number_of, some


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 s"), (99, "99 s"), (100, "2 min"), (720, "12 min"), (12_600, "3.5 h"), (400_000, "5 days")],
)
def test_a_duration_is_said_as_people_say_it(seconds: float, said: str) -> None:
    assert duration(seconds) == said


def test_one_is_one_and_more_are_more() -> None:
    assert number_of(1, "task") == "1 task"
    assert number_of(2000, "task") == "2,000 tasks"
    assert (
        number_of(2, "reminder or escalation", "reminders and escalations") == "2 reminders and escalations"
    )


def test_of_many_names_a_few_are_said() -> None:
    assert some(["a", "b"]) == "a, b"
    assert some(["a", "b", "c", "d", "e"]) == "a, b, c and 2 more"
