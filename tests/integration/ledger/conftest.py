"""A migrated database of the test's own, connections to it, and a broker of the file's own."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest

from config.kafka import KafkaSettings
from infra import topic_admin
from infra.postgres import Connection
from infra.topic_admin import Replication
from tests.fixtures.servers import running_broker


@pytest.fixture(scope="module")
def kafka(jars: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaSettings]:
    """With all topics. Not the shared one: topics and groups have fixed names."""
    with running_broker(tmp_path_factory.mktemp("ledger-kafka"), jars) as broker:
        settings = KafkaSettings(bootstrap_servers=broker.bootstrap)
        topic_admin.apply(settings, Replication(factor=1, min_insync=1))
        yield settings


@pytest.fixture
async def connection(ledger_url: str) -> AsyncIterator[Connection]:
    """A connection as the ledger has it."""
    async with await psycopg.AsyncConnection.connect(ledger_url) as connection:
        yield connection
