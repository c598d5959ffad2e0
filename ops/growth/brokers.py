"""What a growth asks of Kafka."""

import asyncio
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Final, Protocol

from aiokafka import AIOKafkaProducer

from config.kafka import KafkaSettings
from config.kafka_rights import GROUPS, KafkaUser
from infra import topic_admin
from infra.partition_reader import PartitionReader
from ops.lag.group_states import group_states

_WORKERS: Final = GROUPS[KafkaUser.WORKER]
_SEEN_SECONDS: Final = 60
_POLL_SECONDS: Final = 0.1


class Brokers(Protocol):
    """The brokers, or what stands in for them."""

    def reader(self) -> AbstractAsyncContextManager[PartitionReader]:
        """A new client."""

    async def workers(self) -> int | None:
        """How many are in the workers' group; None where that is not known."""

    def add_partitions(self, topics: Sequence[str], total: int) -> None:
        """Give each so many; one that has them stays as it is. Raises `infra.topic_admin.TopicsUnreachable`."""


async def see_partitions(producer: AIOKafkaProducer, topics: Sequence[str], total: int) -> None:
    """Let the client see partitions that were added. It asks by itself after minutes, and asserts until then."""
    async with asyncio.timeout(_SEEN_SECONDS):
        for topic in topics:
            while len(await producer.partitions_for(topic)) < total:
                await producer.client.force_metadata_update()
                await asyncio.sleep(_POLL_SECONDS)


class KafkaBrokers:
    """The brokers."""

    def __init__(self, kafka: KafkaSettings) -> None:
        self._kafka = kafka

    def reader(self) -> PartitionReader:
        """A new client."""
        return PartitionReader(self._kafka)

    async def workers(self) -> int | None:
        """As the group's coordinator describes it."""
        state = (await group_states(self._kafka, [_WORKERS])).get(_WORKERS)
        return None if state is None else state.members

    def add_partitions(self, topics: Sequence[str], total: int) -> None:
        """As `Brokers` says."""
        topic_admin.add_partitions(self._kafka, topics, total)
