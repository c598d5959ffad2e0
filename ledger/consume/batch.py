"""The Kafka records of one poll, read: what `ledger.consume.project` writes into PostgreSQL."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Final

from pydantic import Field, TypeAdapter, ValidationError

from config.topics import Topic
from infra.kafka_record import KafkaRecord
from infra.stream_mac import NO_MAC, StreamMac, as_foreign
from ledger.store import erasures
from ledger.store.follow_up_rows import FactRow, VerdictRow, fact_of, verdict_of
from models.eligibility.decision import Decision, ErasureMark, JoinMark
from models.eligibility.simple_decision import KnownDecision, read_simple_decision
from models.errors import UnreadableError
from models.events.person_event import PersonEvent
from models.events.receipt import (
    Applied,
    ForeignRecord,
    LeftOutReceipt,
    NamesNothingReceipt,
    Receipt,
    RepeatReceipt,
)
from models.events.simple_event import read_simple_event
from models.events.simple_receipt import (
    KnownApplied,
    KnownReceipt,
    SimpleReceipt,
    read_simple_applied,
    read_simple_receipt,
)

Place = tuple[str, int]
_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)
_IN_ORDER = Field(union_mode="left_to_right")
"""No record has the fields of two kinds, and the frequent kind is asked first."""
_receipts: TypeAdapter[Receipt | RepeatReceipt | LeftOutReceipt | NamesNothingReceipt] = TypeAdapter(
    Annotated[Receipt | RepeatReceipt | LeftOutReceipt | NamesNothingReceipt, _IN_ORDER]
)
_said: TypeAdapter[Decision | JoinMark | ErasureMark] = TypeAdapter(
    Annotated[Decision | JoinMark | ErasureMark, _IN_ORDER]
)


@dataclass(frozen=True, slots=True)
class Said:
    """A record of ``decisions``, and where it stands."""

    partition: int
    offset: int
    content: KnownDecision | JoinMark | ErasureMark

    @property
    def people(self) -> tuple[str, ...]:
        """The numbers that it names: of whom it is said, and those that are joined to that one."""
        if isinstance(self.content, JoinMark | ErasureMark):
            return (self.content.person_id,)
        return (self.content.message.person_id, *(self.content.joined or ()))


class Batch:
    """The records of one poll, decoded."""

    def __init__(self, mac: StreamMac = NO_MAC, skips: Collection[tuple[str, int, int]] = ()) -> None:
        """`skips`: places of records of ours that people let pass though this version cannot read them."""
        self._mac = mac
        self._skips = skips
        self.foreign: list[ForeignRecord] = []
        self.receipts: list[KnownReceipt] = []
        self.applied: list[KnownApplied] = []
        self.said: list[Said] = []
        """Of ``decisions``, until `ledger.consume.joins.settle` has found what may be projected."""
        self.erased: Mapping[str, erasures.Erasure] = {}
        """Of whom the batch names, who is erased; `ledger.consume.erasures.take_out` finds it."""
        self.joins: Mapping[str, str] = {}
        """Of the numbers that it names, which is joined to which; `ledger.consume.joins.settle` finds it."""
        self.erasures: list[ErasureMark] = []
        """Who is to be forgotten; taken out of `said` by `ledger.consume.erasures.take_out`."""
        self.nameless: set[tuple[int, int]] = set()
        """Partition and offset of the applied events that are accounted for without a name, by `take_out` too."""
        self.numbers: dict[str, Sequence[str]] = {}
        """Of each of them every number that the person had; likewise."""
        self.decisions: list[KnownDecision] = []
        self.facts: list[FactRow] = []
        self.verdicts: list[VerdictRow] = []
        self.offsets: list[int] = []
        """Where the decisions stand."""
        self.next_offsets: dict[Place, int] = {}
        self.is_held = False
        """Whether a partition has to wait for another one: `next_offsets` says where."""
        self.when_sent: Callable[[], None] = lambda: None
        """Called when PostgreSQL has got the messages, and will be at work on them for a while."""

    def take(self, record: KafkaRecord) -> None:
        """Decode one record of ours, and note where a foreign one stands.

        Raises `UnreadableError` for one of ours that this version cannot read: to go on would lose it.
        """
        if (fault := self._mac.fault(record)) is not None:
            self.foreign.append(as_foreign(record, fault))
            return
        if record.value is None and record.topic in (Topic.DECISIONS, Topic.PERSON_EVENTS):
            return  # a tombstone, for the brokers alone
        try:
            self.add(
                record.topic,
                record.value or b"",
                record.partition,
                record.offset,
                record.appended_at,
            )
        except ValidationError as error:
            if (record.topic, record.partition, record.offset) in self._skips:
                return
            place = f"{record.topic}/{record.partition}@{record.offset}"
            raise UnreadableError(
                f"{place} cannot be read by this version: {error.error_count()} faults. Install the version that "
                f"wrote it, or give it up: frafaldsvarsel ledger skip {place} --because …"
            ) from None

    def add(
        self,
        topic: str,
        value: bytes,
        partition: int = 0,
        offset: int = 0,
        written_at: datetime = _LONG_AGO,
    ) -> None:
        """Decode one record; raises `pydantic.ValidationError` for what is none of ours."""
        match topic:
            case Topic.RECEIPTS:
                receipt = read_simple_receipt(value) or _receipts.validate_json(value)
                if isinstance(receipt, Receipt | SimpleReceipt):
                    self.receipts.append(receipt)
            case Topic.APPLIED:
                applied = read_simple_applied(value) or Applied.model_validate_json(value)
                self.applied.append(applied)
                if isinstance(applied, Applied):
                    self.foreign += applied.foreign or ()
            case Topic.DECISIONS:
                content = read_simple_decision(value) or _said.validate_json(value)
                self.said.append(Said(partition, offset, content))
                if not isinstance(content, JoinMark | ErasureMark):
                    place = {"partition": partition, "offset": offset}
                    self.verdicts.append(verdict_of(content, **place, written_at=written_at))
            case Topic.PERSON_EVENTS:
                event = read_simple_event(value) or PersonEvent.model_validate_json(value)
                fact = fact_of(event, partition=partition, offset=offset, written_at=written_at)
                if fact is not None:
                    self.facts.append(fact)

    def __len__(self) -> int:
        return len(self.receipts) + len(self.applied) + len(self.said) + len(self.decisions) + len(self.facts)
