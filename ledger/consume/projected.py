"""What a ledger says of a batch that it has committed, to whoever watches. He may say places, codes and numbers."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

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
    answers: tuple[tuple[str, datetime], ...]
    """The messages that got their first answer: one of `ANSWERS`, and when the broker had the message."""
    seconds: float
    """Of its transaction."""
    receipts: Sequence[KnownReceipt] = ()
    decisions: Sequence[KnownDecision] = ()


def projected(batch: Batch, topics: Iterable[str], seconds: float) -> Projected:
    """`topics`: of each record."""
    return Projected(
        records=Counter(topics),
        answers=tuple(_answers(batch)),
        seconds=seconds,
        receipts=batch.receipts,
        decisions=batch.decisions,
    )


def _answers(batch: Batch) -> Iterator[tuple[str, datetime]]:
    for receipt in batch.receipts:
        if receipt.status is ReceiptStatus.REJECTED and receipt.origin.topic == InputTopic.DROPOUT_RISKS:
            yield REJECTED, receipt.origin.appended_at
    for decision in batch.decisions:
        if decision.revision <= _FIRST:
            yield str(decision.verdict.outcome), decision.message.origin.appended_at
