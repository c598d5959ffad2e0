"""The canary's side of Kafka: it publishes as its senders do, and listens to what the service says.

It belongs to no group and commits nothing; between two flights it reads nothing.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from config.kafka import KafkaSettings
from config.topics import Topic
from infra import tolerant_headers
from infra.kafka_record import KafkaRecord
from infra.stream_mac import StreamMac
from ops.probe.trace import TracedPlace
from publisher.events import PlainEvent
from publisher.prepare import ContractVersion, Keys, prepare

HEARD: Final = (Topic.RECEIPTS, Topic.APPLIED, Topic.DECISIONS)
Ends = Mapping[TopicPartition, int]
_CHUNK: Final = 500
_FETCH_WAIT_MS: Final = 50
_STOP_SECONDS: Final = 5.0


class ProbeKafka:
    """A producer and a consumer; `open` before use, and anew after a fault."""

    def __init__(self, kafka: KafkaSettings, keys: Keys, version: ContractVersion, mac: StreamMac) -> None:
        self._kafka = kafka
        self._mac = mac
        self._keys = keys
        self._version = version
        self._producer: Any = None
        self._consumer: Any = None

    async def open(self) -> None:
        """Connect, where it is not; raises `aiokafka.errors.KafkaError`."""
        if self._producer is None:
            producer = AIOKafkaProducer(**self._kafka.producer())
            try:
                await producer.start()
            except BaseException:
                await producer.stop()
                raise
            self._producer = producer
        if self._consumer is None:
            tolerant_headers.install()
            consumer = AIOKafkaConsumer(
                **self._kafka.aiokafka(),
                enable_auto_commit=False,
                auto_offset_reset="latest",
                fetch_max_wait_ms=_FETCH_WAIT_MS,
            )
            try:
                await consumer.start()
            except BaseException:
                await consumer.stop()
                raise
            self._consumer = consumer

    async def close(self) -> None:
        """Disconnect; what is under way may still arrive."""
        producer, consumer, self._producer, self._consumer = self._producer, self._consumer, None, None
        if consumer is not None:
            await consumer.stop()
        if producer is not None:
            try:
                # An idempotent producer would wait for a broker that is away, without end.
                await asyncio.wait_for(producer.stop(), _STOP_SECONDS)
            except (TimeoutError, KafkaError):
                await producer.client.close()

    async def listen(self, since: Ends | None = None) -> Ends:
        """Everything is heard from here on, or `since` an earlier call. Raises `aiokafka.errors.KafkaError`."""
        # The client knows a topic's partitions once it has asked about one.
        await self._consumer.end_offsets([TopicPartition(topic, 0) for topic in HEARD])
        places = [
            TopicPartition(topic, part)
            for topic in map(str, HEARD)
            for part in sorted(self._consumer.partitions_for_topic(topic))
        ]
        self._consumer.assign(places)
        ends: Ends = await self._consumer.end_offsets(places) if since is None else since
        for place, end in ends.items():
            self._consumer.seek(place, end)
        return ends

    async def hear(self, timeout_ms: int) -> list[tuple[str, bytes]]:
        """What the service has said since: topic and value. What is foreign was said by somebody else."""
        fetched = await self._consumer.getmany(timeout_ms=timeout_ms, max_records=_CHUNK)
        return [
            (place.topic, record.value)
            for place, records in fetched.items()
            for record in records
            if record.value is not None and self._mac.fault(KafkaRecord.of(record)) is None
        ]

    def deaf(self) -> None:
        """Nothing is fetched until the next `listen`."""
        if self._consumer is not None:
            self._consumer.pause(*self._consumer.assignment())

    async def publish(self, events: Sequence[PlainEvent]) -> list[TracedPlace]:
        """Sign, seal and send; returns where the brokers have put each. Raises `aiokafka.errors.KafkaError`."""
        places = []
        for event in events:
            ready = prepare(
                event,
                signing_key=self._keys.signing_key(event.sender),
                service_key=self._keys.service_key(),
                version=self._version,
            )
            put = await self._producer.send_and_wait(
                ready.topic, value=ready.value, key=ready.key, headers=list(ready.headers)
            )
            places.append((put.topic, put.partition, put.offset))
        return places
