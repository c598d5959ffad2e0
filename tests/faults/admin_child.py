"""``python -m tests.faults.admin_child SERVERS``: a line of JSON in, the brokers are asked, a line of JSON out.

Only `tests.faults.admin` starts it. It may die at any moment: nothing but the connection is kept in it.
"""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from typing import Any, Final

from confluent_kafka import ConsumerGroupTopicPartitions, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._acl import AclBinding, AclBindingFilter, AclOperation, AclPermissionType
from confluent_kafka.admin._config import AlterConfigOpType, ConfigEntry, ConfigResource
from confluent_kafka.admin._listoffsets import OffsetSpec
from confluent_kafka.admin._resource import ResourcePatternType, ResourceType
from confluent_kafka.admin._scram import (
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialDeletion,
    UserScramCredentialUpsertion,
)

_SECONDS: Final = 10.0

Offsets = Sequence[tuple[str, int, int]]
Rights = Sequence[tuple[str, str, str]]
"""Kind of resource, name, operation."""


def main() -> None:
    """Until nobody asks any more."""
    (servers,) = sys.argv[1:]
    admin = AdminClient({"bootstrap.servers": servers, "log_level": 0})
    for line in sys.stdin:
        what, given = json.loads(line)
        try:
            answer = {"found": _ASKED[what](admin, **given)}
        except KafkaException as error:
            answer = {"error": error.args[0].str()}
        except TimeoutError:
            answer = {"error": "no answer in time"}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _ends(admin: AdminClient, places: Sequence[tuple[str, int]]) -> list[tuple[str, int, int]]:
    latest = OffsetSpec.latest()  # type: ignore[no-untyped-call]
    asked = dict.fromkeys((TopicPartition(*place) for place in places), latest)
    found = admin.list_offsets(asked, request_timeout=_SECONDS)
    return [(place.topic, place.partition, _told(answer).offset) for place, answer in found.items()]


def _committed(
    admin: AdminClient, group: str, places: Sequence[tuple[str, int]]
) -> list[tuple[str, int, int]]:
    wanted = ConsumerGroupTopicPartitions(group, [TopicPartition(*place) for place in places])
    found = _told(admin.list_consumer_group_offsets([wanted], request_timeout=_SECONDS)[group])
    return [(place.topic, place.partition, place.offset) for place in found.topic_partitions]


def _in_sync(admin: AdminClient, topics: Sequence[str]) -> list[int]:
    known = admin.list_topics(timeout=_SECONDS).topics
    return [len(part.isrs) for topic in topics for part in known[topic].partitions.values()]


def _delete_group(admin: AdminClient, group: str) -> None:
    _told(admin.delete_consumer_groups([group], request_timeout=_SECONDS)[group])


def _move(admin: AdminClient, group: str, offsets: Offsets) -> None:
    wanted = ConsumerGroupTopicPartitions(group, [TopicPartition(*place) for place in offsets])
    _told(admin.alter_consumer_group_offsets([wanted], request_timeout=_SECONDS)[group])


def _delete_records(admin: AdminClient, offsets: Offsets) -> None:
    _all(admin.delete_records([TopicPartition(*place) for place in offsets], request_timeout=_SECONDS))


def _alter_topics(admin: AdminClient, topics: Sequence[str], settings: Mapping[str, str]) -> None:
    _alter(admin, ResourceType.TOPIC, topics, settings)


def _alter_broker(admin: AdminClient, node: int, settings: Mapping[str, str]) -> None:
    _alter(admin, ResourceType.BROKER, [str(node)], settings)


def _alter(admin: AdminClient, kind: ResourceType, names: Sequence[str], settings: Mapping[str, str]) -> None:
    entries = [
        ConfigEntry(name, held, incremental_operation=AlterConfigOpType.SET)
        for name, held in settings.items()
    ]
    resources = [ConfigResource(kind, name, incremental_configs=entries) for name in names]
    _all(admin.incremental_alter_configs(resources, request_timeout=_SECONDS))


def _set_password(admin: AdminClient, user: str, password: str) -> None:
    scram = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096)
    wanted = UserScramCredentialUpsertion(user, scram, password.encode())
    _all(admin.alter_user_scram_credentials([wanted], request_timeout=_SECONDS))


def _delete_password(admin: AdminClient, user: str) -> None:
    wanted = UserScramCredentialDeletion(user, ScramMechanism.SCRAM_SHA_512)
    _all(admin.alter_user_scram_credentials([wanted], request_timeout=_SECONDS))


def _grant(admin: AdminClient, user: str, rights: Rights) -> None:
    _all(admin.create_acls([AclBinding(*_acl(user, *right)) for right in rights], request_timeout=_SECONDS))


def _revoke(admin: AdminClient, user: str, rights: Rights) -> None:
    _all(
        admin.delete_acls(
            [AclBindingFilter(*_acl(user, *right)) for right in rights], request_timeout=_SECONDS
        )
    )


def _acl(user: str, kind: str, name: str, operation: str) -> tuple[Any, ...]:
    return (
        ResourceType[kind],
        name,
        ResourcePatternType.LITERAL,
        f"User:{user}",
        "*",
        AclOperation[operation],
        AclPermissionType.ALLOW,
    )


def _told(answer: "Future[Any]") -> Any:
    # Longer than the brokers are given: the client itself is to say that they were silent.
    return answer.result(2 * _SECONDS)


def _all(answers: "Mapping[Any, Future[Any]]") -> None:
    for answer in answers.values():
        _told(answer)


_ASKED: Final[Mapping[str, Callable[..., Any]]] = {
    "ends": _ends,
    "committed": _committed,
    "in_sync": _in_sync,
    "delete_group": _delete_group,
    "move": _move,
    "delete_records": _delete_records,
    "alter_topics": _alter_topics,
    "alter_broker": _alter_broker,
    "set_password": _set_password,
    "delete_password": _delete_password,
    "grant": _grant,
    "revoke": _revoke,
}

if __name__ == "__main__":
    main()
