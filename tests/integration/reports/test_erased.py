"""People who are erased stay in every count, and no row of theirs leads to them."""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import psycopg
import pytest

from infra.postgres import Connection
from ledger.consume.batch import Batch, Said
from ledger.consume.joins import settle
from ledger.consume.project import project
from models.eligibility.decision import Cause, ErasureMark
from reports.read import ReportPeriod
from tests.integration.reports.autumn import PERIOD, Autumn, make, put_in
from tests.integration.reports.test_every_number import read_in
from tests.integration.reports.test_release import released
from tests.reference import copy_reference
from tests.unit.ledger.decisions import POLICY

CUT_OFF = datetime(2028, 1, 1, tzinfo=UTC)
EARLIER = ReportPeriod(first=PERIOD.first, last=date(2026, 9, 30), as_of=date(2026, 10, 15))
JOINED = 60
"""So many people have had another number, which has passed on everything."""
COPY_FACTS = """
INSERT INTO person_facts SELECT (jsonb_populate_record(f, jsonb_build_object('partition', 3, 'person_id',
    replace(person_id, 'person', %s), 'known_at', greatest(known_at, '2026-10-01') + interval '1 second'))).*
FROM person_facts f WHERE person_id = ANY(%s)
"""
COPY_VERDICTS = """
INSERT INTO verdicts SELECT (jsonb_populate_record(v, jsonb_build_object('partition', 3, 'person_id',
    replace(person_id, 'person', %s), 'revision', revision + 1,
    'known_at', greatest(known_at, '2026-10-01') + interval '1 second'))).*
FROM verdicts v WHERE person_id = ANY(%s)
"""
JOIN = "INSERT INTO person_joins SELECT n, replace(n, 'person', %s) FROM unnest(%s::text[]) n"
STRIKE = """
WITH struck AS (
    INSERT INTO receipts (topic, partition, "offset", appended_at, status, sender, event_id, type)
    SELECT DISTINCT origin_topic, origin_partition, origin_offset, appended_at, 'accepted', sender, origin_offset::text,
        'enrolment.registered'
    FROM person_facts WHERE origin_offset % 9 = 0 RETURNING topic, partition, "offset", sender, event_id
)
INSERT INTO repeats (topic, partition, "offset", sender, event_id, kind) SELECT *, 'conflict' FROM struck
"""
"""Facts that stand under the id of another one."""
NAMES = "a number", "the number"
"""One sorts before `person`, the other one behind it."""


@pytest.fixture
async def autumn(ledger_url: str) -> Autumn:
    """In the ledger, with people who have two numbers."""
    made = make(3, 300)
    async with await psycopg.AsyncConnection.connect(ledger_url) as connection:
        await put_in(connection, made)
        for nth, name in enumerate(NAMES):
            people = [f"person {number}" for number in range(nth, JOINED, 2)]
            for statement in (COPY_FACTS, COPY_VERDICTS, JOIN):
                await connection.execute(statement, (name, people))
        await connection.execute(STRIKE)
    return made


async def erase(connection: Connection, people: Sequence[str]) -> None:
    """As the ledger does it, each number by a mark of its own."""
    for number, person in enumerate(people):
        batch = Batch()
        mark = ErasureMark(
            person_id=person, erased_before=CUT_OFF, cause=Cause(partition=0, offset=9), request="request-1"
        )
        batch.said.append(Said(9, number, mark))
        async with connection.transaction():
            await settle(connection, batch)
            await project(connection, batch, {}, POLICY)


def numbers(every: int) -> list[str]:
    """Every so many person, and the other numbers of those who have one, before or behind the first ones."""
    people = [f"person {number}" for number in range(0, 300, every)]
    others = [
        one.replace("person", NAMES[int(one.split()[1]) % 2])
        for one in people
        if int(one.split()[1]) < JOINED
    ]
    half = len(others) // 2
    return [*others[:half], *people, *others[half:]]


@pytest.mark.parametrize("every", [1, 3])
async def test_every_count_is_as_it_was(ledger_url: str, autumn: Autumn, every: int) -> None:
    before = [read_in(ledger_url, period).counts for period in (PERIOD, EARLIER)]
    assert before[0].cells["duties"]["total", "total"]["reached"] > 20
    async with await psycopg.AsyncConnection.connect(ledger_url) as connection:
        await erase(connection, numbers(every))
        cursor = await connection.execute("SELECT count(*) FROM erased_acts WHERE reached")
        assert (await cursor.fetchall())[0][0] > 5
        if every == 1:
            # What says that a fact does not count goes with the receipts of erased people.
            assert (await connection.execute("DELETE FROM repeats")).rowcount > 20
    after = [read_in(ledger_url, period).counts for period in (PERIOD, EARLIER)]
    for one, other in zip(before, after, strict=True):
        assert one == other


async def test_who_has_two_numbers_counts_once(ledger_url: str, autumn: Autumn) -> None:
    """The number that everything was passed on to goes on, whichever of the names comes first."""
    counts = read_in(ledger_url).counts
    with psycopg.connect(ledger_url, autocommit=True) as connection:
        connection.execute("DELETE FROM person_facts WHERE partition = 3")
        connection.execute("DELETE FROM verdicts WHERE partition = 3")
    assert read_in(ledger_url).counts == counts


async def test_a_release_is_the_same_and_says_how_many_rows_are_of_erased_people(
    ledger_url: str, autumn: Autumn, tmp_path: Path
) -> None:
    tables = copy_reference(tmp_path / "data")
    first, _ = released(ledger_url, tables, EARLIER)
    async with await psycopg.AsyncConnection.connect(ledger_url) as connection:
        await erase(connection, numbers(3))
    again, is_new = released(ledger_url, tables, EARLIER)
    assert not is_new
    told, retold = (json.loads(made.files["manifest.json"]) for made in (first, again))
    assert {name for name in first.files if first.files[name] != again.files[name]} == {"manifest.json"}
    assert set(told["rows_of_erased_people"].values()) == {0}
    assert all(number > 10 for number in retold["rows_of_erased_people"].values())
    assert told["files"] == retold["files"]
    assert told["kafka_offsets"] == retold["kafka_offsets"]


async def test_no_id_of_the_person_is_left(ledger_url: str, autumn: Autumn) -> None:
    async with await psycopg.AsyncConnection.connect(ledger_url) as connection:
        ids = "SELECT person_id FROM {0} UNION SELECT {1} FROM {0}"
        known = set()
        for table, column in (
            ("person_facts", "name"),
            ("verdicts", "message_id"),
            ("verdicts", "enrolment_id"),
        ):
            cursor = await connection.execute(ids.format(table, column).encode())
            known |= {one for (one,) in await cursor.fetchall() if one}
        await erase(connection, numbers(1))
        for table in ("person_facts", "verdicts", "erased_acts"):
            cursor = await connection.execute(f"SELECT to_jsonb(t) FROM {table} t".encode())  # noqa: S608 - our own names
            found = [row for (row,) in await cursor.fetchall()]
            assert found
            assert not [row for row in found if known & {str(value) for value in row.values()}]
