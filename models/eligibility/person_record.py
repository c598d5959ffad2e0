"""A person's record: every event known, the offset applied last, and what was last decided of each message.

It is the state of match, kept in the compacted topic ``people``; only `models.eligibility.apply_event` changes it.
"""

from pydantic import Field

from models.base import Travelling
from models.eligibility.decision import Cause
from models.events.person_event import PersonEvent


class Decided(Travelling):
    """The last revision of a message's decision, a digest of what it said, and the event that made it so."""

    revision: int
    digest: str
    cause: Cause


class PersonRecord(Travelling):
    """What match remembers of one person."""

    person_id: str
    applied: int = -1
    """Offset of the event applied last: applying it, or an earlier one, again changes nothing."""
    events: tuple[PersonEvent, ...] = ()
    decided: dict[str, Decided] = Field(default_factory=dict)
    """By ``sender/message id``."""
