"""How far an accepted record has come through the steps that follow on intake, as the log says."""

from enum import Enum, auto
from typing import Final, LiteralString

from config.topics import Topic
from ops.audit.checks.context import CheckContext

BEHIND: Final = "an earlier gap keeps it"
"""The gap is named at its own place; to drive this record again as well would drive it twice."""
FOLLOWED: Final[LiteralString] = """
SELECT event_partition, event_place, entry_partition, entry_place FROM origin
WHERE (topic, partition, place) = (?, ?, ?)
"""


class Followed(Enum):
    """What has become of it."""

    WAITING = auto()
    """A step has still to come to it."""
    NOWHERE = auto()
    """No person event speaks of it."""
    LOST = auto()
    """Its person event is there, and a step behind it has passed it by."""
    APPLIED = auto()
    """Match has applied it, and the ledger has passed the entry."""


def followed(context: CheckContext, place: tuple[str, int, int]) -> Followed:
    """Of the copies of its person event, and of its applied entries, the last counts."""
    row = next(context.index.rows(FOLLOWED, place), (None, None, None, None))
    event_part, event_place, entry_part, entry_place = row
    if context.waits(str(Topic.PERSON_EVENTS), event_part, event_place) or context.waits(
        str(Topic.APPLIED), entry_part, entry_place
    ):
        return Followed.WAITING
    if entry_place is not None:
        return Followed.APPLIED
    if event_place is not None:
        return Followed.LOST
    return Followed.WAITING if context.waits(*place) else Followed.NOWHERE
