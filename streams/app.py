"""The Faust application: two agents over raw bytes, with the guard rails that faust.md measured.

It wires; it decides nothing. The process ends (exit code 70) on anything that a step did not expect: the offset then
stays, and the next process reads the record again.
"""

import asyncio
import logging
import os
import time
from collections.abc import Awaitable, Sequence
from typing import Any, Final

from aiokafka import AIOKafkaProducer

from config.topics import Topic
from infra.failpoints import Point, reach
from infra.kafka_record import KafkaRecord
from infra.partition_reader import PartitionReader
from models.eligibility.law import Law
from models.events.event_types import InputTopic
from streams.assignment import Assignment
from streams.batch_driver import BatchDriver
from streams.batch_producer import BatchProducer
from streams.checkpoint import Checkpoint
from streams.engine import lenient_headers
from streams.engine.fail_stop import fail_stop
from streams.engine.faust_app import App, faust_app, raw_channel
from streams.intake import Context
from streams.person_store import PersonStore
from streams.processors import Intake, Match, Processor
from streams.settings import WorkerSettings

log = logging.getLogger(__name__)

_INTAKE_STRETCHES: Final = 4
_MATCH_STRETCHES: Final = 8
_WITHIN_SECONDS: Final = 0.01
_TEND_SECONDS: Final = 60


def build(settings: WorkerSettings, context: Context, law: Law, on_assigned: Any) -> App:
    """The application, not started. `on_assigned` is called with the partitions at every assignment."""
    lenient_headers.install()
    app = faust_app(settings)
    assignment = Assignment()
    opened: list[AIOKafkaProducer | PartitionReader] = []
    tending: list[asyncio.Task[None]] = []

    @app.on_partitions_revoked.connect
    async def revoked(_app: Any, /, *_: Any, **__: Any) -> None:
        reach(Point.STREAM_REVOKED)
        assignment.revoked()

    @app.on_partitions_assigned.connect
    async def assigned(_app: Any, /, *arguments: Any, **_: Any) -> None:
        reach(Point.STREAM_ASSIGNED)
        assignment.assigned((place.topic, place.partition) for place in arguments[0])
        on_assigned(assignment.partitions)

    async def start_step(step: type[Intake] | type[Match], topics: Sequence[str]) -> BatchDriver:
        producer, reader = AIOKafkaProducer(**settings.kafka.producer()), PartitionReader(settings.kafka)
        opened.extend((producer, reader))
        await producer.start()
        await reader.start()
        made: Processor = Intake(context) if step is Intake else Match(law, PersonStore(reader))
        batch_driver = BatchDriver(
            made,
            topics=topics,
            assignment=assignment,
            checkpoint=Checkpoint(step.name, reader),
            output=BatchProducer(producer),
            monotonic=time.monotonic,
        )
        tending.append(asyncio.create_task(_tend(batch_driver), name=f"tending {step.name}"))
        return batch_driver

    async def take(step: type[Intake] | type[Match], topics: Sequence[str], batches: Any) -> None:
        batch_driver = await start_step(step, topics)
        async for events in batches:
            await _to_itsend(app, batch_driver.batch(_records(events)))

    inputs = [str(topic) for topic in InputTopic]

    @app.agent(raw_channel(app, *inputs), name="intake", concurrency=1)
    async def intake(stream: Any) -> None:
        batches = stream.take_events(_INTAKE_STRETCHES, _WITHIN_SECONDS)
        await _while_running(app, take(Intake, inputs, batches))

    @app.agent(raw_channel(app, Topic.PERSON_EVENTS), name="match", concurrency=1)
    async def match(stream: Any) -> None:
        batches = stream.take_events(_MATCH_STRETCHES, _WITHIN_SECONDS)
        await _while_running(app, take(Match, [Topic.PERSON_EVENTS], batches))

    @app.on_before_shutdown.connect
    async def close(_app: Any, /, *_: Any, **__: Any) -> None:
        reach(Point.STREAM_SHUTDOWN)
        for task in tending:
            task.cancel()
        for client in opened:
            await client.stop()

    return app


async def _to_itsend(app: App, batch: Awaitable[None]) -> None:
    """Faust acknowledges a batch that is cut off as one that is done, whoever cancels it (faust.md, 1)."""
    try:
        await batch
    except asyncio.CancelledError as error:
        if app.should_stop:
            log.info("told to stop in the middle of a batch: nothing of it is committed, and it comes again")
            logging.shutdown()
            os._exit(0)
        fail_stop("a batch that was cut off", error)


async def _while_running(app: App, work: Awaitable[None]) -> None:
    """An agent that ends while its worker goes on would leave a process that is alive and does nothing."""
    try:
        await work
    except asyncio.CancelledError as error:
        if app.should_stop:
            raise
        fail_stop("a cancelled agent", error)


async def _tend(batch_driver: BatchDriver) -> None:
    """Not one of Faust's timers: one that raises would commit first (faust.md, 12)."""
    try:
        while True:
            await asyncio.sleep(_TEND_SECONDS)
            await batch_driver.tend()
    except Exception as error:
        fail_stop("tending", error)


def _records(events: Sequence[Any]) -> list[KafkaRecord]:
    return [
        KafkaRecord(
            record.topic,
            record.partition,
            record.offset,
            record.timestamp,
            record.key,
            record.value,
            record.headers,
        )
        for event in events
        for record in event.message.records
    ]
