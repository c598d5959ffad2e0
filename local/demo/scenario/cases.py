"""What a case of the story is: something that happens to a student, and to how many of a thousand."""

from collections.abc import Callable
from dataclasses import dataclass

from local.demo.scenario.event_writer import EventWriter
from local.demo.scenario.students import Student


@dataclass(frozen=True, slots=True)
class ScenarioCase:
    """`share`: of a thousand from the target group. `play` writes their events, four messages at most."""

    name: str
    share: int
    play: Callable[[EventWriter, Student], None]


MOST_MESSAGES = 4
