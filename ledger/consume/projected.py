"""What a ledger says of a batch that it has committed, to whoever watches. He may say places, codes and numbers."""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any, Final

from aiokafka import TopicPartition

from ledger.consume.batch import Batch
from models.eligibility.decision import Outcome
from models.eligibility.simple_decision import KnownDecision
from models.events.event_types import InputTopic
from models.events.receipt import ReceiptStatus
from models.events.simple_receipt import KnownReceipt

REJECTED: Final = str(ReceiptStatus.REJECTED)
ANSWERS: Final = (*map(str, Outcome), REJECTED)
"""What a message can be answered."""
_FIRST: Final = 1
"""The last revision that is a message's first answer; a later one changes the answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Projected:
    """One batch."""

    records: Counter[str]
    """By topic."""
    answers: Mapping[str, Sequence[datetime]]
    """The messages that got their first answer: by one of `ANSWERS`, when the broker had each."""
    seconds: float
    """Of its transaction."""
    receipts: Sequence[KnownReceipt] = ()
    decisions: Sequence[KnownDecision] = ()


def projected(batch: Batch, polled: Mapping[TopicPartition, Sequence[Any]], seconds: float) -> Projected:
    """`polled`: the records that `batch` was decoded from."""
    records: Counter[str] = Counter()
    for place, read in polled.items():
        # What has to wait is read again.
        until = batch.next_offsets.get((place.topic, place.partition), 0)
        records[place.topic] += bisect_left(read, until, key=attrgetter("offset"))
    return Projected(
        records=records,
        answers=_answers(batch),
        seconds=seconds,
        receipts=batch.receipts,
        decisions=batch.decisions,
    )


def _answers(batch: Batch) -> Mapping[str, Sequence[datetime]]:
    found: defaultdict[str, list[datetime]] = defaultdict(list)
    for receipt in batch.receipts:
        if receipt.status is ReceiptStatus.REJECTED and receipt.origin.topic == InputTopic.DROPOUT_RISKS:
            found[REJECTED].append(receipt.origin.appended_at)
    for decision in batch.decisions:
        if decision.revision <= _FIRST:
            found[decision.verdict.outcome].append(decision.message.origin.appended_at)
    return found
