"""Repeats: a duplicate has no effect, a conflict is refused, whatever the order in which they are projected."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from itertools import permutations
from typing import Any

import psycopg
import pytest

from config.topics import Topic
from infra.postgres import Connection
from ledger.consume import duplicates
from ledger.consume.duplicates import LEDGER
from ledger.consume.project import project
from ledger.tasks.rows import OutboxRow
from models.eligibility.apply_event import apply
from models.eligibility.decision import Cause
from models.eligibility.person_record import PersonRecord
from models.events.person_event import PersonEvent
from models.events.receipt import RepeatKind, RepeatReceipt
from models.reasons import DecisionReason
from tests.factories import DAY, LAW, background, residence, risk, uuid
from tests.integration.ledger.ledger_fixture import Books, accepted, applied, at, batch
from tests.unit.ledger.decisions import ARRIVED, POLICY

ID = uuid("repeated")
OTHER_PERSON = "anothermadeupanothermade22"


def sent(offset: int, *, person: str | None = None, fingerprint: str = "as before") -> PersonEvent:
    """A message under the one id, appended at `offset` minutes."""
    message = risk(
        DAY, event_id=ID, origin=at(offset, ARRIVED + timedelta(minutes=offset)), fingerprint=fingerprint
    )
    return message if person is None else message.model_copy(update={"person_id": person})


async def project_all(books: Books, events: Sequence[PersonEvent], *, together: bool) -> None:
    """Receipts and applied entries of `events`, in this order, in one batch or in one for each record."""
    entries = [applied((event.origin.offset, event)) for event in events]
    if together:
        await books.project(receipts=[accepted(event) for event in events], applied=entries)
        return
    for event, entry in zip(events, entries, strict=True):
        await books.project(receipts=[accepted(event)])
        await books.project(applied=[entry])


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_what_came_first_at_the_brokers_stands(
    connection: Connection, order: tuple[int, ...], together: bool
) -> None:
    """In any order of projection: the first is no repeat, the same content a duplicate, another one a conflict."""
    events = [sent(1), sent(2), sent(3, fingerprint="another")]
    books = Books(connection)
    await project_all(books, [events[index] for index in order], together=together)
    assert await books.repeats() == {2: "duplicate", 3: "conflict"}


@pytest.mark.parametrize("order", list(permutations(range(4))))
async def test_one_moment_written_in_another_offset_is_a_duplicate(
    connection: Connection, order: tuple[int, ...]
) -> None:
    """By either hash; what an older version has kept is known by its one."""
    events = [
        sent(1, fingerprint="in Danish time"),
        sent(2, fingerprint="in UTC"),
        sent(3, fingerprint="in another time"),
        sent(4, fingerprint="in Danish time"),
    ]
    known = [
        event.model_copy(update={"fingerprint_utc": utc})
        for event, utc in zip(events, ("in UTC", None, "in UTC", None), strict=True)
    ]
    books = Books(connection)
    await project_all(books, [known[index] for index in order], together=False)
    assert await books.repeats() == dict.fromkeys((2, 3, 4), "duplicate")


async def test_what_an_older_version_has_kept_is_no_repeat_in_another_offset(connection: Connection) -> None:
    """It has no hash of the moment: nobody can tell any more that it is the same."""
    events = [
        sent(1, fingerprint="in Danish time"),
        sent(2, fingerprint="in UTC"),
        sent(3, fingerprint="in Danish time").model_copy(update={"fingerprint_utc": "in UTC"}),
    ]
    books = Books(connection)
    await project_all(books, events, together=True)
    assert await books.repeats() == {2: "conflict", 3: "duplicate"}


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_a_conflict_about_another_person_is_told_to_match_once(
    connection: Connection, order: tuple[int, ...], together: bool
) -> None:
    """Match cannot see it; the refusal names the later record, goes to its person, and is posted once for ever."""
    events = [
        sent(1),
        sent(2, person=OTHER_PERSON, fingerprint="another"),
        sent(3, fingerprint="same person, other content"),
    ]
    books = Books(connection)
    await project_all(books, [events[index] for index in order], together=together)
    await project_all(books, events, together=together)
    assert await books.repeats() == {2: "conflict", 3: "conflict"}
    refused = {event.origin.offset: event for event in await books.refusals()}
    assert 2 in refused
    assert (refused[2].person_id, refused[2].sender) == (OTHER_PERSON, LEDGER)
    assert refused[2].registered_at == events[1].origin.appended_at
    open_conflicts = await books.rows("SELECT 1 FROM repeats WHERE kind = 'conflict' AND resolved_at IS NULL")
    assert open_conflicts == []
    assert len(await books.rows("SELECT 1 FROM outbox WHERE id = 'refusal/dropout-risks/0/2'")) == 1


async def test_match_refuses_the_message_when_it_is_told(connection: Connection) -> None:
    """Fed to the step, the refusal makes the message an id conflict, and it stays one on every replay."""
    books = Books(connection)
    first, second = sent(1), sent(2, person=OTHER_PERSON, fingerprint="another")
    await project_all(books, [first, second], together=True)
    (refusal,) = await books.refusals()
    record = PersonRecord(person_id=OTHER_PERSON)
    facts = [event.model_copy(update={"person_id": OTHER_PERSON}) for event in background()]
    told = []
    for offset, event in enumerate([*facts, second, refusal, refusal, residence(name="more")]):
        step = apply(record, event, Cause(partition=0, offset=offset), LAW)
        record = step.record
        told += [(one.revision, one.verdict.reason) for one in step.decisions]
    assert told == [
        (1, DecisionReason.OBLIGED),
        (2, DecisionReason.ID_CONFLICT),
        (2, DecisionReason.ID_CONFLICT),
    ]


async def test_a_conflict_waits_until_it_is_known_whom_both_are_about(connection: Connection) -> None:
    """The receipts say that there is a conflict; only what match has applied says about whom."""
    books = Books(connection)
    first, second = sent(1), sent(2, person=OTHER_PERSON, fingerprint="another")
    await books.project(receipts=[accepted(first), accepted(second)])
    assert await books.refusals() == []
    await books.project(applied=[applied((2, second))])
    assert await books.refusals() == []
    await books.project(applied=[applied((1, first))])
    assert len(await books.refusals()) == 1


async def test_an_earlier_record_that_is_found_late_turns_the_first_into_the_repeat(
    connection: Connection,
) -> None:
    """What was first a moment ago is a conflict now, and its person is told to match."""
    books = Books(connection)
    late_found, known = sent(1), sent(5, person=OTHER_PERSON, fingerprint="another")
    await project_all(books, [known], together=False)
    assert await books.repeats() == {}
    await project_all(books, [late_found], together=False)
    assert await books.repeats() == {5: "conflict"}
    assert [event.person_id for event in await books.refusals()] == [OTHER_PERSON]


async def test_a_kind_that_turns_is_told_again(connection: Connection) -> None:
    """A duplicate of what is itself a conflict now is a conflict too, and is looked at anew."""
    books = Books(connection)
    await project_all(books, [sent(5), sent(6)], together=False)
    assert await books.repeats() == {6: "duplicate"}
    await project_all(books, [sent(1, person=OTHER_PERSON, fingerprint="another")], together=False)
    assert await books.repeats() == {5: "conflict", 6: "conflict"}
    assert {event.origin.offset for event in await books.refusals()} == {5, 6}
    told = await books.rows("SELECT value FROM outbox WHERE topic = 'receipts' ORDER BY id")
    receipts = [RepeatReceipt.model_validate_json(value) for (value,) in told]
    assert [(receipt.origin.offset, receipt.repeat) for receipt in receipts] == [
        (5, RepeatKind.CONFLICT),
        (6, RepeatKind.CONFLICT),
        (6, RepeatKind.DUPLICATE),
    ]


async def test_a_conflict_about_the_same_person_is_matchs_own_to_see(connection: Connection) -> None:
    """Both stand in one record there: the ledger says so in a receipt, and tells match nothing."""
    books = Books(connection)
    await project_all(books, [sent(1), sent(2, fingerprint="another")], together=False)
    assert await books.repeats() == {2: "conflict"}
    assert await books.refusals() == []


async def test_a_conflict_that_was_settled_is_looked_at_anew_when_its_kind_has_turned(
    connection: Connection,
) -> None:
    """A conflict about the same person, then a duplicate, then part of a conflict about another person."""
    books = Books(connection)
    await project_all(books, [sent(5), sent(3, fingerprint="another")], together=False)
    await project_all(books, [sent(2)], together=False)
    assert await books.repeats() == {3: "conflict", 5: "duplicate"}
    assert await books.refusals() == []
    await project_all(books, [sent(1, person=OTHER_PERSON, fingerprint="a third")], together=False)
    assert await books.repeats() == {2: "conflict", 3: "conflict", 5: "conflict"}
    assert {2, 5} <= {event.origin.offset for event in await books.refusals()}


async def test_one_id_for_everything_costs_each_record_its_own_work_alone(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sender's fault, and it lasts: what was told once must not be told again at every further record."""
    posted: list[str] = []
    post = duplicates.post

    async def counted(connection: Connection, rows: Sequence[OutboxRow]) -> None:
        posted.extend(row.id for row in rows)
        await post(connection, rows)

    monkeypatch.setattr(duplicates, "post", counted)
    books = Books(connection)
    events = [sent(number, person=f"person {number}", fingerprint=f"{number}") for number in range(1, 9)]
    await project_all(books, events, together=False)
    assert set((await books.repeats()).values()) == {"conflict"}
    assert len(await books.refusals()) == 7
    assert len(posted) == len(set(posted)) == 14  # of each but the first: the sender is told, and match


async def test_another_senders_id_is_another_id(connection: Connection) -> None:
    """Ids are a sender's own."""
    books = Books(connection)
    await project_all(books, [sent(1), sent(2).model_copy(update={"sender": "281082"})], together=True)
    assert await books.repeats() == {}


async def test_two_ledgers_side_by_side_find_a_repeat_that_each_has_half_of(
    connection: Connection, ledger_url: str
) -> None:
    """Neither sees the other's receipt before it is committed; whoever comes second must look after that."""
    books = Books(connection)
    events = [sent(1), sent(2, person=OTHER_PERSON, fingerprint="another")]
    for event in events:
        await books.project(applied=[applied((event.origin.offset, event))])
    written = asyncio.Barrier(2)

    async def run(event: PersonEvent) -> None:
        async with await psycopg.AsyncConnection.connect(ledger_url) as own:
            made = batch(receipts=[accepted(event)], to={(str(Topic.RECEIPTS), event.origin.offset): 1})
            async with own.transaction():
                await own.execute("SELECT 1")
                await written.wait()
                await project(own, made, {}, POLICY)
                # What the first has found must not depend on how soon it commits.
                await asyncio.sleep(0.2)

    await asyncio.gather(*(run(event) for event in events))
    assert await books.repeats() == {2: "conflict"}
    assert len(await books.refusals()) == 1


async def test_a_file_that_is_sent_again_costs_each_record_its_own_work_alone(connection: Connection) -> None:
    """What a transaction has just marked is more than PostgreSQL's statistics know of."""
    for statement in (
        """
        INSERT INTO receipts (topic, partition, "offset", appended_at, status, sender, event_id, fingerprint)
        SELECT 'benefits', n %% 4, n, now() + n * interval '1 second', 'accepted', n %% 3, n %% %(ids)s, 'x'
        FROM generate_series(1, 4 * %(ids)s) n
        """,
        """
        INSERT INTO repeats (topic, partition, "offset", sender, event_id, kind, resolved_at)
        SELECT topic, partition, "offset", sender, event_id, 'duplicate', now() FROM receipts
        WHERE "offset" > %(ids)s
        """,
        """
        INSERT INTO applied (partition, "offset", person_id, origin_topic, origin_partition, origin_offset, changed)
        SELECT 0, "offset", 'person', topic, partition, "offset", 0 FROM receipts
        """,
    ):
        await connection.execute(statement.encode(), {"ids": 3 * 5000})
    await connection.execute("ANALYZE receipts, repeats, applied")
    read = []
    for marked in (400, 800):
        await connection.execute(
            'UPDATE repeats SET resolved_at = NULL WHERE "offset" > %s', (4 * 3 * 5000 - marked,)
        )
        explained = await connection.execute(
            f"EXPLAIN (ANALYZE, FORMAT JSON) {duplicates.DUPLICATES}".encode()
        )
        (((plan,),),) = await explained.fetchall()
        read.append(_rows(plan["Plan"]))
    assert read[1] < 3 * read[0]


def _rows(node: dict[str, Any]) -> int:
    """What each step of a plan has given on or taken away, however often it was done."""
    one = (
        node["Actual Rows"]
        + node.get("Rows Removed by Filter", 0)
        + node.get("Rows Removed by Join Filter", 0)
    )
    return int(node["Actual Loops"] * one) + sum(_rows(inner) for inner in node.get("Plans", ()))
