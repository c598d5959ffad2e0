"""What intake hands to match: one accepted event about one person, without anything that names the person."""

from datetime import datetime

from pydantic import AwareDatetime

from models.base import Travelling
from models.events.content import Content, PersonJoined, Risk


class Origin(Travelling):
    """Where an input record stands, and when the broker appended it: the only clock that deadlines trust."""

    topic: str
    partition: int
    offset: int
    appended_at: AwareDatetime

    @property
    def order(self) -> tuple[datetime, str, int, int]:
        """Earliest first: the record that wins when two carry the same id."""
        return (self.appended_at, self.topic, self.partition, self.offset)

    @property
    def place(self) -> tuple[str, int, int]:
        """Topic, partition and offset: the record's identity."""
        return (self.topic, self.partition, self.offset)


class Forwarded(Travelling):
    """How an event came from another number of the same person (docs/decisions/0041)."""

    by: str
    """The number that has forwarded it first, as a pseudonym."""
    also: tuple[str, ...] = ()
    """Further numbers whose events come by this way."""
    sent_as: str
    """The number under which its sender has sent it."""
    revision: int | None = None
    """Of a message: the last revision of its decision so far."""
    part: int = 1
    parts: int = 1
    """What a number holds when it is joined comes in parts: nothing is decided between them."""
    awaited: tuple[str, ...] = ()
    """Of `by` and `also`: those of which parts have still to come."""


class PersonEvent(Travelling):
    """An accepted event, keyed by `person_id` on the topic ``person-events``."""

    person_id: str
    sender: str
    event_id: str
    registered_at: AwareDatetime
    """The CloudEvent's ``time``: when the sender registered it (registrering)."""
    origin: Origin
    fingerprint: str
    """Keyed hash of the content: equal for a repeat of the same event, however it was sealed."""
    fingerprint_utc: str | None = None
    """The same with all moments in UTC, where it is another one (`models.events.fingerprints`)."""
    content: Content
    sealed: str | None = None
    """CPR, text and contact person of a message, sealed to the vault."""
    released: bool | None = None
    """True: an operator lets it count although its sender is over its bound (`models.eligibility.bounds`)."""

    forwarded: Forwarded | None = None
    """Where it came from, if another number of the person has forwarded it."""

    @property
    def is_message(self) -> bool:
        """Whether something must be decided of it."""
        return isinstance(self.content, Risk)

    @property
    def risk(self) -> Risk:
        """What a message says; raises `TypeError` for every other event."""
        if not isinstance(self.content, Risk):
            raise TypeError("only a message has a risk")
        return self.content

    @property
    def is_passed_on(self) -> bool:
        """Whether another number of the person has written it, of a record that was applied there as well."""
        return self.forwarded is not None or isinstance(self.content, PersonJoined)

    @property
    def identity(self) -> tuple[str, str]:
        """A sender's ids are unique; across senders they need not be."""
        return (self.sender, self.event_id)
