"""Settings of the stream worker, in a module that does not load the stream engine."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from config.kafka import KafkaSettings
from config.kafka_rights import GROUPS, KafkaUser
from infra.stream_mac import NO_MAC, StreamMac

GROUP: Final = GROUPS[KafkaUser.WORKER]
"""The consumer group of every stream worker."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSettings:
    """One worker. `instance` is its static member name in the group, if it has one; `data_dir` is scratch."""

    kafka: KafkaSettings
    instance: str | None
    session_timeout: timedelta
    data_dir: str
    mac: StreamMac = NO_MAC
    packs_people: bool = True
    """False while a worker runs that cannot read them."""
