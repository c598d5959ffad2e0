"""For how long the brokers keep the records of a topic: what they are told now, which a person may have changed."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Final

from confluent_kafka import KafkaException

# Public by their documentation, and not marked as exported.
from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType  # type: ignore[attr-defined]

from config.kafka import KafkaSettings
from config.topics import BY_NAME

_SECONDS: Final = 5.0
_NAME: Final = "retention.ms"
RetentionTime = timedelta | None
"""None: for ever."""


class RetentionReader:
    """One client, so that a look costs no new connection."""

    def __init__(self, kafka: KafkaSettings) -> None:
        self._admin = AdminClient(kafka.librdkafka() | {"log_level": 0})

    def look(self, topics: Collection[str]) -> Mapping[str, RetentionTime]:
        """Without those that this user may not ask for: there the table of the topics stands. Never raises."""
        asked = [ConfigResource(ResourceType.TOPIC, topic) for topic in topics]
        kept: dict[str, RetentionTime] = {}
        for resource, answer in self._admin.describe_configs(asked, request_timeout=_SECONDS).items():
            try:
                kept[resource.name] = _kept(int(answer.result()[_NAME].value))
            except (KafkaException, KeyError, ValueError):
                continue
        return kept


def by_the_table(topic: str) -> RetentionTime:
    """As the topic was meant to be made."""
    days = BY_NAME[topic].retention_days
    return None if days is None else timedelta(days=days)


def _kept(milliseconds: int) -> RetentionTime:
    return None if milliseconds < 0 else timedelta(milliseconds=milliseconds)
