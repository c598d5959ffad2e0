"""`topics acl`: the rights at Kafka, printed for who sets them, or set, or held against the table."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

import typer

from config.kafka_rights import KafkaRight, Resource
from frafaldsvarsel.commands.terminal import fail, out
from infra.broker_rights import RightsGap

_OPTIONS = {Resource.TOPIC: "--topic", Resource.GROUP: "--group", Resource.CLUSTER: "--cluster"}


def print_commands(wanted: Mapping[str, frozenset[KafkaRight]]) -> None:
    """Calls of Kafka's own tool, one for each principal, kind and set of operations."""
    for principal, rights in wanted.items():
        operations: defaultdict[tuple[Resource, str], list[str]] = defaultdict(list)
        for right in sorted(rights):
            operations[right.resource, right.name].append(right.operation)
        together: defaultdict[tuple[Resource, tuple[str, ...]], list[str]] = defaultdict(list)
        for (resource, name), each in operations.items():
            together[resource, tuple(each)].append(name)
        for (resource, some), names in together.items():
            what = "--cluster" if resource is Resource.CLUSTER else _named(resource, names)
            how = " ".join(f"--operation {_tools_name(one)}" for one in some)
            typer.echo(f"kafka-acls.sh --add --force --allow-principal '{principal}' {how} {what}")


def _named(resource: Resource, names: Iterable[str]) -> str:
    return " ".join(f"{_OPTIONS[resource]} '{name}'" for name in names)


def _tools_name(operation: str) -> str:
    return "".join(part.capitalize() for part in operation.split("_"))


def show_gap(gap: RightsGap) -> bool:
    """What differs, a line each; whether nothing does."""
    for who, right in gap.missing:
        fail(f"{who} lacks {_words(right)}.")
    for who, right in gap.too_much:
        fail(f"{who} has {_words(right)}, and needs it not.")
    for other in gap.others:
        fail(f"{other}: no right that the service gives; look at it.")
    whole = not (gap.missing or gap.too_much or gap.others)
    if whole:
        out.print("[green]✓[/] Every right is as it should be.")
    return whole


def _words(right: KafkaRight) -> str:
    name = "" if right.resource is Resource.CLUSTER else f" {right.name}"
    return f"{right.operation} of {right.resource.lower()}{name}"
