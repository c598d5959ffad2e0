"""The service's topics on the run's own broker; only names of a test's own may be written beside them."""

import pytest

from config.kafka import KafkaSettings
from infra import topic_admin
from infra.topic_admin import Replication
from local.servers.kafka import Broker


@pytest.fixture(scope="session")
def kafka(broker: Broker) -> KafkaSettings:
    """The shared broker with every topic of the table."""
    settings = KafkaSettings(bootstrap_servers=broker.bootstrap)
    topic_admin.apply(settings, Replication(factor=1, min_insync=1))
    return settings
