"""The brokers' rights: what they have for our users, what differs from the table, and how it is set."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from confluent_kafka import KafkaException
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # ships half of its types
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
)

from config.kafka import KafkaSettings
from config.kafka_rights import KafkaOperation, KafkaRight, Resource
from infra.topic_admin import TopicsUnreachable

_SECONDS: Final = 30.0
_ANY_HOST: Final = "*"
_EVERYTHING: Final[tuple[Any, ...]] = (
    ResourceType.ANY,
    None,
    ResourcePatternType.ANY,
    None,
    None,
    AclOperation.ANY,
    AclPermissionType.ANY,
)
Wanted = Mapping[str, frozenset[KafkaRight]]
"""Rights by principal, such as ``User:worker``."""


@dataclass(frozen=True, slots=True)
class RightsGap:
    """What the brokers lack, and what they have beyond the table, each with its principal."""

    missing: tuple[tuple[str, KafkaRight], ...]
    too_much: tuple[tuple[str, KafkaRight], ...]
    others: tuple[str, ...]
    """Rights of these principals in a form that we never give: another host, a prefix, a denial. People judge them."""


def compare(kafka: KafkaSettings, wanted: Wanted) -> RightsGap:
    """How the brokers' rights of the principals of `wanted` differ; raises `TopicsUnreachable`."""
    admin = _admin(kafka)
    held, others = _held(admin, wanted)
    return RightsGap(
        missing=_sorted((who, right) for who, rights in wanted.items() for right in rights - held[who]),
        too_much=_sorted((who, right) for who, rights in held.items() for right in rights - wanted[who]),
        others=tuple(others),
    )


def grant(kafka: KafkaSettings, rights: Iterable[tuple[str, KafkaRight]]) -> None:
    """Give these; raises `TopicsUnreachable`."""
    bindings = [AclBinding(*_acl(*each)) for each in rights]
    if bindings:
        admin = _admin(kafka)  # held: a client that nobody holds ends with its question
        _settle(admin.create_acls(bindings, request_timeout=_SECONDS))


def revoke(kafka: KafkaSettings, rights: Iterable[tuple[str, KafkaRight]]) -> None:
    """Take these back; raises `TopicsUnreachable`."""
    filters = [AclBindingFilter(*_acl(*each)) for each in rights]
    if filters:
        admin = _admin(kafka)
        _settle(admin.delete_acls(filters, request_timeout=_SECONDS))


def _admin(kafka: KafkaSettings) -> AdminClient:
    return AdminClient(kafka.librdkafka() | {"log_level": 0})


def _held(admin: AdminClient, wanted: Wanted) -> tuple[dict[str, set[KafkaRight]], list[str]]:
    try:
        found = admin.describe_acls(AclBindingFilter(*_EVERYTHING), request_timeout=_SECONDS).result(
            2 * _SECONDS
        )
    except KafkaException as error:
        raise TopicsUnreachable(f"Kafka does not tell of rights: {error.args[0].str()}.") from None
    held: dict[str, set[KafkaRight]] = {who: set() for who in wanted}
    others = []
    for one in found:
        if one.principal not in wanted:
            continue
        right = _right(one)
        if right is None:
            others.append(
                f"{one.principal}: {one.permission_type.name} {one.operation.name} of {one.restype.name} {one.name}"
            )
        else:
            held[one.principal].add(right)
    return held, sorted(others)


_LIBRARYS: Final = {Resource.CLUSTER: "BROKER"}
"""What librdkafka calls a resource by another name."""


def _right(one: Any) -> KafkaRight | None:
    """None: it has a form that we never give."""
    ours = {_LIBRARYS.get(resource, resource.value): resource for resource in Resource}
    plain = (
        one.permission_type is AclPermissionType.ALLOW
        and one.host == _ANY_HOST
        and one.resource_pattern_type is ResourcePatternType.LITERAL
        and one.restype.name in ours
        and one.operation.name in set(KafkaOperation)
    )
    if not plain:
        return None
    return KafkaRight(ours[one.restype.name], one.name, KafkaOperation(one.operation.name))


def _acl(principal: str, right: KafkaRight) -> tuple[Any, ...]:
    kind = _LIBRARYS.get(right.resource, right.resource.value)
    return (
        ResourceType[kind],
        right.name,
        ResourcePatternType.LITERAL,
        principal,
        _ANY_HOST,
        AclOperation[right.operation],
        AclPermissionType.ALLOW,
    )


def _settle(answers: Mapping[Any, Any]) -> None:
    try:
        for answer in answers.values():
            answer.result(2 * _SECONDS)
    except KafkaException as error:
        raise TopicsUnreachable(f"Kafka does not take the rights: {error.args[0].str()}.") from None


def _sorted(rights: Iterable[tuple[str, KafkaRight]]) -> tuple[tuple[str, KafkaRight], ...]:
    return tuple(sorted(rights))
