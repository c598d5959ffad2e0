"""A broker of the audit's own, with empty topics for each test, and a database with the ledger's tables."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from config.kafka import KafkaSettings
from tests.fixtures.servers import running_broker
from tests.integration.ops.audit.world import World, begin_again


@pytest.fixture(scope="session")
def audited_kafka(jars: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaSettings]:
    """Not the shared one: topics and groups have fixed names, and are made anew for each test."""
    with running_broker(tmp_path_factory.mktemp("audited-kafka"), jars) as broker:
        yield KafkaSettings(bootstrap_servers=broker.bootstrap)


@pytest.fixture
async def world(audited_kafka: KafkaSettings, ledger_url: str) -> World:
    """Nothing has happened yet."""
    begin_again(audited_kafka)
    return World(audited_kafka, ledger_url)
