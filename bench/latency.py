"""From an institution's publish to the unit's task and to its mail, at a steady pace, on the whole service.

The clock starts when the producer is handed the record and stops at the ledger's and the catcher's own timestamps;
everything is on one machine, so the clocks are one.
"""

import asyncio
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import quantiles
from typing import Any
from uuid import uuid4

from aiokafka import AIOKafkaProducer

from bench import processor_time
from config.reference.checks.all import sound_reference
from config.reference.institutions import institutions_of
from local.service import Service
from models.events.event_types import TYPE_PREFIX
from publisher.events import PlainEvent
from publisher.keys import KeyFolder
from publisher.prepare import prepare

_SETTLE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Latencies:
    """Seconds, one for each message, and the processor time of what lies between, by process."""

    task: list[float]
    mail: list[float]
    processor: dict[str, float]
    """Seconds for all messages together; brokers, database and mail server are not ours."""

    @staticmethod
    def spread(values: list[float]) -> tuple[float, float]:
        """The median and the 99th percentile."""
        cuts = quantiles(values, n=100)
        return cuts[49], cuts[98]


def measure(*, rate: int, seconds: int, runs: int) -> list[Latencies]:
    """Publish `rate` obliged messages a second for `seconds`, each of its own person, whose facts are known.

    Each run is of a service of its own; what they have left is removed after the last. ext4 gives no inode out again
    soon after its file was removed, and looks through all of these for each new file: a mail costs a third more.
    """
    found = []
    with tempfile.TemporaryDirectory(prefix="frafaldsvarsel-bench-") as folder:
        for run in range(runs):
            service = Service(Path(folder) / str(run), beside=("audit",))
            with service.running():
                found.append(asyncio.run(_measure(service, rate, seconds)))
    return found


async def _measure(service: Service, rate: int, seconds: int) -> Latencies:
    keys = KeyFolder(service.data / "keys")
    school = next(
        number
        for number, one in institutions_of(sound_reference()).items()
        if one.valid_to is None and "eud" in one.education_types
    )
    number = rate * seconds
    sources = {name: service.source_of(name) for name in (school, "0561", "REG-CPR")}
    producer = AIOKafkaProducer(**service.settings.kafka.producer())
    await producer.start()

    def ready(event: PlainEvent) -> Any:
        return prepare(event, signing_key=keys.signing_key(event.sender), service_key=keys.service_key())

    def plain(kind: str, sender: str, **data: object) -> PlainEvent:
        return PlainEvent(
            type=f"{TYPE_PREFIX}{kind}.v1",
            id=str(uuid4()),
            sender=sender,
            source=sources[sender],
            time=(datetime.now(UTC) - timedelta(seconds=1)).isoformat(timespec="seconds"),
            data=data,
        )

    today = datetime.now(UTC).date()
    people = [
        f"{day:02d}{month:02d}0{year}{serial:04d}"
        for year in range(1, 6)
        for month in range(1, 13)
        for day in range(1, 28)
        for serial in range(4000, 4020)
    ][:number]
    try:
        facts = []
        for cpr in people:
            facts += [
                plain(
                    "enrolment.registered",
                    school,
                    cpr=cpr,
                    enrolment_id=str(uuid4()),
                    institution_number=school,
                    education_type="eud",
                    admission_date=str(today - timedelta(days=60)),
                    study_start=str(today - timedelta(days=30)),
                ),
                plain(
                    "benefit-period.registered",
                    "0561",
                    cpr=cpr,
                    period_id=str(uuid4()),
                    municipality_code="0561",
                    benefit_type="kontanthjaelp",
                    target_group="uddannelsesparat",
                    valid_from=str(today - timedelta(days=400)),
                    valid_to=str(today - timedelta(days=40)),
                ),
                plain(
                    "residence.registered",
                    "REG-CPR",
                    cpr=cpr,
                    residence_id=str(uuid4()),
                    municipality_code="0561",
                    valid_from="2020-01-01",
                ),
            ]
        for event in facts:
            record = ready(event)
            await producer.send(record.topic, record.value, record.key, headers=list(record.headers))
        await producer.flush()
        await _until(service, "SELECT count(*) FROM applied", len(facts))
        messages = [
            plain(
                "dropout-risk.raised",
                school,
                cpr=cpr,
                institution_number=school,
                seen_at=datetime.now(UTC).isoformat(timespec="seconds"),
                signals=["absence"],
                severity="high",
            )
            for cpr in people
        ]
        records = [(event.id, ready(event)) for event in messages]
        sent: dict[str, float] = {}
        before = _processor(service)
        began = time.time()
        for place, (name, record) in enumerate(records):
            await asyncio.sleep(max(0.0, began + place / rate - time.time()))
            sent[name] = time.time()
            await producer.send(record.topic, record.value, record.key, headers=list(record.headers))
        await _until(service, "SELECT count(*) FROM deliveries WHERE status = 'delivered'", number)
        processor = {name: spent - before.get(name, 0) for name, spent in _processor(service).items()}
    finally:
        await producer.stop()
    with service.database() as connection:
        rows: list[tuple[Any, ...]] = connection.execute(
            "SELECT m.message_id, extract(epoch FROM t.opened_at), extract(epoch FROM d.ended_at) "
            "FROM messages m JOIN tasks t ON t.id = m.task_id JOIN deliveries d ON d.task_id = t.id"
        ).fetchall()
    return Latencies(
        task=[float(opened) - sent[name] for name, opened, _ in rows],
        mail=[float(ended) - sent[name] for name, _, ended in rows],
        processor=processor,
    )


def _processor(service: Service) -> dict[str, float]:
    watched = service.metrics_pages
    return {name: processor_time.of(pid) for name, pid in service.pids().items() if name in watched}


async def _until(service: Service, sql: Any, number: int) -> None:
    deadline = time.monotonic() + _SETTLE_SECONDS
    with service.database() as connection:
        while (row := connection.execute(sql).fetchone()) is None or int(str(row[0])) < number:
            if time.monotonic() > deadline:
                raise TimeoutError(f"only {row} of {number}")
            await asyncio.sleep(0.2)
