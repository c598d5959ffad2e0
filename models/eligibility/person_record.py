"""A person's record: the events known, the offset applied last, and what was last decided of each message.

It is the state of match, kept in the compacted topic ``people``; only `models.eligibility.apply_event` changes it.
"""

from pydantic import AwareDatetime, Field

from models.base import Travelling
from models.eligibility.decision import Cause
from models.events.person_event import Origin, PersonEvent


class Decided(Travelling):
    """The last revision of a message's decision, a digest of what it said, and the event that made it so."""

    revision: int
    digest: str
    cause: Cause


class SupersededEvent(Travelling):
    """What is kept of an event that a later one of its sender has replaced: enough to know it again."""

    sender: str
    event_id: str
    fingerprint: str
    fingerprint_utc: str | None = None
    registered_at: AwareDatetime
    origin: Origin

    @property
    def identity(self) -> tuple[str, str]:
        """As `PersonEvent.identity`."""
        return (self.sender, self.event_id)


class PersonRecord(Travelling):
    """What match remembers of one person."""

    person_id: str
    applied: int = -1
    """Offset of the event applied last: applying it, or an earlier one, again changes nothing."""
    events: tuple[PersonEvent, ...] = ()
    superseded: tuple[SupersededEvent, ...] = ()
    """Of senders with many events: those that a later one has replaced (`models.eligibility.bounds`)."""
    decided: dict[str, Decided] = Field(default_factory=dict)
    """By ``sender/message id``."""
    changed_to: str | None = None
    """The person's new number, as the register says; there is one at most."""
    joined_to: str | None = None
    """The number to which all is forwarded: nothing is decided here any more."""
    joined_by: Origin | None = None
    """The record that has joined it."""
    joined: tuple[str, ...] = ()
    """The numbers whose events come here, sorted."""
    awaited: tuple[str, ...] = ()
    """Of these, the ones that have not come whole: until then nothing is decided."""
    erased_before: AwareDatetime | None = None
    """What was appended earlier is erased, and is dropped whenever it comes again (`models.eligibility.erase`)."""
