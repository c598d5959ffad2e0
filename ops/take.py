"""Which topics the auditor reads whole, and what takes their records.

In this order: what follows from a record is read after it.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from confluent_kafka import Message

from config.topics import Topic
from ops.audit.index import Notes
from ops.audit.readers import applied, decisions, person_events, receipts

TAKES: Final[Mapping[str, Callable[[Notes, Sequence[Message]], None]]] = {
    Topic.RECEIPTS: receipts.take,
    Topic.PERSON_EVENTS: person_events.take,
    Topic.APPLIED: applied.take,
    Topic.DECISIONS: decisions.take,
}
