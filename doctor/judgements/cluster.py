"""What Kafka's own state means: brokers, copies, topics, the rights of this user. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from config.kafka_rights import READS, WRITES, KafkaUser, written_by_alone
from doctor.diagnosis import Diagnosis, HealthCheck, fault, fine, warning
from doctor.readers.cluster import ClusterState
from doctor.words import number_of, some
from infra.topic_admin import Replication, TopicDifference

_PROCESSES: Final = (KafkaUser.WORKER, KafkaUser.LEDGER, KafkaUser.TRAIL)
"""Those that write something that no other process writes."""
OWN: Final[Mapping[KafkaUser, frozenset[str]]] = {
    user: written_by_alone(user, _PROCESSES) for user in _PROCESSES
}
"""Whose user may write one of these, is that process's user."""


def topics(differences: Sequence[TopicDifference]) -> Iterable[Diagnosis]:
    """How the topics differ from the table."""
    for one in differences:
        if one.fatal:
            yield fault(
                HealthCheck.TOPICS,
                one.sentence,
                "`topics apply` makes what is missing; the rest is for a person.",
            )
        else:
            yield warning(HealthCheck.TOPICS, one.sentence, "Set it as docs/topics.md says, or know why not.")
    if not differences:
        yield fine(HealthCheck.TOPICS, "Every topic is as it should be.")


def copies(state: ClusterState, wanted: Replication) -> Iterable[Diagnosis]:
    """Whether every record is kept as often as it should be."""
    leaderless = [_place(one.topic, one.partition) for one in state.partitions if not one.has_leader]
    too_few = [
        _place(one.topic, one.partition)
        for one in state.partitions
        if one.has_leader and one.in_sync < min(wanted.min_insync, one.copies)
    ]
    behind = [
        _place(one.topic, one.partition)
        for one in state.partitions
        if one.has_leader and min(wanted.min_insync, one.copies) <= one.in_sync < one.copies
    ]
    mend = "Bring back the brokers that are away: `kafka-topics.sh --describe` names them."
    if leaderless:
        sentence = f"{number_of(len(leaderless), 'partition')} cannot be read or written: {some(leaderless)}."
        yield fault(HealthCheck.COPIES, sentence, mend)
    if too_few:
        sentence = (
            f"{number_of(len(too_few), 'partition')} take nothing, for copies are away: {some(too_few)}."
        )
        yield fault(HealthCheck.COPIES, sentence, mend)
    if behind:
        sentence = f"Of {number_of(len(behind), 'partition')} copies are not up to date: {some(behind)}."
        yield warning(HealthCheck.COPIES, sentence, mend)
    if state.brokers < wanted.factor:
        sentence = f"{number_of(state.brokers, 'broker')} for {wanted.factor} copies of every record."
        yield warning(HealthCheck.COPIES, sentence, mend)
    if not (leaderless or too_few or behind or state.brokers < wanted.factor):
        yield fine(HealthCheck.COPIES, "Every copy of every partition is up to date.")


def rights(allowed: Mapping[str, frozenset[str]]) -> Iterable[Diagnosis]:
    """What is missing of a process whose user this is. `allowed`: the operations, by the topics that it may see."""
    users = [name for name, own in OWN.items() if any("WRITE" in allowed.get(one, ()) for one in own)]
    whole = True
    for process in users:
        for right, needed in (("READ", READS[process]), ("WRITE", WRITES[process])):
            missing = [topic for topic in needed if right not in allowed.get(topic, ())]
            if missing:
                whole = False
                yield fault(
                    HealthCheck.RIGHTS,
                    f"This user is the {process}'s, and may not {right.lower()} {some(missing)}.",
                    "Give it the rights that docs/operations.md lists.",
                )
    if users and whole:
        yield fine(HealthCheck.RIGHTS, f"This user may do at Kafka what {' and '.join(users)} need.")
    if not users:
        yield fine(HealthCheck.RIGHTS, "This user writes none of the service's topics: it is no process's.")


def _place(topic: str, partition: int) -> str:
    return f"{topic}/{partition}"
