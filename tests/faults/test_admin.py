"""Whoever asks the brokers for the harness may die: that costs one question, and never the harness."""

import os
import signal
from collections.abc import Callable, Iterator

import pytest
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from local.servers.kafka import Broker
from tests.faults.admin import Admin, AdminError

pytestmark = pytest.mark.timeout(90)


@pytest.fixture
def topic(broker: Broker, unique: Callable[[str], str]) -> str:
    name = unique("asked")
    made = AdminClient({"bootstrap.servers": broker.bootstrap, "log_level": 0})
    made.create_topics([NewTopic(name, num_partitions=2, replication_factor=1)])[name].result(30)
    return name


@pytest.fixture
def admin(broker: Broker) -> Iterator[Admin]:
    asked = Admin(broker.bootstrap)
    yield asked
    asked.close()


def test_an_abort_costs_one_question(admin: Admin, topic: str) -> None:
    assert admin.ends([(topic, 0), (topic, 1)]) == {(topic, 0): 0, (topic, 1): 0}
    child = admin._child
    assert child is not None
    os.kill(child.pid, signal.SIGABRT)
    child.wait()
    with pytest.raises(AdminError):
        admin.ends([(topic, 0)])
    assert admin.ends([(topic, 0)]) == {(topic, 0): 0}


def test_what_the_brokers_refuse_is_said(admin: Admin, topic: str, unique: Callable[[str], str]) -> None:
    with pytest.raises(AdminError, match="delete_group"):
        admin.delete_group(unique("nobody"))
    assert admin.in_sync([topic]) == [1, 1]


def test_a_groups_offsets_are_moved_and_read(admin: Admin, topic: str, unique: Callable[[str], str]) -> None:
    group = unique("moved")
    assert admin.committed(group, [(topic, 0)]) == {(topic, 0): 0}
    admin.move(group, {(topic, 0): 7})
    assert admin.committed(group, [(topic, 0), (topic, 1)]) == {(topic, 0): 7, (topic, 1): 0}
    admin.delete_group(group)
    assert admin.committed(group, [(topic, 0)]) == {(topic, 0): 0}
