"""Who may do what on the brokers: the table of docs/operations.md as a broker is told it, and nothing beyond it."""

from typing import Final

from config.topics import Topic
from ledger.consume.consumer import GROUP as LEDGER_GROUP
from models.events.event_types import InputTopic
from ops.audit.kafka_log import GROUP as AUDIT_GROUP
from streams.settings import GROUP
from tests.faults.admin import Admin

_TOPIC: Final = "TOPIC"
_GROUP: Final = "GROUP"
_EVERYBODY: Final = ((_TOPIC, "*", "DESCRIBE"), (_TOPIC, "*", "DESCRIBE_CONFIGS"))
_INPUTS: Final = tuple(map(str, InputTopic))


def _rights(group: str, reads: tuple[str, ...], writes: tuple[str, ...]) -> tuple[tuple[str, str, str], ...]:
    return (
        *((_TOPIC, name, "READ") for name in reads),
        *((_TOPIC, name, "WRITE") for name in writes),
        (_GROUP, group, "READ"),
        *_EVERYBODY,
    )


WORKER: Final = "worker"
LEDGER: Final = "ledger"
TRAIL: Final = "trail"
RIGHTS: Final = {
    WORKER: _rights(
        GROUP,
        (*_INPUTS, Topic.PERSON_EVENTS, Topic.PEOPLE, Topic.PROGRESS),
        (
            Topic.RECEIPTS,
            Topic.PERSON_EVENTS,
            Topic.REJECTED,
            Topic.DECISIONS,
            Topic.APPLIED,
            Topic.PEOPLE,
            Topic.PROGRESS,
        ),
    ),
    LEDGER: _rights(
        LEDGER_GROUP,
        (Topic.RECEIPTS, Topic.APPLIED, Topic.DECISIONS),
        (Topic.RECEIPTS, Topic.PERSON_EVENTS, Topic.TASK_EVENTS, Topic.REACTIONS),
    ),
    TRAIL: _rights(AUDIT_GROUP, (Topic.AUDIT_CHECKPOINTS,), (Topic.AUDIT_CHECKPOINTS,)),
}


def password(user: str) -> str:
    """Of a user of the rig."""
    return f"{user}-of-the-rig"


def let_in(admin: Admin, user: str) -> None:
    """With the password that its processes have."""
    admin.set_password(user, password(user))


def give(admin: Admin, user: str) -> None:
    """Everything that the user may do."""
    admin.grant(user, RIGHTS[user])


def take(admin: Admin, user: str) -> None:
    """All of it."""
    admin.revoke(user, RIGHTS[user])
