"""What Kafka's own state means."""

from typing import Final

import pytest

from config.kafka_rights import KafkaUser
from config.topics import BY_NAME, Topic
from doctor.judgements import cluster
from doctor.readers.cluster import ClusterState, PartitionCopies
from infra.topic_admin import Replication, TopicDifference
from models.service_status import Level
from tests.faults.rights import RIGHTS

THREE: Final = Replication(factor=3, min_insync=2)


def state(in_sync: int, *, leader: bool = True, brokers: int = 3) -> ClusterState:
    return ClusterState(brokers, [PartitionCopies("decisions", 0, 3, in_sync, leader)])


@pytest.mark.parametrize(
    ("seen", "level", "said"),
    [
        (state(3), Level.FINE, "up to date"),
        (state(2), Level.WARNING, "1 partition copies are not up to date: decisions/0"),
        (state(1), Level.FAULT, "take nothing"),
        (state(0, leader=False), Level.FAULT, "cannot be read or written"),
        (state(3, brokers=2), Level.WARNING, "2 brokers for 3 copies"),
    ],
)
def test_copies(seen: ClusterState, level: Level, said: str) -> None:
    [one] = cluster.copies(seen, THREE)
    assert (one.level, said in one.sentence) == (level, True), one.sentence


def test_a_topic_that_breaks_a_promise_is_a_fault_and_another_a_warning() -> None:
    found = cluster.topics([TopicDifference("A.", True), TopicDifference("B.", False)])
    assert [one.level for one in found] == [Level.FAULT, Level.WARNING]
    assert [one.level for one in cluster.topics([])] == [Level.FINE]


def allowed(user: str) -> dict[str, frozenset[str]]:
    """As the brokers would say it of a user of the fault cells."""
    given = [(str(name), right) for kind, name, right in RIGHTS[user] if kind == "TOPIC"]
    return {
        topic: frozenset({right for name, right in given if name in (topic, "*")} | {"DESCRIBE"})
        for topic in BY_NAME
    }


@pytest.mark.parametrize("user", RIGHTS)
def test_the_rights_of_the_fault_cells_are_enough_and_each_is_needed(user: str) -> None:
    whole = allowed(user)
    [one] = cluster.rights(whole)
    assert one.level is Level.FINE
    assert user in one.sentence
    for topic, rights in whole.items():
        # Who may not even write its only topic is taken for nobody's user.
        for right in rights & ({"READ"} if cluster.OWN[KafkaUser(user)] == {topic} else {"READ", "WRITE"}):
            found = list(cluster.rights(whole | {topic: rights - {right}}))
            assert [(each.level, topic in each.sentence) for each in found] == [(Level.FAULT, True)], topic


def test_a_user_of_everything_that_lacks_one_right_has_a_fault() -> None:
    everything = {topic: frozenset({"READ", "WRITE"}) for topic in BY_NAME}
    [one] = cluster.rights(everything)
    assert "worker and ledger and trail" in one.sentence
    [lacks] = cluster.rights(everything | {Topic.TASK_EVENTS: frozenset({"READ"})})
    assert "may not write task-events" in lacks.sentence


def test_a_user_that_only_reads_is_no_process() -> None:
    [one] = cluster.rights({topic: frozenset({"READ"}) for topic in BY_NAME})
    assert (one.level, "no process's" in one.sentence) == (Level.FINE, True)
