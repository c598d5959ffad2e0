"""What intake hands to match: one accepted event about one person, without anything that names the person."""

from datetime import datetime

from pydantic import AwareDatetime

from models.base import Travelling
from models.events.content import Content, Risk


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

    @property
    def risk(self) -> Risk:
        """What a message says; raises `TypeError` for every other event."""
        if not isinstance(self.content, Risk):
            raise TypeError("only a message has a risk")
        return self.content

    @property
    def identity(self) -> tuple[str, str]:
        """A sender's ids are unique; across senders they need not be."""
        return (self.sender, self.event_id)
