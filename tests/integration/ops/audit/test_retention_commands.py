"""`retention` and `tasks journalised` as an operator runs them, each as its own role of the database."""

import asyncio
import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner, Result

from config.database_roles import DatabaseRole
from config.key_store import KeyStore
from config.settings import PREFIX
from config.topics import PERSON_PARTITIONS, Topic
from crypto.key_purpose import KeyHolder
from frafaldsvarsel.commands import commands
from ledger.schema.apply_rights import bring_up
from ledger.store.erasures import hashed
from models.eligibility.person_record import PersonRecord
from models.tasks.actions import Note
from models.tasks.notes import NoteCode
from streams.batch_producer import partition_of
from tests.factories import origin, period
from tests.integration.ledger.rebuild.test_rebuild_actions import press
from tests.integration.ops.audit.world import World, student
from tests.keys import made_keys
from tests.reference import copy_reference

OLD = "oldoldoldoldoldoldoldold01"
CPR = "0101011234"
"""Made up."""
LONG_AGO = datetime(2020, 1, 1, 12, tzinfo=UTC)


class Terminal:
    """A service whose controller has named an authorisation for facts."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world, self.keys = world, made_keys()
        KeyStore(folder / "keys").hand_out(self.keys.keys)
        self.environ = {
            PREFIX + "KAFKA_BOOTSTRAP_SERVERS": world.kafka.bootstrap_servers,
            PREFIX + "REFERENCE_DIR": str(copy_reference(folder / "data")),
            PREFIX + "KEYS_DIR": str(folder / "keys" / KeyHolder.LOOKUP),
        }
        table = folder / "data" / "retention.csv"
        text = re.sub(r"(?m)^(facts,.*,false),,", r"\1,made up,", table.read_text("utf-8"))
        table.write_text(text, "utf-8")

    def run(self, role: DatabaseRole, *words: str, typed: str = "", code: int = 0) -> Result:
        environ = self.environ | {
            PREFIX + "DATABASE_URL": self.world.url.replace("//postgres@", f"//{role}@")
        }
        if role is not DatabaseRole.OPERATOR:
            environ.pop(PREFIX + "KEYS_DIR")
        # A command has a loop of its own, and this thread has one already.
        with ThreadPoolExecutor(1) as thread:
            done = thread.submit(
                CliRunner().invoke, commands(words[0]), list(words), input=typed, env=environ
            ).result()
        assert done.exit_code == code, (done.output, done.exception)
        assert CPR not in done.output
        return done

    def plan(self) -> dict[str, dict[str, Any]]:
        done = self.run(DatabaseRole.RETENTION, "retention", "plan", "--json")
        rows = [json.loads(line) for line in done.output.splitlines()]
        return {row["kind"]: row for row in rows}


@pytest.fixture
def terminal(world: World, tmp_path: Path) -> Terminal:
    bring_up(world.url)
    ended = period(date(2019, 1, 1), date(2019, 6, 30)).model_copy(
        update={"person_id": OLD, "origin": origin(topic="benefits", appended_at=LONG_AGO)}
    )
    record = PersonRecord(person_id=OLD, applied=0, events=(ended,))
    part = partition_of(OLD, PERSON_PARTITIONS)
    world.write(Topic.PEOPLE, part, record.model_dump_json().encode(), OLD.encode())
    return Terminal(world, tmp_path)


async def test_a_plan_is_seen_accepted_and_carried_out_a_week_later(terminal: Terminal) -> None:
    """The cut-off is just after the last word, seven years ago; the request names nobody when it is done."""
    facts = terminal.plan()["facts"]
    assert (facts["would_go"], facts["nothing_goes_because"], facts["overdue"]) == (
        {"2021-01": 1},
        "not_accepted",
        1,
    )
    assert terminal.plan()["obliged"]["nothing_goes_because"] == "no_authorisation"
    why = ("--because", "looked at it", "--as", "anne")
    terminal.run(DatabaseRole.RETENTION, "retention", "accept", "obliged", *why, code=1)
    assert "week" in terminal.run(DatabaseRole.RETENTION, "retention", "accept", "facts", *why).output
    assert terminal.plan()["facts"]["nothing_goes_because"] == "week"
    said = terminal.run(DatabaseRole.RETENTION, "retention", "run").output
    assert "Taken: nothing. Overdue: 1." in said
    terminal.world.sql("UPDATE retention_rules SET accepted_at = now() - interval '8 days'")
    running = asyncio.create_task(asyncio.to_thread(terminal.run, DatabaseRole.RETENTION, "retention", "run"))
    while not (
        asked := terminal.world.sql('SELECT erased_before FROM erasure_requests WHERE "offset" IS NOT NULL')
    ):
        assert not running.done()
        await asyncio.sleep(0.2)
    assert asked == [(LONG_AGO + timedelta(milliseconds=1),)]
    terminal.world.sql(
        "INSERT INTO erasures SELECT %s, erased_before, 0, 0, id::text FROM erasure_requests", hashed(OLD)
    )
    assert "people 1" in (await running).output
    assert terminal.world.sql(
        "SELECT people, asked_by, approved_by LIKE 'rule facts-%%' FROM erasure_requests"
    ) == [(None, "retention", True)]
    kinds = [kind for (kind,) in terminal.world.sql("SELECT kind FROM audit ORDER BY id")]
    assert kinds == ["retention_accepted", "requested"]


async def test_rows_go_as_the_role_that_may_take_them(terminal: Terminal) -> None:
    terminal.world.sql(
        "INSERT INTO inbox_sessions (id, user_id, user_name, rights, form_token, ends_at) "
        "VALUES ('a', 'a', 'a', '{}', 'a', now() - interval '60 days'), ('b', 'b', 'b', '{}', 'b', now())"
    )
    terminal.run(DatabaseRole.RETENTION, "retention", "accept", "sessions", "--because", "looked at it")
    terminal.world.sql("UPDATE retention_rules SET accepted_at = now() - interval '8 days'")
    assert "sessions 1" in terminal.run(DatabaseRole.RETENTION, "retention", "run").output
    assert terminal.world.sql("SELECT id FROM inbox_sessions") == [("b",)]
    with psycopg.connect(
        terminal.world.url.replace("//postgres@", f"//{DatabaseRole.RETENTION}@")
    ) as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("DELETE FROM audit")
        connection.rollback()
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("DELETE FROM messages")


async def test_a_hold_is_laid_by_reference_or_by_cpr_and_taken_away(terminal: Terminal) -> None:
    """Whoever the CPR is; one about whom nothing is held is told so. An open case is not journalised."""
    world = terminal.world
    person = terminal.keys.pseudonyms.person_id(CPR)
    for event in student("a"):
        world.tell(event.model_copy(update={"person_id": person}))
    await world.book()
    ((reference,),) = world.sql("SELECT reference FROM tasks")
    operator = DatabaseRole.OPERATOR
    hold = ("retention", "hold", "--ground", "a complaint", "--because", "case 12")
    release = ("retention", "release", "--because", "case 12")
    terminal.run(operator, *hold, reference.lower())
    terminal.run(operator, *hold, typed=f"{CPR}\n")
    assert world.sql("SELECT person_id = %s, reference FROM retention_holds ORDER BY 2", person) == [
        (True, reference),
        (True, None),
    ]
    terminal.run(operator, *release, reference)
    assert world.sql("SELECT count(*) FROM retention_holds") == [(1,)]
    terminal.run(operator, *release, typed=f"{CPR}\n")
    terminal.run(operator, *release, typed=f"{CPR}\n", code=1)
    terminal.run(operator, *hold, typed="0202021234\n", code=1)
    journal = ("tasks", "journalised", reference, "--receipt", "2026-1", "--because", "case 12")
    terminal.run(operator, *journal, code=1)
    world.sql("UPDATE tasks SET status = 'closed', closed_at = now(), ending = 'contact_made'")
    terminal.run(operator, *journal)
    assert world.sql("SELECT receipt FROM journalised") == [("2026-1",)]


async def test_a_case_is_written_out_by_its_reference(terminal: Terminal, tmp_path: Path) -> None:
    world = terminal.world
    for event in student("a"):
        world.tell(event)
    await world.book()
    ((reference, task, unit),) = world.sql("SELECT reference, id, unit_id FROM tasks")
    async with await psycopg.AsyncConnection.connect(world.url, autocommit=True) as live:
        for code in (NoteCode.AWAITS_PERSON, NoteCode.SEE_CASE_SYSTEM):
            await press(live, task, unit, Note(note=code))
    words = ("tasks", "export", reference, "--to", str(tmp_path / "out"), "--because", "case 12")
    terminal.run(DatabaseRole.OPERATOR, *words)
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == [
        f"{reference}.html",
        f"{reference}.json",
    ]
    assert (tmp_path / "out").stat().st_mode & 0o077 == 0
    told = json.loads((tmp_path / "out" / f"{reference}.json").read_text("utf-8"))["case"]
    notes = [one["deed"]["note"] for one in told["history"] if one["kind"] == "note"]
    assert notes == ["awaits_person", "see_case_system"]
    letter = (tmp_path / "out" / f"{reference}.html").read_text("utf-8")
    said = [
        letter.index(f"Anna: Noterede: {words}") for words in ("Afventer svar fra den unge", "Se sagen i fag")
    ]
    assert said == sorted(said)
    words = ("tasks", "export", "FV-0000-0000-0000", "--to", str(tmp_path / "out"), "--because", "case 12")
    terminal.run(DatabaseRole.OPERATOR, *words, code=1)
