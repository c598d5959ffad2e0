"""What a case of the story is: something that happens to a student, and how many of a thousand it happens to."""

from collections.abc import Callable
from dataclasses import dataclass

from frafaldsvarsel.story.pen import Pen, Student


@dataclass(frozen=True, slots=True)
class Case:
    """`share`: of a thousand people from the target group. `play` writes their events, four messages at most."""

    name: str
    share: int
    play: Callable[[Pen, Student], None]


MOST_MESSAGES = 4
