"""How long the audit takes: a first round over everything, and a following one; beside a bare read of the same topics.

``python -m bench.audit [RECORDS]``. The log is written as the service would have written it, without the service.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

import psycopg
from confluent_kafka import Consumer, Producer, TopicPartition

from config.kafka import KafkaSettings
from config.reference.checks.all import sound_reference
from config.reference.law import law_of
from config.reference.reminder_policy import reminder_policy_of
from config.topics import OWN_KEYS, PERSON_PARTITIONS, Topic
from infra import topic_admin
from infra.record_key import record_key
from infra.topic_admin import Replication
from ledger.consume.batch import Batch
from ledger.consume.project import project
from ledger.schema.migrate import migrate
from ledger.tasks.projection import Policy
from local.servers.jars import ensure_jars
from local.servers.kafka import Broker
from local.servers.postgres import Database
from models.eligibility.apply_event import apply
from models.eligibility.decision import Cause
from models.eligibility.person_record import PersonRecord
from models.events.content import BenefitPeriodVersion, Content, EnrolmentVersion, Residence, Risk
from models.events.contract import BenefitType, EducationType, Severity, Signal, TargetGroup
from models.events.person_event import Origin, PersonEvent
from models.events.receipt import Applied, AppliedEntry, Receipt, ReceiptStatus
from models.notifications.delivery import Channel
from ops.audit.auditor import audit
from ops.audit.catch_up import READERS
from ops.audit.index import AuditIndex
from ops.audit.kafka_log import KafkaLog
from streams.batch_producer import partition_of

RECORDS: Final = 100_000
_BATCH: Final = 5_000
_AT: Final = datetime(2025, 10, 1, 8, 0, tzinfo=UTC)
_POLICY: Final = Policy(
    react_by_days=lambda unit, day: 5,
    addresses=lambda unit, channel, _: (f"opgaver@{unit}.example",) if channel is Channel.EMAIL else (),
    days_off=frozenset(),
    steps=reminder_policy_of(sound_reference()),
)


def contents(person: int) -> Iterator[tuple[str, str, str, Content]]:
    """Topic, type, sender and content of a student's four records; the last one is a message that obliges."""
    name = f"{person:012d}"
    yield (
        "enrolments",
        "enrolment.registered",
        "900101",
        EnrolmentVersion(
            kind="enrolment.registered",
            enrolment_id=f"00000000-0000-4000-8000-{name}",
            institution_number="900101",
            education_type=EducationType.EUD,
            admission_date=date(2025, 8, 1),
            study_start=date(2025, 8, 11),
        ),
    )
    yield (
        "benefits",
        "benefit-period.registered",
        "0101",
        BenefitPeriodVersion(
            kind="benefit-period.registered",
            period_id=f"00000000-0000-4000-8001-{name}",
            municipality_code="0101",
            benefit_type=BenefitType.KONTANTHJAELP,
            target_group=TargetGroup.UDDANNELSESPARAT,
            valid_from=date(2025, 1, 1),
        ),
    )
    yield (
        "residences",
        "residence.registered",
        "REG-CPR",
        Residence(
            kind="residence.registered",
            residence_id=f"00000000-0000-4000-8002-{name}",
            municipality_code="0101" if person % 2 else "0751",
            valid_from=date(2020, 1, 1),
        ),
    )
    yield (
        "dropout-risks",
        "dropout-risk.raised",
        "900101",
        Risk(
            kind="dropout-risk.raised",
            institution_number="900101",
            seen_at=_AT,
            signals=(Signal.ABSENCE,),
            severity=Severity.MEDIUM,
        ),
    )


class Writer:
    """Writes the log, and the ledger from the same records."""

    def __init__(self, kafka: KafkaSettings) -> None:
        # Offsets are foretold: a retry must not change the order.
        self._producer = Producer(
            kafka.librdkafka() | {"linger.ms": 20, "enable.idempotence": True, "log_level": 0}
        )
        self._ends: dict[tuple[str, int], int] = {}
        self._law = law_of(sound_reference())
        self.known: dict[tuple[str, int], int] = {}

    def put(self, topic: str, part: int, value: bytes) -> int:
        """Write a record; returns its offset, for nobody else writes here."""
        place = (str(topic), part)
        offset = self._ends.get(place, 0)
        self._ends[place] = offset + 1
        while True:
            try:
                key = record_key(str(offset)) if topic in OWN_KEYS else None
                self._producer.produce(topic, value, key=key, partition=part)
                return offset
            except BufferError:
                self._producer.poll(0.1)

    def student(self, person: int, batch: Batch) -> None:
        """All that comes of four records."""
        person_id = f"person-{person:020d}"
        part = partition_of(person_id, PERSON_PARTITIONS)
        record = PersonRecord(person_id=person_id)
        entries = []
        for number, (topic, kind, sender, content) in enumerate(contents(person)):
            offset = self.put(topic, person % 4, b"{}")
            event = PersonEvent(
                person_id=person_id,
                sender=sender,
                event_id=f"00000000-0000-4000-900{number}-{person:012d}",
                registered_at=_AT,
                origin=Origin(topic=topic, partition=person % 4, offset=offset, appended_at=_AT),
                fingerprint=f"{person:020d}{number}",
                content=content,
                sealed="v1." + "s" * 400 if number == 3 else None,
            )
            receipt = Receipt(
                origin=event.origin,
                status=ReceiptStatus.ACCEPTED,
                sender=sender,
                event_id=event.event_id,
                type=f"dk.frafaldsvarsel.{kind}.v1",
                fingerprint=event.fingerprint,
            )
            self.put(Topic.RECEIPTS, person % 4, receipt.model_dump_json(exclude_none=True).encode())
            at = self.put(Topic.PERSON_EVENTS, part, event.model_dump_json(exclude_none=True).encode())
            step = apply(record, event, Cause(partition=part, offset=at), self._law)
            record = step.record
            for decision in step.decisions:
                self.put(Topic.DECISIONS, part, decision.model_dump_json(exclude_none=True).encode())
                batch.decisions.append(decision)
            entries.append(
                AppliedEntry(
                    offset=at,
                    origin_topic=topic,
                    origin_partition=person % 4,
                    origin_offset=offset,
                    person_id=person_id,
                    changed=step.changed,
                )
            )
            batch.receipts.append(receipt)
        applied = Applied(partition=part, entries=tuple(entries))
        self.put(Topic.APPLIED, part, applied.model_dump_json().encode())
        batch.applied.append(applied)

    async def book(self, url: str, batch: Batch) -> None:
        """The batch into the ledger."""
        self._producer.flush(60)
        batch.next_offsets = {
            place: end
            for place, end in self._ends.items()
            if place[0] in ("receipts", "applied", "decisions") and end > self.known.get(place, 0)
        }
        async with await psycopg.AsyncConnection.connect(url) as connection, connection.transaction():
            await project(connection, batch, self.known, _POLICY)
        self.known |= batch.next_offsets


def bare_read(kafka: KafkaSettings) -> tuple[float, int]:
    """Seconds and records of reading the topics that the audit reads, and doing nothing with them."""
    log = KafkaLog(kafka)
    ends = {(topic, part): end for topic in READERS for part, (_, end) in log.bounds(topic).items() if end}
    log.close()
    consumer = Consumer(
        kafka.librdkafka() | {"group.id": "bare", "enable.auto.commit": False, "log_level": 0}
    )
    began, left, read = time.monotonic(), dict(ends), 0
    consumer.assign([TopicPartition(topic, part, 0) for topic, part in ends])
    while left:
        for message in consumer.consume(5_000, timeout=0.1):
            read += 1
            place = (message.topic() or "", message.partition() or 0)
            if (message.offset() or 0) >= left.get(place, 0) - 1:
                left.pop(place, None)
    consumer.close()
    return time.monotonic() - began, read


def rounds(kafka: KafkaSettings, url: str, folder: Path) -> tuple[list[float], int]:
    """Seconds of a first and of three following rounds, all of which must be sound, and the bytes of the index."""
    index, log, taken = AuditIndex(folder / "notes"), KafkaLog(kafka), []
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("INSERT INTO attempts SELECT id, 1, now(), 'delivered', 250, '' FROM deliveries")
        connection.execute("UPDATE deliveries SET status = 'delivered', attempts = 1, ended_at = now()")
        connection.execute("ANALYZE")
        for _ in range(4):
            began = time.monotonic()
            result = audit(log, connection, grace=timedelta(0), now=datetime.now(UTC), index=index)
            taken.append(time.monotonic() - began)
            if result.exceptions:
                raise SystemExit(f"not sound: {result.exceptions[:3]}")
    index.close()
    log.close()
    return taken, sum(file.stat().st_size for file in folder.glob("notes*"))


def main(records: int) -> None:
    """Write, read, audit, say."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        broker, database = Broker(folder / "kafka", ensure_jars()), Database(folder / "postgres")
        try:
            broker.start()
            database.start()
            broker.wait_ready()
            kafka = KafkaSettings(bootstrap_servers=broker.bootstrap)
            topic_admin.apply(kafka, Replication(factor=1, min_insync=1))
            asyncio.run(migrate(database.url))
            writer = Writer(kafka)
            for start in range(0, records // 4, _BATCH):
                batch = Batch()
                for person in range(start, min(start + _BATCH, records // 4)):
                    writer.student(person, batch)
                asyncio.run(writer.book(database.url, batch))
            bare, read = min(bare_read(kafka) for _ in range(3))
            taken, size = rounds(kafka, database.url, folder)
        finally:
            database.stop()
            broker.stop()
    sys.stdout.write(
        f"{records} input records, {read} records on the topics that the audit reads\n"
        f"bare read {bare:.2f} s; first round {taken[0]:.2f} s = {taken[0] / bare:.1f} bare reads; "
        f"following {min(taken[1:]):.2f} s = {min(taken[1:]) / bare:.2f}; notes {size / 1e6:.0f} MB\n"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else RECORDS)
