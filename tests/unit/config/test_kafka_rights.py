"""The table of rights says what the code does: groups by their modules, topics by who writes them."""

from config.kafka_rights import GROUPS, WRITES, KafkaUser, rights_of, sender_rights, written_by_alone
from config.topics import BY_NAME
from ledger.consume.consumer import GROUP as LEDGER_GROUP
from models.events.event_types import InputTopic
from models.events.sender import SenderKind
from ops.audit.kafka_log import GROUP as AUDIT_GROUP
from streams.settings import GROUP as WORKER_GROUP


def test_the_groups_are_those_in_which_the_processes_read() -> None:
    assert GROUPS[KafkaUser.WORKER] == WORKER_GROUP
    assert GROUPS[KafkaUser.LEDGER] == LEDGER_GROUP
    assert GROUPS[KafkaUser.AUDIT] == GROUPS[KafkaUser.TRAIL] == AUDIT_GROUP


def test_every_topic_has_a_writer_and_the_senders_write_none_of_the_services_own() -> None:
    senders = {right.name for kind in SenderKind for right in sender_rights(kind)}
    assert senders == set(map(str, InputTopic))
    assert {str(name) for user in KafkaUser for name in WRITES[user]} == BY_NAME.keys()


def test_decisions_are_written_by_the_worker_or_in_its_place_and_buried_by_an_erasure() -> None:
    """Whoever else could write there could make a duty."""
    writers = {user for user in KafkaUser if "decisions" in map(str, WRITES[user])}
    assert writers == {KafkaUser.WORKER, KafkaUser.GROW, KafkaUser.ERASE}
    others = set(KafkaUser) - {KafkaUser.GROW}
    assert {"applied", "progress"} <= written_by_alone(KafkaUser.WORKER, others)
    assert {"task-events", "reactions"} == written_by_alone(KafkaUser.LEDGER, KafkaUser)


def test_nobody_but_who_makes_topics_may_change_the_cluster() -> None:
    for user in KafkaUser:
        on_cluster = {right for right in rights_of(user) if right.resource == "CLUSTER"}
        assert bool(on_cluster) == (user is KafkaUser.TOPICS)
