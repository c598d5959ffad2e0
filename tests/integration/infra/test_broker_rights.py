"""The rights at a broker that has them: set from the table, held against it, and tried by each user on each topic."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
from confluent_kafka import KafkaError, KafkaException, Message, Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from config.kafka import KafkaSettings
from config.kafka_rights import (
    CLUSTER_NAME,
    READS,
    WRITES,
    KafkaOperation,
    KafkaRight,
    KafkaUser,
    Resource,
    rights_of,
    sender_rights,
)
from config.topics import BY_NAME, GROWING, Topic
from doctor.readers.cluster import read_rights
from infra.broker_rights import compare, grant, revoke
from models.events.event_types import InputTopic
from models.events.sender import SenderKind
from tests.faults.brokers import SecuredBroker, secured_broker
from tests.soon import until

SENDERS: Final = {
    "280051": SenderKind.INSTITUTION,
    "0101": SenderKind.MUNICIPALITY,
    "REG-CPR": SenderKind.REGISTER,
}
WANTED: Final = {
    **{f"User:{user}": rights_of(user) for user in KafkaUser},
    **{f"User:{number}": sender_rights(kind) for number, kind in SENDERS.items()},
}
_SECRET: Final = "of-the-test"


@dataclass(frozen=True)
class Secured:
    """A broker with users, all of one password."""

    broker: SecuredBroker

    @property
    def direct(self) -> KafkaSettings:
        return self.broker.direct

    def of(self, user: str) -> KafkaSettings:
        return self.broker.of(user, _SECRET)


@pytest.fixture(scope="module")
def secured(jars: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    """With every user let in, and no right given yet."""
    with secured_broker(tmp_path_factory.mktemp("rights"), jars) as broker:
        for principal in WANTED:
            broker.admin.set_password(principal.removeprefix("User:"), _SECRET)
        yield Secured(broker)


@pytest.fixture
def given(secured: Secured) -> Iterator[Secured]:
    grant(secured.direct, compare(secured.direct, WANTED).missing)
    until(lambda: compare(secured.direct, WANTED).missing, ())
    yield secured
    gap = compare(secured.direct, WANTED)
    revoke(secured.direct, gap.too_much)


def test_what_is_missing_is_given_once(secured: Secured) -> None:
    before = compare(secured.direct, WANTED)
    assert len(before.missing) == sum(map(len, WANTED.values()))
    grant(secured.direct, before.missing)
    until(lambda: compare(secured.direct, WANTED).missing, ())
    after = compare(secured.direct, WANTED)
    assert (after.too_much, after.others) == ((), ())


def test_what_is_too_much_is_named_and_taken_back(given: Secured) -> None:
    beyond = ("User:280051", KafkaRight(Resource.TOPIC, Topic.RECEIPTS.value, KafkaOperation.READ))
    grant(given.direct, [beyond])
    until(lambda: compare(given.direct, WANTED).too_much, (beyond,))
    gap = compare(given.direct, WANTED)
    assert gap.missing == ()
    revoke(given.direct, gap.too_much)
    until(lambda: compare(given.direct, WANTED).too_much, ())


def test_other_peoples_rights_are_left_alone(given: Secured) -> None:
    theirs = ("User:somebody", KafkaRight(Resource.TOPIC, Topic.RECEIPTS.value, KafkaOperation.READ))
    grant(given.direct, [theirs])
    gap = compare(given.direct, WANTED)
    assert (gap.missing, gap.too_much, gap.others) == ((), (), ())
    revoke(given.direct, [theirs])


@pytest.mark.parametrize("user", KafkaUser)
def test_a_user_may_do_with_each_topic_what_the_table_says_and_nothing_else(
    given: Secured, user: KafkaUser
) -> None:
    """Asked of the broker itself, for every topic and operation."""
    found = read_rights(given.of(user))
    assert found.keys() == BY_NAME.keys()
    for topic, held in found.items():
        wanted = {"DESCRIBE", "DESCRIBE_CONFIGS"}
        wanted |= {"READ"} if topic in set(map(str, READS[user])) else set()
        wanted |= {"WRITE"} if topic in set(map(str, WRITES[user])) else set()
        if user is KafkaUser.TOPICS:
            wanted |= {"ALTER_CONFIGS"}
        wanted |= {"ALTER"} if user is KafkaUser.GROW and topic in GROWING else set()
        assert held == wanted, topic


@pytest.mark.parametrize("number", SENDERS)
def test_a_sender_writes_to_its_topics_and_sees_nothing_else(given: Secured, number: str) -> None:
    found = read_rights(given.of(number))
    own = {right.name for right in sender_rights(SENDERS[number])}
    assert found == {name: frozenset({"DESCRIBE", "WRITE"}) for name in own}
    assert InputTopic.CONTROL_TOTALS in own


def test_a_school_that_writes_where_it_may_not_is_refused_by_the_broker(given: Secured) -> None:
    refused: list[str | None] = []

    def told(error: KafkaError | None, message: Message) -> None:
        if error is not None:
            refused.append(message.topic())

    producer = Producer(given.of("280051").librdkafka() | {"message.timeout.ms": 15_000, "log_level": 0})
    for topic in (InputTopic.BENEFITS, Topic.PERSON_EVENTS, Topic.DECISIONS, InputTopic.DROPOUT_RISKS):
        producer.produce(topic.value, b"x", on_delivery=told)
    producer.flush(30)
    assert set(refused) == {InputTopic.BENEFITS, Topic.PERSON_EVENTS, Topic.DECISIONS}


def make_a_topic(kafka: KafkaSettings) -> None:
    admin = AdminClient(kafka.librdkafka() | {"log_level": 0})
    admin.create_topics([NewTopic("another", 1, 1)])["another"].result(20)


def test_only_who_makes_topics_may_make_one(given: Secured) -> None:
    for user in (KafkaUser.WORKER, KafkaUser.OPERATOR):
        with pytest.raises(KafkaException, match="uthoriz"):
            make_a_topic(given.of(user))
    assert KafkaRight(Resource.CLUSTER, CLUSTER_NAME, KafkaOperation.CREATE) in rights_of(KafkaUser.TOPICS)
    make_a_topic(given.of(KafkaUser.TOPICS))
