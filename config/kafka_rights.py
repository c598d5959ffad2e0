"""Who may do what at Kafka: the users of the service's processes and commands, and the senders.

From it `topics acl` makes the brokers' rights, `doctor` judges a user, and the secured brokers of the tests are told.
The service's own topics are written by their process alone; everything else is refused by the brokers.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from config.topics import GROWING, Topic
from models.events.event_types import EVENT_TYPES, InputTopic
from models.events.sender import SenderKind


class KafkaUser(StrEnum):
    """A user for each process, and for commands by what they do."""

    WORKER = "worker"
    LEDGER = "ledger"
    AUDIT = "audit"
    """`audit`, also with `--heal`, and `redecide`: they drive again what intake takes."""
    TRAIL = "trail"
    LAG = "lag"
    CANARY = "canary"
    QUARANTINE = "quarantine"
    REBUILD = "rebuild"
    ERASE = "erase"
    """`erase run`, `again` and `verify`; `retention plan` and `run`, which ask where the input begins."""
    OPERATOR = "operator"
    """`status` and `doctor`, which look; `lag --once`."""
    TOPICS = "topics"
    """`topics`, which makes them, and sets quotas and these rights."""
    GROW = "grow"
    """`topics grow`, which decides as match does, and adds partitions."""


class Resource(StrEnum):
    """What a right is about, as Kafka names it."""

    TOPIC = "TOPIC"
    GROUP = "GROUP"
    CLUSTER = "CLUSTER"


class KafkaOperation(StrEnum):
    """As Kafka names it."""

    READ = "READ"
    WRITE = "WRITE"
    CREATE = "CREATE"
    ALTER = "ALTER"
    DESCRIBE = "DESCRIBE"
    DESCRIBE_CONFIGS = "DESCRIBE_CONFIGS"
    ALTER_CONFIGS = "ALTER_CONFIGS"


class KafkaRight(NamedTuple):
    """One right. `name` ``*``: every resource of the kind."""

    resource: Resource
    name: str
    operation: KafkaOperation


GROUPS: Final[Mapping[KafkaUser, str]] = {
    KafkaUser.WORKER: "frafaldsvarsel",
    KafkaUser.LEDGER: "frafaldsvarsel-ledger",
    KafkaUser.AUDIT: "frafaldsvarsel-audit",
    KafkaUser.TRAIL: "frafaldsvarsel-audit",
    KafkaUser.QUARANTINE: "frafaldsvarsel-quarantine",
}
"""In which group each reads; whoever is not here joins none."""
CLUSTER_NAME: Final = "kafka-cluster"
_ANY: Final = "*"
_INPUTS: Final = tuple(map(str, InputTopic))
_BOOKED: Final = (Topic.RECEIPTS, Topic.APPLIED, Topic.DECISIONS)
_BY_WORKER: Final = (
    Topic.RECEIPTS,
    Topic.PERSON_EVENTS,
    Topic.REJECTED,
    Topic.DECISIONS,
    Topic.APPLIED,
    Topic.PEOPLE,
    Topic.PROGRESS,
)
_STATE: Final = (Topic.PERSON_EVENTS, Topic.PEOPLE, Topic.PROGRESS)
READS: Final[Mapping[KafkaUser, tuple[str, ...]]] = {
    KafkaUser.WORKER: (*_INPUTS, *_STATE),
    KafkaUser.LEDGER: (*_BOOKED, Topic.PERSON_EVENTS),
    KafkaUser.AUDIT: (*_INPUTS, Topic.PERSON_EVENTS, *_BOOKED, Topic.PROGRESS),
    KafkaUser.TRAIL: (Topic.AUDIT_CHECKPOINTS,),
    KafkaUser.LAG: (*_INPUTS, Topic.PERSON_EVENTS, *_BOOKED),
    KafkaUser.CANARY: _BOOKED,
    KafkaUser.QUARANTINE: (*_INPUTS, Topic.PERSON_EVENTS, Topic.REJECTED),
    KafkaUser.REBUILD: (*_BOOKED, Topic.PERSON_EVENTS, Topic.PEOPLE, Topic.PROGRESS),
    KafkaUser.ERASE: (*_STATE, Topic.DECISIONS, Topic.APPLIED, Topic.ERASURES),
    KafkaUser.OPERATOR: (*_INPUTS, Topic.PERSON_EVENTS, *_BOOKED, Topic.AUDIT_CHECKPOINTS),
    KafkaUser.TOPICS: (),
    KafkaUser.GROW: (*_STATE, Topic.APPLIED, Topic.DECISIONS),
}
WRITES: Final[Mapping[KafkaUser, tuple[str, ...]]] = {
    KafkaUser.WORKER: _BY_WORKER,
    KafkaUser.LEDGER: (Topic.RECEIPTS, Topic.PERSON_EVENTS, Topic.TASK_EVENTS, Topic.REACTIONS),
    KafkaUser.AUDIT: (Topic.RECEIPTS, Topic.PERSON_EVENTS, Topic.REJECTED),
    KafkaUser.TRAIL: (Topic.AUDIT_CHECKPOINTS,),
    KafkaUser.LAG: (),
    KafkaUser.CANARY: tuple(name for name in _INPUTS if name != InputTopic.CONTROL_TOTALS),
    KafkaUser.QUARANTINE: (*_INPUTS, Topic.PERSON_EVENTS),
    KafkaUser.REBUILD: (Topic.PEOPLE,),
    # Tombstones for records of before, on the two topics that are compacted by a key for each record; and for copies
    # of people in partitions in which nothing is decided.
    KafkaUser.ERASE: (Topic.ERASURES, Topic.PERSON_EVENTS, Topic.DECISIONS, Topic.PEOPLE),
    KafkaUser.OPERATOR: (),
    KafkaUser.TOPICS: (),
    KafkaUser.GROW: (*GROWING, Topic.PROGRESS),
}
_WATCHES: Final = frozenset({KafkaUser.AUDIT, KafkaUser.LAG, KafkaUser.OPERATOR, KafkaUser.GROW})
"""They ask how far the worker and the ledger have come."""


def rights_of(user: KafkaUser) -> frozenset[KafkaRight]:
    """Everything that the user may do."""
    rights = {
        KafkaRight(Resource.TOPIC, str(name), operation)
        for operation, names in (
            (KafkaOperation.READ, READS[user]),
            (KafkaOperation.WRITE, WRITES[user]),
        )
        for name in names
    }
    # They hold every topic against the table before they begin.
    rights |= {
        KafkaRight(Resource.TOPIC, _ANY, KafkaOperation.DESCRIBE),
        KafkaRight(Resource.TOPIC, _ANY, KafkaOperation.DESCRIBE_CONFIGS),
    }
    if user in GROUPS:
        rights.add(KafkaRight(Resource.GROUP, GROUPS[user], KafkaOperation.READ))
    if user in _WATCHES:
        rights |= {
            KafkaRight(Resource.GROUP, GROUPS[one], KafkaOperation.DESCRIBE)
            for one in (KafkaUser.WORKER, KafkaUser.LEDGER)
        }
    if user is KafkaUser.GROW:
        rights |= {KafkaRight(Resource.TOPIC, name, KafkaOperation.ALTER) for name in GROWING}
    if user is KafkaUser.TOPICS:
        rights |= {
            KafkaRight(Resource.CLUSTER, CLUSTER_NAME, operation)
            for operation in (
                KafkaOperation.CREATE,
                KafkaOperation.ALTER,
                KafkaOperation.DESCRIBE,
                KafkaOperation.DESCRIBE_CONFIGS,
                KafkaOperation.ALTER_CONFIGS,
            )
        } | {KafkaRight(Resource.TOPIC, _ANY, KafkaOperation.ALTER_CONFIGS)}
    return frozenset(rights)


def sender_rights(kind: SenderKind) -> frozenset[KafkaRight]:
    """A sender writes to the topics of its kind's events, and reads nothing: a receipt is for its sender alone."""
    topics = {str(one.topic) for one in EVENT_TYPES.values() if kind in one.senders}
    return frozenset(KafkaRight(Resource.TOPIC, name, KafkaOperation.WRITE) for name in topics)


def written_by_alone(user: KafkaUser, among: Iterable[KafkaUser]) -> frozenset[str]:
    """The topics that of all of `among` only `user` writes: by them its user is known."""
    others = {str(name) for one in among if one is not user for name in WRITES[one]}
    return frozenset(str(name) for name in WRITES[user]) - others
