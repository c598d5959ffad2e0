"""The two processors of a partition's records: each decodes, calls one pure rule and adds its result to the output."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from pydantic import ValidationError

from config.topics import INPUT_PARTITIONS, Topic
from infra.kafka_record import KafkaRecord
from infra.partitioner import PersonPartitions
from infra.record_key import record_key
from infra.stream_mac import NO_MAC, StreamMac
from infra.traces import NO_TRACES, Traces
from models.eligibility.apply_event import AppliedEvent, apply
from models.eligibility.decision import Cause, Decision, ErasureMark, JoinMark
from models.eligibility.law import Law
from models.eligibility.person_record import PersonRecord
from models.eligibility.simple_decision import SimpleDecision, write_decision
from models.eligibility.splice_event import SplicedEvent, splice_event
from models.errors import UnreadableError
from models.events.accepted_event import AcceptedEvent, write_person_event
from models.events.person_event import PersonEvent
from models.events.simple_event import SimpleEvent, applied_entry, read_simple_event
from models.events.simple_receipt import write_receipt
from streams.applied_entries import add_entries, applied_entry_of, tell_foreign
from streams.batch_producer import BatchProducer
from streams.intake import Context, InputRecord, validate_record
from streams.person_store import PersonStore
from streams.step_spans import of_intake, of_match
from streams.tally import CodeAndReason, StepTally
from streams.turns import Turns

MatchOutput = SimpleDecision | Decision | JoinMark | ErasureMark
"""What match tells the ledger."""
_MOST_WAITING: Final = 16 * 1024 * 1024
"""Bytes of output beyond which it is sent before the batch ends: a person's record holds up to 6 MB."""
_MOST_DECODED: Final = 20_000
"""Events, in the records that a batch has decoded, beyond which these are written and let go: some 2 kB each."""
_INTAKE_WORK: Final = 5
_APPLY_WORK: Final = 3
"""To which comes one for each event of the person."""
_WRITE_WORK: Final = 1
_EVENTS_WRITTEN: Final = 10
"""A person's record is written as JSON: so many of its events are one more of the work."""


class Processor(Protocol):
    """What the batch driver calls."""

    name: str
    tally: StepTally
    """What it has done since the driver last took it."""

    async def begin(self, partitions: set[int], output: BatchProducer) -> None:
        """Load the state of a new assignment, or read again what was written to that of the present one."""

    async def run(
        self, topic: str, partition: int, records: Sequence[KafkaRecord], output: BatchProducer
    ) -> None:
        """Process the records, in order. Others have their turn meanwhile: heartbeats go on however long it takes."""


class Intake:
    """Input records → receipts, person events, rejected payloads."""

    name = "intake"

    def __init__(self, context: Context, traces: Traces = NO_TRACES) -> None:
        self._context = context
        self._traces = traces
        self.tally = StepTally()

    async def begin(self, partitions: set[int], output: BatchProducer) -> None:
        """Intake has no state."""

    async def run(
        self, topic: str, partition: int, records: Sequence[KafkaRecord], output: BatchProducer
    ) -> None:
        """Judge each record."""
        turns = Turns()
        for record in records:
            if turns.are_due(_INTAKE_WORK):
                await asyncio.sleep(0)
            origin = record.origin
            trace = self._traces.of(origin)
            began = 0 if trace is None else self._traces.now_ns()
            validated = validate_record(InputRecord(origin, record.value, record.headers), self._context)
            receipt = validated.receipt
            self.tally.records[receipt.status, receipt.reason or ""] += 1
            if trace is not None:
                self.tally.spans.append(of_intake(trace, record, receipt, began))
            output.add(
                Topic.RECEIPTS,
                partition % INPUT_PARTITIONS,
                (receipt.sender or "unknown").encode(),
                write_receipt(receipt),
            )
            if validated.event is not None:
                add_person_event(validated.event, output)
            if validated.rejected_payload is not None:
                key = f"{origin.topic}/{origin.partition}/{origin.offset}".encode()
                output.add(
                    Topic.REJECTED, partition % INPUT_PARTITIONS, key, validated.rejected_payload.encode()
                )


class Match:
    """Person events → decisions, applied entries, people's records."""

    name = "match"

    def __init__(
        self, law: Law, people: PersonStore, mac: StreamMac = NO_MAC, traces: Traces = NO_TRACES
    ) -> None:
        self._law = law
        self._traces = traces
        self._people = people
        self._mac = mac
        self._present = PersonPartitions()
        self.tally = StepTally()

    async def begin(self, partitions: set[int], output: BatchProducer) -> None:
        """Load the state of our partitions, and write again what another worker has overwritten too late."""
        self._present = output.people
        partitions = partitions & set(self._present.all)
        self._people.forget(partitions)
        for partition in sorted(partitions):
            for key in await self._people.load(partition):
                self._people.write(partition, key, output)
            tell_foreign(partition, self._people.foreign, output)
            self._people.foreign.clear()
        self.tally.people = len(self._people)

    async def run(
        self, topic: str, partition: int, records: Sequence[KafkaRecord], output: BatchProducer
    ) -> None:
        """Apply each event to its person's record, and write each person: once, or whenever very much is decoded.

        What is foreign is told, and passed by.
        """
        touched: dict[str, PersonRecord] = {}
        spliced: dict[str, int] = {}
        entries: list[bytes] = []
        ours, foreign = self._mac.split(records)
        tell_foreign(partition, foreign, output)
        self.tally.records.update(("foreign", one.reason) for one in foreign)
        if partition not in self._present.all:
            await self._pass_on(partition, ours, output)
            return
        # A tombstone says nothing to match: what it takes away, match has forgotten by the person's own event.
        turns, decoded = Turns(), 0
        for record in ours:
            if record.value is None:
                continue
            quick = None if self._traces.is_on else self._spliced(partition, record, touched)
            if quick is not None:
                plain, made = quick
                spliced[plain.person_id] = record.offset
                self._tell(made.decisions, partition, output)
                entries.append(applied_entry(plain, record.offset, len(made.decisions)))
                self.tally.records["changed" if made.decisions else "unchanged", ""] += 1
                if turns.are_due(1 + made.read):
                    await asyncio.sleep(0)
                continue
            event = _decode(record)
            began = self._traces.now_ns() if self._traces.is_on else 0
            person = touched.get(event.person_id)
            decoded -= 0 if person is None else len(person.events)
            person = person or self._people.get(partition, event.person_id)
            step = apply(person, event, Cause(partition=partition, offset=record.offset), self._law)
            touched[event.person_id] = step.record
            spliced.pop(event.person_id, None)
            if turns.are_due(_APPLY_WORK + len(step.record.events)):
                await asyncio.sleep(0)
            outcome = _outcome(step)
            self.tally.records[outcome] += 1
            if self._traces.is_on:
                self.tally.spans += of_match(self._traces, record, event, outcome, step.decisions, began)
            self._tell(step.said, partition, output)
            for forward in step.forwards:
                add_person_event(forward, output)
                if output.waiting_bytes > _MOST_WAITING:
                    # Sent before the rest: whatever of it is lost or doubled, a forward done again gives the same.
                    await output.flush()
            entries.append(applied_entry_of(record.offset, event, step))
            decoded += len(step.record.events)
            if decoded > _MOST_DECODED:
                await self._put(touched, partition, output, turns)
                decoded = 0
        for person_id, applied in spliced.items():
            self._people.write(partition, person_id.encode(), output, applied)
            if turns.are_due(_WRITE_WORK):
                await asyncio.sleep(0)
        await self._put(touched, partition, output, turns)
        add_entries(partition, entries, output)
        self.tally.people = len(self._people)

    async def _put(
        self, touched: dict[str, PersonRecord], partition: int, output: BatchProducer, turns: Turns
    ) -> None:
        """Keep and write the records, and hold them no longer. Their decisions are in the output before them."""
        for person in touched.values():
            self._people.put(partition, person, output)
            if turns.are_due(_WRITE_WORK + len(person.events) // _EVENTS_WRITTEN):
                await asyncio.sleep(0)
            if output.waiting_bytes > _MOST_WAITING:
                await output.flush()
        touched.clear()

    async def _pass_on(self, partition: int, records: Sequence[KafkaRecord], output: BatchProducer) -> None:
        """What has come elsewhere goes to where people are decided upon now (docs/decisions/0069)."""
        entries = []
        for record in records:
            # What stands before it was decided here, and went over with its person.
            if record.value is not None and record.offset >= output.carried.get(partition, 0):
                event = _decode(record)
                add_person_event(event, output)
                entries.append(applied_entry_of(record.offset, event, None))
                if output.waiting_bytes > _MOST_WAITING:
                    await output.flush()
        self.tally.records["passed_on", ""] += len(entries)
        add_entries(partition, entries, output)

    def _spliced(
        self, partition: int, record: KafkaRecord, touched: Mapping[str, PersonRecord]
    ) -> tuple[SimpleEvent, SplicedEvent] | None:
        """The event that was put into its person's record as it stands; None where the whole rule must be asked."""
        value = record.value or b""
        event = read_simple_event(value)
        if event is None or event.person_id in touched:
            return None
        held = self._people.written(partition, event.person_id)
        spliced = splice_event(held, event, value, partition, record.offset, self._law)
        if spliced is None:
            return None
        self._people.keep(partition, event.person_id, spliced.record)
        return event, spliced

    def _tell(self, said: Sequence[MatchOutput], partition: int, output: BatchProducer) -> None:
        for one in said:
            if isinstance(one, Decision | SimpleDecision):
                self.tally.decisions[one.verdict.outcome, one.verdict.reason] += 1
            add_decided(one, partition, output)


def _outcome(step: AppliedEvent) -> CodeAndReason:
    if step.erased:
        return "erased", ""
    if step.left_out is not None:
        return "left_out", step.left_out
    return "changed" if step.changed else "unchanged", ""


def add_person_event(event: PersonEvent | AcceptedEvent, output: BatchProducer) -> None:
    """Write a person event to the partition of its person, under a key of its own."""
    partition = output.people.of(event.person_id)
    output.add(Topic.PERSON_EVENTS, partition, key_of_event(event), write_person_event(event))


def key_of_event(event: PersonEvent | AcceptedEvent) -> bytes:
    """The key of one writing of `event`."""
    topic, partition, offset = event.origin.place
    return record_key(event.person_id, f"{topic}/{partition}@{offset}")


def add_decided(said: MatchOutput, partition: int, output: BatchProducer) -> None:
    """Write what match has to say to the ledger, under a key of its own."""
    match said:
        case SimpleDecision(message=message) | Decision(message=message):
            names = [message.person_id, message.sender, message.message_id, str(said.revision)]
        case JoinMark():
            names = [said.person_id, said.joined_to]
        case ErasureMark():
            names = [said.person_id, said.request]
    value = (
        write_decision(said)
        if isinstance(said, SimpleDecision)
        else said.model_dump_json(exclude_none=True).encode()
    )
    output.add(Topic.DECISIONS, partition, record_key(*names), value)


def _decode(record: KafkaRecord) -> PersonEvent:
    try:
        return PersonEvent.model_validate_json(record.value or b"")
    except ValidationError as error:
        # Ours, and going on would lose it: another version has written it, or it is from before there were MACs.
        raise UnreadableError(
            f"{record.topic}/{record.partition}@{record.offset} cannot be read by this version: "
            f"{error.error_count()} faults. Install the version that wrote it."
        ) from None
