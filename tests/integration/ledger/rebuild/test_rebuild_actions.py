"""The ledger made once more with what people did in between: the same by hash, and no act is lost or done elsewhere."""

from datetime import timedelta
from uuid import UUID, uuid4

import psycopg
import pytest

from config.kafka import KafkaSettings
from infra.postgres import Connection
from ledger.actions.perform import perform
from ledger.rebuild import rebuild
from ledger.rebuild.rebuild import CannotRebuild, rebuilding
from ledger.rebuild.replace import replace
from models.eligibility.decision import Cause, Decision
from models.reasons import DecisionReason
from models.tasks.actions import (
    Acknowledge,
    Action,
    Close,
    ContactAttempt,
    ContactForm,
    Ending,
    HandOver,
    HandOverReason,
    Initiative,
    Note,
    Reopen,
    ReopenReason,
    Take,
)
from models.tasks.notes import NoteCode
from tests.factories import risk, uuid
from tests.integration.ledger.actions.test_perform import ANNA, CONTACT, RULES
from tests.integration.ledger.consume.test_consumer import count, running, until
from tests.integration.ledger.ledger_fixture import accepted, applied, at
from tests.integration.ledger.rebuild.test_rebuild import by_table, say
from tests.unit.ledger.decisions import ARRIVED, BY_TWO, OTHER_UNIT, POLICY, UNIT, decided

PEOPLE = 80
PROJECTED = "SELECT coalesce(sum(next_offset), 0) FROM position"
PARTITIONS = 8
OVER = HandOver(to_unit=OTHER_UNIT, reason=HandOverReason.WRONG_UNIT)
BACK = HandOver(to_unit=UNIT, reason=HandOverReason.AGREED)
TRIED = ARRIVED + timedelta(days=1)
REACHED = ContactAttempt(at=TRIED, form=ContactForm.PHONE, reached=True)
NOT_REACHED = ContactAttempt(at=TRIED, form=ContactForm.LETTER, reached=False)
REACHED_LATER = REACHED.model_copy(update={"at": TRIED + timedelta(hours=3)})
AGAIN = NOT_REACHED.model_copy(update={"at": TRIED + timedelta(hours=2)})
NOTED = Note(note=NoteCode.AWAITS_PERSON)
NOTED_TOO = Note(note=NoteCode.SEE_CASE_SYSTEM)
REOPEN = Reopen(reason=ReopenReason.CONTACT_LOST)

FIRST: list[list[Action]] = [
    [],
    [Acknowledge()],
    [Take(), NOT_REACHED],
    [REACHED, CONTACT],
    [NOT_REACHED, AGAIN, Close(ending=Ending.NOT_REACHED)],
    [REACHED, CONTACT, REOPEN],
    [OVER],
    [Take(), OVER, BACK],
    [NOTED, Take(), NOTED_TOO],
    [NOTED, OVER, NOTED_TOO],
]
SECOND: list[list[Action]] = [
    [Take()],
    [OVER],
    [NOTED_TOO, OVER],
    [REACHED_LATER, Close(ending=Ending.CONTACT_MADE, initiatives=(Initiative.ALREADY_IN_PLACE,))],
]


def word(number: int, message: str, revision: int, unit: str | None = UNIT) -> tuple[int, Decision]:
    """What match says of a person's message, on the person's partition."""
    partition = number % PARTITIONS
    decision = decided(
        f"{message} {number}",
        person=f"person {number}",
        revision=revision,
        unit=unit,
        offset=uuid_offset(message, number),
        reason=DecisionReason.ENROLMENT_ENDED if unit is None else None,
        at=ARRIVED + timedelta(hours=len(message)),
    )
    cause = Cause(partition=partition, offset=number * 100 + revision * 10 + len(message))
    return partition, decision.model_copy(update={"cause": cause})


def uuid_offset(message: str, number: int) -> int:
    """Far from every other record's place."""
    return 100_000 * len(message) + number


async def work(live: Connection, number: int, deeds: list[Action]) -> int:
    """Each deed on the person's open task, or on the closed one where it is to be reopened; how many were done."""
    done = 0
    for deed in deeds:
        status = "closed" if isinstance(deed, Reopen) else "open"
        cursor = await live.execute(
            "SELECT id, unit_id FROM tasks WHERE person_id = %s AND status = %s ORDER BY react_by, ordinal DESC, id",
            (f"person {number}", status),
        )
        task_id, unit = (await cursor.fetchall())[0]
        if not isinstance(deed, HandOver) or deed.to_unit != unit:
            await press(live, task_id, unit, deed)
            done += 1
    return done


async def press(live: Connection, task_id: UUID, unit: str, deed: Action) -> None:
    await perform(
        live,
        task_id=task_id,
        units=frozenset({unit}),
        act_id=uuid4(),
        by=ANNA,
        deed=deed,
        rules=RULES,
    )


async def test_the_same_comes_out_with_every_act_at_its_place(kafka: KafkaSettings, ledger_url: str) -> None:
    """Decisions, acts, decisions, acts: closed and told of more, handed over and revised, moved away."""
    acts = 0
    first = [word(number, "one", 1) for number in range(PEOPLE)]
    second = [
        *(word(number, "another", 1) for number in range(PEOPLE) if number % 3),
        *(word(number, "one", 2, [UNIT, None, BY_TWO][number % 3]) for number in range(PEOPLE)),
    ]
    third = [word(number, "one", 3, [OTHER_UNIT, UNIT][number % 2]) for number in range(PEOPLE)]
    async with (
        running(kafka, ledger_url),
        await psycopg.AsyncConnection.connect(ledger_url, autocommit=True) as live,
    ):
        await say(kafka, *first)
        await until(ledger_url, PROJECTED, len(first))
        for number in range(PEOPLE):
            acts += await work(live, number, FIRST[number % len(FIRST)])
        await say(kafka, *second)
        await until(ledger_url, PROJECTED, len(first) + len(second))
        for number in range(PEOPLE):
            if await _has_open(live, number):
                acts += await work(live, number, SECOND[number % len(SECOND)])
        await say(kafka, *third)
        await until(ledger_url, PROJECTED, len(first + second + third))
        acts += await _work_on_a_conflict(kafka, ledger_url, live)
    for told in (
        "SELECT count(*) FROM tasks WHERE follows IS NOT NULL",
        "SELECT count(*) FROM tasks WHERE status = 'closed'",
        "SELECT count(*) FROM transfers",
        "SELECT count(*) FROM audit WHERE kind = 'transfer_void'",
        "SELECT count(*) FROM acts WHERE after_offset > 10",
        "SELECT count(*) FROM acts WHERE kind = 'note' AND after_offset > 10",
    ):
        assert await count(ledger_url, told) > 2, told
    async with rebuilding(kafka, ledger_url, POLICY, lambda _: None) as same:
        pass
    found = by_table(same)
    assert {name: table.rows for name, table in found.items() if table.differing} == {}
    assert all(table.live_hash == table.rebuilt_hash for table in found.values())
    assert (same.acts, same.unplaced) == (acts, 2)
    assert found["tasks"].on_the_way == 1
    await _what_was_tampered_with_is_put_right(kafka, ledger_url)


@pytest.mark.parametrize("records", [1, 1000])
async def test_what_was_done_before_a_decision_that_an_erasure_took_is_done_behind_the_one_that_it_left(
    kafka: KafkaSettings, ledger_url: str, monkeypatch: pytest.MonkeyPatch, records: int
) -> None:
    """Seed 33520: a unit's acknowledgement was lost by the rebuild, and a later one counted as the first."""
    monkeypatch.setattr(rebuild, "_RECORDS", records)
    partition, opened = word(8, "one", 1)
    async with (
        running(kafka, ledger_url),
        await psycopg.AsyncConnection.connect(ledger_url, autocommit=True) as live,
    ):
        await say(kafka, word(0, "one", 1), (partition, opened))
        await until(ledger_url, PROJECTED, 2)
        assert await work(live, 8, [NOTED, Take(), NOTED_TOO]) == 3
        # As if the decision had stood where another person's stands, and this one were its copy.
        await live.execute("UPDATE acts SET after_offset = 0")
    async with rebuilding(kafka, ledger_url, POLICY, lambda _: None) as same:
        pass
    assert {name: table.rows for name, table in by_table(same).items() if table.differing} == {}
    assert (same.acts, same.unplaced) == (3, 0)


async def _has_open(live: Connection, number: int) -> bool:
    cursor = await live.execute(
        "SELECT 1 FROM tasks WHERE person_id = %s AND status = 'open'", (f"person {number}",)
    )
    return bool(await cursor.fetchall())


async def _work_on_a_conflict(kafka: KafkaSettings, database: str, live: Connection) -> int:
    """A task that should never have been opened is closed before that is known: a rebuild never opens it."""
    first = risk(event_id=uuid("clash"), origin=at(1, ARRIVED), fingerprint="one")
    later = risk(
        event_id=uuid("clash"), origin=at(2, ARRIVED + timedelta(minutes=1)), fingerprint="other"
    ).model_copy(update={"person_id": "anothermadeupanothermade22"})
    said = {"person": later.person_id, "at": later.origin.appended_at, "offset": 2}
    opened = decided("clash", **said)  # type: ignore[arg-type]  # handed through
    await say(kafka, (0, opened))
    await until(database, f"SELECT count(*) FROM tasks WHERE person_id = '{later.person_id}'", 1)  # noqa: S608 - our own words
    cursor = await live.execute("SELECT id, unit_id FROM tasks WHERE person_id = %s", (later.person_id,))
    ((task_id, unit),) = await cursor.fetchall()
    for deed in (REACHED, CONTACT):
        await press(live, task_id, unit, deed)
    refused = decided("clash", revision=2, unit=None, reason=DecisionReason.ID_CONFLICT, cause=9, **said)  # type: ignore[arg-type]
    await say(kafka, *((0, accepted(event)) for event in (first, later)))
    await say(kafka, (0, applied((1, first), (2, later))), (0, refused))
    await until(database, "SELECT count(*) FROM messages WHERE reason = 'id_conflict'", 1)
    await until(database, "SELECT count(*) FROM repeats WHERE resolved_at IS NOT NULL", 1)
    return 2


async def _what_was_tampered_with_is_put_right(kafka: KafkaSettings, database: str) -> None:
    """And nothing is replaced when somebody has acted since the rebuild began."""
    async with await psycopg.AsyncConnection.connect(database, autocommit=True) as live:
        await live.execute("UPDATE tasks SET owner_id = 'nobody', attempts = 9 WHERE owner_id = 'anna'")
        await live.execute("UPDATE tasks SET status = 'withdrawn', ending = 'lapsed' WHERE status = 'closed'")
        await live.execute("DELETE FROM transfers")
        async with rebuilding(kafka, database, POLICY, lambda _: None) as differing:
            assert {name for name, table in by_table(differing).items() if table.differing} == {
                "tasks",
                "transfers",
            }
            cursor = await live.execute(
                "SELECT id, unit_id, version FROM tasks WHERE owner_id = 'nobody' LIMIT 1"
            )
            ((task_id, unit, version),) = await cursor.fetchall()
            acts = await count(database, "SELECT count(*) FROM acts")
            await live.execute("UPDATE tasks SET status = 'open' WHERE id = %s", (task_id,))
            await press(live, task_id, unit, Acknowledge())
            with pytest.raises(CannotRebuild, match="worked"):
                await replace(database, differing, "a test")
            await live.execute(
                "DELETE FROM acts WHERE task_id = %s AND number = %s", (task_id, await _last(live, task_id))
            )
            await replace(database, differing, "a test")
    assert await count(database, "SELECT count(*) FROM acts") == acts
    assert await count(database, f"SELECT version FROM tasks WHERE id = '{task_id}'") > version  # noqa: S608 - our own words
    async with rebuilding(kafka, database, POLICY, lambda _: None) as again:
        assert {name: table.rows for name, table in by_table(again).items() if table.differing} == {}


async def _last(live: Connection, task_id: UUID) -> int:
    cursor = await live.execute("SELECT max(number) FROM acts WHERE task_id = %s", (task_id,))
    ((number,),) = await cursor.fetchall()
    return int(number)
