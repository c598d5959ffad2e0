"""The log and the ledger as the service would have written them, event by event, and wrongly where a test wants it.

The broker, the database, match's rule and the projection are the real ones; only the processes are missing.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import psycopg
from confluent_kafka import Consumer, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from config.kafka import KafkaSettings
from config.reference.csv_reader import DATA
from config.reference.law import law_of
from config.reference.reminder_policy import reminder_policy_of
from config.topics import PERSON_PARTITIONS, TOPICS, Topic
from infra import topic_admin
from infra.record_key import record_key
from infra.topic_admin import Replication
from ledger.consume.batch import Batch, Said
from ledger.consume.joins import settle
from ledger.consume.project import project
from ledger.tasks.projection import Policy
from models.eligibility.apply_event import apply
from models.eligibility.decision import Cause, Decision
from models.eligibility.person_record import PersonRecord
from models.events.event_types import InputTopic
from models.events.person_event import Origin, PersonEvent
from models.events.receipt import Applied, AppliedEntry, Receipt, ReceiptStatus
from ops.audit.auditor import audit
from ops.audit.index import AuditIndex
from ops.audit.kafka_log import KafkaLog, LogUnreachable
from ops.audit.oracle import Oracle
from ops.audit.report import AuditReport, Check, CheckResult
from streams.batch_producer import partition_of
from streams.processors import key_of_event
from tests.channels import by_channel
from tests.factories import INSTITUTION, enrolment, period, residence, risk
from tests.reference import SHIPPED

LAW: Final = law_of(SHIPPED)
POLICY: Final = Policy(
    react_by_days=lambda unit, day: 5,
    addresses=by_channel(lambda unit: (f"opgaver@{unit}.example",)),
    days_off=frozenset(),
    steps=reminder_policy_of(SHIPPED),
)
TYPES: Final = {
    "enrolments": "enrolment.registered",
    "benefits": "benefit-period.registered",
    "residences": "residence.registered",
    "dropout-risks": "dropout-risk.raised",
}
QUIET: Final = {"log_level": 0}


def begin_again(kafka: KafkaSettings) -> None:
    """Empty topics, and groups that have read nothing. A topic that nothing was ever written to is as good as new."""
    admin = AdminClient(kafka.librdkafka() | QUIET)
    known = set(admin.list_topics(timeout=10).topics)
    used = _used(kafka, [spec.name for spec in TOPICS if spec.name in known])
    if used:
        for future in admin.delete_topics(used, operation_timeout=20).values():
            future.result(20)
    groups = [group.group_id for group in admin.list_consumer_groups().result(10).valid or ()]
    if groups:
        for deleted in admin.delete_consumer_groups(groups).values():
            deleted.result(10)
    topic_admin.apply(kafka, Replication(factor=1, min_insync=1))
    deadline = time.monotonic() + 30
    while not _all_are_led(kafka):
        assert time.monotonic() < deadline


def _used(kafka: KafkaSettings, names: list[str]) -> list[str]:
    log = KafkaLog(kafka)
    try:
        return [name for name in names if any(end for _, end in log.bounds(name).values())]
    finally:
        log.close()


def _all_are_led(kafka: KafkaSettings) -> bool:
    log = KafkaLog(kafka)
    try:
        return all(log.bounds(spec.name) for spec in TOPICS)
    except LogUnreachable:
        return False
    finally:
        log.close()


@dataclass
class World:
    """What was written, and what is to be booked."""

    kafka: KafkaSettings
    url: str
    batch: Batch = field(default_factory=Batch)
    people: dict[str, PersonRecord] = field(default_factory=dict)
    known: dict[tuple[str, int], int] = field(default_factory=dict)
    passed: dict[tuple[str, int], int] = field(default_factory=dict)
    decisions: list[Decision] = field(default_factory=list)
    policy: Policy = POLICY
    reference: Path = DATA
    """The tables as the auditor's oracle reads them."""

    def __post_init__(self) -> None:
        self._producer = Producer(self.kafka.librdkafka() | QUIET | {"linger.ms": 0})

    def write(
        self,
        topic: str,
        partition: int,
        value: bytes,
        key: bytes | None = None,
        headers: Sequence[tuple[str, bytes | None]] = (),
    ) -> Message:
        """One record, acknowledged."""
        written: list[Message] = []
        self._producer.produce(
            topic,
            value,
            key,
            partition,
            headers=list(headers),
            on_delivery=lambda error, message: written.append(message),
        )
        assert self._producer.flush(20) == 0
        assert written[0].error() is None
        return written[0]

    def flood(self, topic: str, partition: int, records: int) -> None:
        """Many input records at once."""
        for _ in range(records):
            self._producer.produce(topic, b"{}", partition=partition)
            self._producer.poll(0)
        assert self._producer.flush(30) == 0

    def input(self, topic: str, partition: int = 0) -> Origin:
        """An input record; its content does not matter to the audit."""
        written = self.write(topic, partition, b"{}")
        at = datetime.fromtimestamp(written.timestamp()[1] / 1000, UTC)
        return Origin(topic=topic, partition=partition, offset=written.offset() or 0, appended_at=at)

    def receipt(self, event: PersonEvent, **changes: Any) -> Receipt:
        """Intake's answer for the record behind `event`."""
        fields: dict[str, Any] = {
            "origin": event.origin,
            "status": ReceiptStatus.ACCEPTED,
            "sender": event.sender,
            "event_id": event.event_id,
            "type": f"dk.frafaldsvarsel.{TYPES[event.origin.topic]}.v1",
            "fingerprint": event.fingerprint,
        }
        return Receipt.model_validate(fields | changes)

    def answer(self, receipt: Receipt, *, book: bool = True) -> None:
        """Write a receipt."""
        self.write(
            Topic.RECEIPTS, receipt.origin.partition, receipt.model_dump_json(exclude_none=True).encode()
        )
        if book:
            self.batch.receipts.append(receipt)

    def call(self, event: PersonEvent) -> Cause:
        """Write a person event; returns its place."""
        part = partition_of(event.person_id, PERSON_PARTITIONS)
        value = event.model_dump_json(exclude_none=True).encode()
        written = self.write(Topic.PERSON_EVENTS, part, value, key_of_event(event))
        return Cause(partition=part, offset=written.offset() or 0)

    def match(self, event: PersonEvent, cause: Cause) -> list[Decision]:
        """What match makes of it, by the real rule; nothing is written."""
        record = self.people.get(event.person_id) or PersonRecord(person_id=event.person_id)
        step = apply(record, event, cause, LAW)
        self.people[event.person_id] = step.record
        return list(step.decisions)

    def decide(self, decision: Decision, *, book: bool = True) -> None:
        """Write a decision."""
        part = partition_of(decision.message.person_id, PERSON_PARTITIONS)
        self.write(Topic.DECISIONS, part, decision.model_dump_json(exclude_none=True).encode(), record_key())
        self.decisions.append(decision)
        if book:
            self.batch.decisions.append(decision)

    def apply(self, event: PersonEvent, cause: Cause, *, book: bool = True, **changes: Any) -> None:
        """Write the applied entry."""
        fields: dict[str, Any] = {
            "offset": cause.offset,
            "origin_topic": event.origin.topic,
            "origin_partition": event.origin.partition,
            "origin_offset": event.origin.offset,
            "person_id": event.person_id,
            "changed": 0,
        }
        entry = AppliedEntry.model_validate(fields | changes)
        applied = Applied(partition=cause.partition, entries=(entry,))
        self.write(Topic.APPLIED, cause.partition, applied.model_dump_json().encode())
        if book:
            self.batch.applied.append(applied)

    def tell(self, event: PersonEvent) -> PersonEvent:
        """All that comes of one event, from its input record on; returns it with its true origin."""
        event = event.model_copy(update={"origin": self.input(event.origin.topic)})
        self.answer(self.receipt(event))
        cause = self.call(event)
        for decision in self.match(event, cause):
            self.decide(decision)
        self.apply(event, cause)
        return event

    def tell_number(self, event: PersonEvent, *, forwards: bool = True) -> None:
        """The same of an event, with all that one number forwards to others; or without, if it is lost."""
        event = event.model_copy(update={"origin": self.input(event.origin.topic)})
        kind = f"dk.frafaldsvarsel.{event.content.kind}.v1"
        self.answer(self.receipt(event, type=kind))
        left = [event]
        while left:
            one = left.pop(0)
            cause = self.call(one)
            record = self.people.get(one.person_id) or PersonRecord(person_id=one.person_id)
            step = apply(record, one, cause, LAW)
            self.people[one.person_id] = step.record
            for decision in step.decisions:
                self.decide(decision)
            if step.mark is not None:
                said = self.write(
                    Topic.DECISIONS, cause.partition, step.mark.model_dump_json().encode(), record_key()
                )
                self.batch.said.append(Said(cause.partition, said.offset() or 0, step.mark))
            self.apply(one, cause, forwarded=True if one.is_passed_on else None)
            left += step.forwards if forwards else ()

    def deliver(self) -> None:
        """Every notice is sent at the first attempt."""
        self.sql(
            "INSERT INTO attempts SELECT id, 1, now(), 'delivered', 250, '' FROM deliveries WHERE status = 'due'"
        )
        self.sql(
            "UPDATE deliveries SET status = 'delivered', attempts = 1, ended_at = now() WHERE status = 'due'"
        )

    async def book(self) -> None:
        """The ledger reads everything that was meant for it, to the end of the log."""
        log = KafkaLog(self.kafka)
        ends = {
            (str(topic), part): end
            for topic in (Topic.RECEIPTS, Topic.APPLIED, Topic.DECISIONS)
            for part, (_, end) in log.bounds(topic).items()
        }
        log.close()
        moved = {place: end for place, end in ends.items() if end > self.known.get(place, 0)}
        self.batch.next_offsets = moved
        async with await psycopg.AsyncConnection.connect(self.url) as connection, connection.transaction():
            await settle(connection, self.batch)
            await project(connection, self.batch, self.known, self.policy)
        self.known |= moved
        self.batch = Batch()

    def commit(self, group: str, topic: str, partition: int, offset: int) -> None:
        """Say in a group's name that it has read so far."""
        consumer = Consumer(self.kafka.librdkafka() | QUIET | {"group.id": group})
        consumer.commit(offsets=[TopicPartition(topic, partition, offset)], asynchronous=False)
        consumer.close()

    def sql(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """By hand, in the ledger."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(statement.encode(), values)
            return cursor.fetchall() if cursor.description else []

    def pass_by(self, topic: str, partition: int, upto: int) -> None:
        """The step that reads the partition says that it has finished everything before `upto`."""
        step = "match" if topic == Topic.PERSON_EVENTS else "intake"
        self.write(Topic.PROGRESS, 0, b"%d" % upto, f"{step}/{topic}/{partition}".encode())

    def pass_all(self) -> None:
        """Every step of the stream says that it has finished everything."""
        log = KafkaLog(self.kafka)
        for topic in (*map(str, InputTopic), str(Topic.PERSON_EVENTS)):
            for part, (_, end) in log.bounds(topic).items():
                if end > self.passed.get((topic, part), 0):
                    self.passed[topic, part] = end
                    self.pass_by(topic, part, end)
        log.close()

    def audit(
        self,
        *,
        index: AuditIndex | None = None,
        grace: timedelta = timedelta(0),
        maildir: Path | None = None,
        waits: bool = False,
    ) -> AuditReport:
        """The accounting. `waits`: the stream stands where it has said last; else it has finished everything."""
        if not waits:
            self.pass_all()
        log = KafkaLog(self.kafka)
        try:
            with psycopg.connect(self.url, autocommit=True) as connection:
                oracle = Oracle(self.reference)
                return audit(
                    log,
                    connection,
                    grace=grace,
                    now=datetime.now(UTC),
                    index=index,
                    oracle=oracle,
                    maildir=maildir,
                )
        finally:
            log.close()


def student(name: str, *, municipality: str = "0101") -> list[PersonEvent]:
    """What makes a message obliged, and the message."""
    facts = (
        enrolment(name=f"study {name}", start=date(2025, 8, 11)),
        period(name=f"help {name}"),
        residence(municipality, name=f"home {name}"),
        risk(date(2025, 10, 1), institution=INSTITUTION),
    )
    homes = ("enrolments", "benefits", "residences", "dropout-risks")
    return [
        event.model_copy(
            update={
                "person_id": f"person {name}",
                "origin": event.origin.model_copy(update={"topic": topic}),
            }
        )
        for event, topic in zip(facts, homes, strict=True)
    ]


def account(result: AuditReport, hop: Check) -> CheckResult:
    """One hop's account."""
    return next(account for account in result.accounts if account.hop is hop)


def faults(result: AuditReport) -> list[tuple[Check, str]]:
    """What is wrong, without its places."""
    return sorted({(one.hop, one.what) for one in result.exceptions})


def places(result: AuditReport, what: str) -> list[tuple[str | None, int | None, int | None]]:
    """Where it is wrong in that way."""
    return sorted((one.topic, one.partition, one.offset) for one in result.exceptions if one.what == what)
