"""Intake and match as agents of a stream engine. This module connects parts and decides nothing."""

import time
from collections.abc import Iterable, Sequence
from typing import Final

from aiokafka import AIOKafkaProducer

from config.kafka_rights import GROUPS, KafkaUser
from config.topics import Topic
from infra.bulk_reader import BulkReader
from infra.failpoints import Point, reach
from infra.partition_reader import PartitionReader
from infra.traces import NO_TRACES, Traces
from models.eligibility.law import Law
from models.events.event_types import InputTopic
from streams.agent import Agent, StreamApp
from streams.assignment import Assignment
from streams.batch_driver import BatchDriver
from streams.batch_producer import BatchProducer
from streams.checkpoint import Checkpoint
from streams.intake import Context
from streams.person_store import PersonStore
from streams.processors import Intake, Match, Processor
from streams.settings import WorkerSettings
from streams.watch import StreamWatch

_INTAKE_RECORD_BATCHES: Final = 4
_MATCH_RECORD_BATCHES: Final = 96
"""Some 20,000 events, which take less than a second: whoever has several of them is packed and written once."""
_INPUTS: Final = tuple(str(topic) for topic in InputTopic)
_PERSON_EVENTS: Final = (str(Topic.PERSON_EVENTS),)


def build(
    settings: WorkerSettings,
    context: Context,
    law: Law,
    watch: StreamWatch,
    traces: Traces = NO_TRACES,
) -> StreamApp:
    """The worker's agents, not started."""
    assignment, mac = Assignment(), settings.mac
    state = BulkReader(settings.kafka, GROUPS[KafkaUser.WORKER])
    clients: list[AIOKafkaProducer | PartitionReader | BulkReader] = [state]

    def revoked() -> None:
        reach(Point.STREAM_REVOKED)
        assignment.revoked()
        watch.revoked()

    def assigned(partitions: Iterable[tuple[str, int]]) -> None:
        reach(Point.STREAM_ASSIGNED)
        assignment.assigned(partitions)
        watch.assigned(assignment.partitions)

    async def start(topics: Sequence[str], processor: Processor) -> BatchDriver:
        producer, reader = AIOKafkaProducer(**settings.kafka.producer()), PartitionReader(settings.kafka)
        clients.extend((producer, reader))
        await producer.start()
        await reader.start()
        return BatchDriver(
            processor,
            topics=topics,
            assignment=assignment,
            checkpoint=Checkpoint(processor.name, reader, mac),
            output=BatchProducer(producer, mac),
            monotonic=time.monotonic,
            told=watch.tally,
        )

    async def shutdown() -> None:
        for client in clients:
            await client.stop()

    intake = Agent(
        name=Intake.name,
        topics=_INPUTS,
        max_record_batches=_INTAKE_RECORD_BATCHES,
        start=lambda: start(_INPUTS, Intake(context, traces)),
    )

    def match_step() -> Match:
        return Match(law, PersonStore(state, mac, packs=settings.packs_people), mac, traces)

    match = Agent(
        name=Match.name,
        topics=_PERSON_EVENTS,
        max_record_batches=_MATCH_RECORD_BATCHES,
        start=lambda: start(_PERSON_EVENTS, match_step()),
    )
    return StreamApp(
        settings=settings,
        agents=(intake, match),
        on_revoked=revoked,
        on_assigned=assigned,
        on_shutdown=shutdown,
        watch=watch,
    )
