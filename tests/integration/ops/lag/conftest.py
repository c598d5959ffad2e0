"""A broker for the tests of one file: the groups have fixed names."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from config.kafka import KafkaSettings
from infra import topic_admin
from infra.topic_admin import Replication
from tests.fixtures.servers import running_broker


@pytest.fixture(scope="module")
def kafka(jars: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaSettings]:
    """With the service's topics, empty."""
    with running_broker(tmp_path_factory.mktemp("lag-kafka"), jars) as broker:
        settings = KafkaSettings(bootstrap_servers=broker.bootstrap)
        topic_admin.apply(settings, Replication(factor=1, min_insync=1))
        yield settings
