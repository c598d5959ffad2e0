"""What others wrote on the service's own topics counts for nothing, is no gap, and is named until people decide."""

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from confluent_kafka import Message

from config.topics import OWN_KEYS, PERSON_PARTITIONS, Topic
from crypto.stream_keys import new_stream_keyring
from infra import topic_admin
from infra.kafka_record import KafkaRecord
from infra.record_key import record_key
from infra.stream_mac import StreamMac, as_foreign
from infra.topic_admin import Replication
from models.dead_letter import DeadLetterKind, DeadLetterState, ReplayOutcome
from models.operator import Operator
from models.reasons import ForeignReason
from ops.audit.checks.foreign import FOUND, NOT_LISTED
from ops.audit.kafka_log import KafkaLog
from ops.audit.report import Check, GapKind
from ops.recovery import dead_letters
from ops.recovery.dead_letters import Selection
from ops.recovery.replay import ReplayPlanner
from streams.batch_producer import partition_of
from tests.integration.ops.audit.world import World, account, faults, places, student

MAC = StreamMac(new_stream_keyring().tags(), datetime(2020, 1, 1, tzinfo=UTC))
HAND = Operator("drift-1", "a test of ours on the wrong cluster")


@pytest.fixture
def guarded(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """The same world, whose processes have keys: what they write has a MAC, and the auditor asks for it."""
    topic_admin.apply(world.kafka, Replication(factor=1, min_insync=1), mac_required=True)
    plain = World.write

    def write(self: World, topic: str, partition: int, value: bytes, key: bytes | None = None) -> Message:
        return plain(self, topic, partition, value, key, MAC.headers(topic, partition, key, value))

    def opened(self: KafkaLog, *arguments: Any) -> None:
        real(self, arguments[0], MAC)

    real = KafkaLog.__init__
    monkeypatch.setattr(World, "write", write)
    monkeypatch.setattr(KafkaLog, "__init__", opened)
    monkeypatch.setattr(world, "forge", lambda *arguments: plain(world, *arguments), raising=False)
    return world


def forge(world: World, topic: str, partition: int, value: bytes, key: bytes | None = None) -> KafkaRecord:
    """Somebody else's record."""
    key = record_key() if key is None and topic in OWN_KEYS else key
    written: Message = world.forge(topic, partition, value, key)  # type: ignore[attr-defined]  # of `guarded`
    return KafkaRecord.of_message(written)


async def test_a_forged_receipt_an_entry_and_a_decision_make_nothing_accounted_for(guarded: World) -> None:
    """Where nothing has answered, the answers of somebody else are none; what ours have answered still balances."""
    for event in student("a"):
        guarded.tell(event)
    await guarded.book()
    unanswered = student("b")[0]
    unanswered = unanswered.model_copy(update={"origin": guarded.input(unanswered.origin.topic)})
    receipt = guarded.receipt(unanswered).model_dump_json(exclude_none=True).encode()
    forged = [
        forge(guarded, Topic.RECEIPTS, 0, receipt),
        forge(guarded, Topic.PERSON_EVENTS, 1, unanswered.model_dump_json(exclude_none=True).encode()),
        forge(guarded, Topic.APPLIED, 1, b'{"not":"an entry"}'),
        forge(guarded, Topic.DECISIONS, 1, b"\xff"),
        forge(guarded, Topic.PROGRESS, 0, b"1000000", f"intake/{unanswered.origin.topic}/0".encode()),
    ]
    guarded.batch.foreign += [as_foreign(one, ForeignReason.NO_MAC) for one in forged]
    await guarded.book()
    result = guarded.audit()
    assert [fault for fault in faults(result) if fault[0] is not Check.FOREIGN] == [
        (Check.RECEIPTS, GapKind.NO_RECEIPT)
    ]
    assert sorted(places(result, FOUND)) == sorted((one.topic, one.partition, one.offset) for one in forged)
    assert account(result, Check.FOREIGN).parts == {"open": len(forged), "dismissed": 0}
    assert account(result, Check.FOREIGN).unaccounted == 0


async def test_one_that_the_ledger_has_passed_by_in_silence_is_a_fault(guarded: World) -> None:
    """Before it has come to it, it is under way."""
    part = partition_of("person b", PERSON_PARTITIONS)
    forge(guarded, Topic.DECISIONS, part, b"{}")
    forge(guarded, Topic.PERSON_EVENTS, part, b"{}")
    patient = guarded.audit(grace=timedelta(hours=1))
    assert account(patient, Check.FOREIGN).under_way == 2
    await guarded.book()
    result = guarded.audit()
    assert [topic for topic, *_ in places(result, NOT_LISTED)] == [Topic.DECISIONS, Topic.PERSON_EVENTS]
    assert account(result, Check.FOREIGN).unaccounted == 2


async def test_it_lies_in_quarantine_cannot_be_replayed_and_can_be_put_aside(guarded: World) -> None:
    """By its place. A replay would make the service sign what somebody else has written."""
    record = forge(guarded, Topic.RECEIPTS, 2, b'{"not":"a receipt"}')
    guarded.batch.foreign.append(as_foreign(record, ForeignReason.WRONG_MAC))
    await guarded.book()
    with psycopg.connect(guarded.url, autocommit=True) as connection:
        (found,) = dead_letters.dead_letters(connection, Selection(kind=DeadLetterKind.FOREIGN))
        assert (found.place, found.reason) == (("receipts", 2, record.offset), "wrong_mac")
        nothing: Any = None  # neither bytes nor rules are asked
        (plan,) = ReplayPlanner(connection, nothing, nothing, nothing, datetime.now(UTC)).of([found])
        assert (plan.prospect, plan.goes(force=True)) == (ReplayOutcome.REFUSED, False)
        dead_letters.dismiss(connection, found, HAND)
        (decided,) = dead_letters.dead_letters(connection, Selection(decided_too=True))
        assert decided.state is DeadLetterState.DISMISSED
    result = guarded.audit()
    assert account(result, Check.FOREIGN).parts == {"open": 0, "dismissed": 1}
    assert faults(result) == []
