"""The ledger made once more where people have more partitions: generation by generation (docs/decisions/0069)."""

from datetime import timedelta

import psycopg
import pytest

from config.kafka import KafkaSettings
from config.topics import Topic
from infra.partitioner import PersonPartitions
from infra.topic_admin import add_partitions
from ledger.consume.joins import NOTE
from ledger.rebuild.rebuild import CannotRebuild, rebuilding
from models.eligibility.decision import Cause, ErasureMark, JoinMark
from tests.integration.ledger.consume.test_consumer import running, until
from tests.integration.ledger.rebuild.test_rebuild import by_table, say
from tests.integration.ledger.rebuild.test_rebuild_actions import PROJECTED
from tests.unit.ledger.decisions import ARRIVED, OTHER_UNIT, POLICY, decided
from tests.unit.ledger.tasks.test_fold_numbers import joined


async def test_a_last_word_that_compaction_has_taken_holds_nobody_up_and_the_order_stays(
    kafka: KafkaSettings, ledger_url: str
) -> None:
    """B was joined to A, then people got more partitions, then both were erased: B's last word is gone already."""
    add_partitions(kafka, [Topic.DECISIONS], PersonPartitions(1).end)
    other = decided("other", person="other", offset=77)
    moved = decided("other", person="other", offset=77, revision=2, unit=OTHER_UNIT, cause=9)
    erased = [
        ErasureMark(
            person_id=person,
            erased_before=ARRIVED + timedelta(days=1),
            cause=Cause(partition=partition, offset=9),
            request="request-1",
        )
        for person, partition in (("A", 10), ("B", 20), ("E", 21))
    ]
    waits = joined(decided("first", person="A", revision=2), "B", sent_as="B")
    also = joined(decided("also", person="A", offset=79, revision=2), "E", sent_as="E")
    with psycopg.connect(ledger_url, autocommit=True) as live:
        for number in ("B", "E"):
            live.execute(NOTE, (number, "A"))
    async with running(kafka, ledger_url):
        await say(kafka, (0, waits), (0, also), (0, other))
        await until(ledger_url, PROJECTED, 3)
        await say(kafka, (9, moved), (10, erased[0]), (20, erased[1]), (21, erased[2]))
        await until(ledger_url, PROJECTED, 7)
    async with rebuilding(kafka, ledger_url, POLICY, lambda _: None) as same:
        assert {name: table.differing for name, table in by_table(same).items() if table.differing} == {}
        assert same.records == 7
    # A word that stands behind the erasure is of a number that was joined anew: it is another one.
    async with running(kafka, ledger_url):
        await say(kafka, (20, JoinMark(person_id="B", joined_to="A")))
        await until(ledger_url, PROJECTED, 8)
    async with rebuilding(kafka, ledger_url, POLICY, lambda _: None) as same:
        assert {name: table.differing for name, table in by_table(same).items() if table.differing} == {}
    with psycopg.connect(ledger_url, autocommit=True) as live:
        live.execute(NOTE, ("D", "C"))
    async with running(kafka, ledger_url):
        await say(kafka, (3, joined(decided("third", person="C", offset=78), "D")))
        await until(ledger_url, PROJECTED, 9)
    with pytest.raises(CannotRebuild, match=r"last word is missing in decisions: \[3\]"):
        async with rebuilding(kafka, ledger_url, POLICY, lambda _: None):
            pass
