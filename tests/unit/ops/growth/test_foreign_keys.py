"""Records that are none of ours stop no growth; a key that only the command lacks does."""

import json
from dataclasses import replace
from typing import Any

import pytest

from config.topics import Topic
from infra.stream_mac import NO_MAC
from ops.growth.errors import KeysMissing
from ops.growth.foreign_keys import NOTHING_FOREIGN, ForeignKeys
from ops.growth.grow import Growth
from tests.simulation.macs import MAC
from tests.simulation.test_growing import AFTER, BEFORE, PEOPLE, Kafka
from tests.simulation.test_growing import kafka as kafka


def growth(kafka: Kafka, keys: ForeignKeys = NOTHING_FOREIGN) -> Growth:
    """The command; the ledger is through whenever it is asked."""
    return replace(kafka.growth(), keys=keys, projected=lambda: kafka.growth().projected())


def told_foreign(kafka: Kafka, partition: int) -> list[Any]:
    """What match has told of foreign records."""
    place = (str(Topic.APPLIED), partition)
    ours, _ = MAC.split(kafka.log.read(place, 0, kafka.log.end(place)))
    return [one for record in ours for one in json.loads(record.value or b"").get("foreign", ())]


async def test_a_foreign_record_stops_no_growth_and_is_not_taken(kafka: Kafka) -> None:
    """On each topic that it reads: without a MAC, with a wrong one, two, one of another place, one no key can have."""
    known, name = await kafka.people(BEFORE), PEOPLE[0]
    topics = {
        Topic.PEOPLE: name.encode(),
        Topic.PERSON_EVENTS: b"key",
        Topic.PROGRESS: b"carried/person-events/0",
        Topic.DECISIONS: b"key",
        Topic.APPLIED: None,
    }
    for topic, key in topics.items():
        partition = 0 if topic == Topic.PROGRESS else BEFORE.of(name)
        other = MAC.headers(topic, partition + 1, key, b"9000")
        for headers in (
            [],
            [("mac", b"s1:wrong")],
            other,
            [*other, *other],
            [("mac", b"\xff\n" * 99 + b":1")],
        ):
            kafka.log.append(topic, partition, key, b"9000", headers)
    assert (await growth(kafka).run(AFTER.end)).people == len(PEOPLE)
    assert await kafka.people(AFTER) == known
    told = [
        one["offset"] for one in told_foreign(kafka, BEFORE.of(name)) if one["topic"] == Topic.PERSON_EVENTS
    ]
    assert len(told) == 5


@pytest.mark.parametrize("topic", [Topic.PEOPLE, Topic.PERSON_EVENTS, Topic.PROGRESS])
async def test_a_key_that_is_not_known_stops_it_unless_it_is_known_to_be_foreign(
    kafka: Kafka, topic: Topic
) -> None:
    """As match has told, or as an operator says. It could be a key that only this command lacks."""
    known, partition = await kafka.people(BEFORE), 0 if topic == Topic.PROGRESS else BEFORE.of(PEOPLE[0])
    first = kafka.log.append(topic, partition, b"match/person-events/0", b"9", [("mac", b"k9:1")])
    second = kafka.log.append(topic, partition, b"match/person-events/1", b"9", [("mac", b"k8:1")])
    told = {first.origin.place}
    for keys, named in (
        (ForeignKeys(), r"2 records .* k9 \(1\), k8 \(1\)\."),
        (ForeignKeys(names=frozenset({"k9"})), r"1 records .* k8 \(1\)\."),
        (ForeignKeys(told=told), r"1 records .* k8 \(1\)\."),
    ):
        with pytest.raises(KeysMissing, match=named):
            await growth(kafka, keys).run(AFTER.end)
        assert await kafka.people(AFTER) == {}
        assert kafka.log.partitions(Topic.PERSON_EVENTS) == BEFORE.end
    for keys in (
        ForeignKeys(names=frozenset({"k8"}), told=told),
        ForeignKeys(told={*told, second.origin.place}),
    ):
        assert (await growth(kafka, keys).run(AFTER.end)).partitions == AFTER.end
    assert await kafka.people(AFTER) == known


async def test_it_refuses_without_any_key_where_records_have_macs(kafka: Kafka) -> None:
    """What it wrote then would be foreign to every worker."""
    with pytest.raises(KeysMissing, match="this command has no key"):
        await replace(kafka.growth(), mac=NO_MAC).run(AFTER.end)
