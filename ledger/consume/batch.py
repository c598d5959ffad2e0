"""One batch of Kafka records into PostgreSQL: all of it, or none of it."""

from collections import deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field, TypeAdapter, ValidationError

from config.topics import Topic
from infra.kafka_record import KafkaRecord
from infra.postgres import Connection
from infra.stream_mac import NO_MAC, StreamMac, as_foreign
from ledger.consume import duplicates, left_out, names_nothing, subjects
from ledger.reminders.scheduler import plan_reminders
from ledger.store import action_log, erasures, foreign_records, repository
from ledger.store.action_log import ActionRow
from ledger.tasks.projection import Policy, Projection, cause_of
from models.eligibility.decision import Decision, ErasureMark, JoinMark
from models.errors import UnreadableError
from models.events.receipt import (
    Applied,
    ForeignRecord,
    LeftOutReceipt,
    NamesNothingReceipt,
    Receipt,
    RepeatReceipt,
)

Place = tuple[str, int]
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
    content: Decision | JoinMark | ErasureMark


class Batch:
    """The records of one poll, decoded."""

    def __init__(self, mac: StreamMac = NO_MAC, skips: Collection[tuple[str, int, int]] = ()) -> None:
        """`skips`: places of records of ours that people let pass though this version cannot read them."""
        self._mac = mac
        self._skips = skips
        self.foreign: list[ForeignRecord] = []
        self.receipts: list[Receipt] = []
        self.applied: list[Applied] = []
        self.said: list[Said] = []
        """Of ``decisions``, until `ledger.consume.joins.settle` has found what may be projected."""
        self.erasures: list[ErasureMark] = []
        """Who is to be forgotten; taken out of `said` by `ledger.consume.erasures.take_out`."""
        self.decisions: list[Decision] = []
        self.offsets: list[int] = []
        """Where the decisions stand."""
        self.next_offsets: dict[Place, int] = {}
        self.is_held = False
        """Whether a partition has to wait for another one: `next_offsets` says where."""

    def take(self, record: KafkaRecord) -> None:
        """Decode one record of ours, and note where a foreign one stands.

        Raises `UnreadableError` for one of ours that this version cannot read: to go on would lose it.
        """
        if (fault := self._mac.fault(record)) is not None:
            self.foreign.append(as_foreign(record, fault))
            return
        if record.value is None and record.topic == Topic.DECISIONS:
            return  # a tombstone, for the brokers alone
        try:
            self.add(record.topic, record.value or b"", record.partition, record.offset)
        except ValidationError as error:
            if (record.topic, record.partition, record.offset) in self._skips:
                return
            place = f"{record.topic}/{record.partition}@{record.offset}"
            raise UnreadableError(
                f"{place} cannot be read by this version: {error.error_count()} faults. Install the version that "
                f"wrote it, or give it up: frafaldsvarsel ledger skip {place} --because …"
            ) from None

    def add(self, topic: str, value: bytes, partition: int = 0, offset: int = 0) -> None:
        """Decode one record; raises `pydantic.ValidationError` for what is none of ours."""
        match topic:
            case Topic.RECEIPTS:
                receipt = _receipts.validate_json(value)
                if isinstance(receipt, Receipt):
                    self.receipts.append(receipt)
            case Topic.APPLIED:
                applied = Applied.model_validate_json(value)
                self.applied.append(applied)
                self.foreign += applied.foreign or ()
            case Topic.DECISIONS:
                self.said.append(Said(partition, offset, _said.validate_json(value)))

    def __len__(self) -> int:
        return len(self.receipts) + len(self.applied) + len(self.said) + len(self.decisions)


async def project(
    connection: Connection,
    batch: Batch,
    known: Mapping[Place, int],
    policy: Policy,
    again: Sequence[tuple[int, ActionRow]] = (),
) -> list[ActionRow]:
    """Project `batch` in the connection's transaction; raises `Fenced` when another has been here.

    `batch` is one that `ledger.consume.joins.settle` has seen to, in the same transaction.
    `again`: acts that a rebuild does once more, in order, each with the number of decisions of this batch that come
    before it. Returns those of them that have no place.
    """
    await repository.advance(
        connection,
        [
            (topic, part, known.get((topic, part)), to)
            for (topic, part), to in sorted(batch.next_offsets.items())
        ],
    )
    for mark in batch.erasures:
        await erasures.forget(connection, mark.person_id, erasures.Erasure.of(mark))
    await foreign_records.add(connection, batch.foreign)
    await repository.add_receipts(connection, batch.receipts)
    struck = await duplicates.find(connection, batch.receipts)
    await repository.add_applied(connection, batch.applied)
    await left_out.tell(connection, batch.applied)
    unplaced: list[ActionRow] = []
    if batch.decisions or again:
        unplaced = await _decide(connection, batch.decisions, policy, again)
    await duplicates.resolve_conflicts(connection)
    # Under the lock that this has taken: two ledgers side by side would each miss the other's rows.
    await subjects.tell(connection, batch.applied, struck, policy.succession)
    await names_nothing.tell(connection, policy.names_nothing_after)
    return unplaced


async def _decide(
    connection: Connection,
    decisions: Sequence[Decision],
    policy: Policy,
    again: Sequence[tuple[int, ActionRow]],
) -> list[ActionRow]:
    joined = {person for decision in decisions for person in decision.joined or ()}
    people = {decision.message.person_id for decision in decisions} | {row.person_id for _, row in again}
    people |= joined | await action_log.people_of(connection, [row.act.task_id for _, row in again])
    named = {(decision.message.sender, decision.message.message_id) for decision in decisions}
    messages, tasks = await repository.rows_of(connection, people, named, joined)
    transfers = await repository.transfers_of(connection, people)
    refused = await duplicates.refused(connection, [decision.message.origin.place for decision in decisions])
    told = await repository.told(
        connection, [task.id for task in tasks], {cause_of(each) for each in decisions}
    )
    now = await repository.now(connection)
    projection = Projection(messages, tasks, transfers, told=told, policy=policy, now=now)
    due, unplaced = deque(again), []
    for place, decision in enumerate([*decisions, None]):
        while due and (decision is None or due[0][0] <= place):
            row = due.popleft()[1]
            if projection.do(row.act) is None:
                unplaced.append(row)
        if decision is not None:
            projection.take(decision, refused=decision.message.origin.place in refused)
    nowhere = {row.act.id for row in unplaced}
    for _, row in again:
        if row.act.id not in nowhere:
            await action_log.add(connection, row)
    await repository.write(connection, projection.changes)
    if policy.steps is not None:
        await plan_reminders(connection, projection.changes.tasks, policy.steps)
    return unplaced
