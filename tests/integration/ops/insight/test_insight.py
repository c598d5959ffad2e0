"""A citizen who asks who has looked gets every look, in words and as data, and the question itself is one."""

import json
from datetime import datetime
from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner

from config.database_roles import DatabaseRole
from config.key_store import KeyStore
from config.settings import PREFIX
from crypto.key_purpose import KeyHolder
from frafaldsvarsel.commands import commands
from infra.postgres import SyncConnection
from ledger.actions.perform import NoSuchTask
from ledger.actions.reveal_sensitive import note_search, reveal_messages
from ledger.schema.apply_rights import bring_up
from models.calendar import COPENHAGEN
from models.events.sensitive_fields import OpenPurpose
from models.ids import task_reference
from models.tasks.actions import Actor, Via
from tests.integration.ledger.task_rows import OTHER_UNIT, UNIT, add_task
from tests.keys import made_keys

ANNA = Actor(id="anna", name="Anna Holm", via=Via.PAGE)
CPR, OTHER = "0101011234", "0202021234"
"""Made up."""
NEW = "0303031234"


@pytest.fixture
def asked(database: str, tmp_path: Path) -> "Asked":
    bring_up(database)
    return Asked(database, tmp_path)


class Asked:
    """A service's database and keys, and a person at the terminal."""

    def __init__(self, database: str, folder: Path) -> None:
        self.database, self.folder, self.keys = database, folder, made_keys()
        KeyStore(folder / "keys").hand_out(self.keys.keys)

    def pseudonym(self, cpr: str) -> str:
        return self.keys.pseudonyms.person_id(cpr)

    async def open(self, cpr: str = CPR, unit: str = UNIT) -> str:
        """A task about the person, which Anna opens; its reference."""
        async with await psycopg.AsyncConnection.connect(self.database, autocommit=True) as connection:
            task = await add_task(connection, person_id=self.pseudonym(cpr), unit_id=unit)
            await reveal_messages(
                connection,
                task_id=task,
                units=frozenset({unit}),
                by=ANNA,
                purpose=OpenPurpose.CONTACT_PERSON,
            )
        return task_reference(task)

    async def search(self, cpr: str, units: frozenset[str] = frozenset({UNIT})) -> None:
        async with await psycopg.AsyncConnection.connect(self.database, autocommit=True) as connection:
            person = self.pseudonym(cpr)
            await note_search(
                connection,
                person_id=person,
                people=[person],
                units=units,
                by=ANNA,
                purpose=OpenPurpose.CASE_RECORD,
            )

    def export(self, typed: str, *, code: int = 0) -> dict[str, list[dict[str, str | None]]]:
        """What the command writes for a CPR that is typed, `looks` in it."""
        to = self.folder / "out"
        environ = {
            PREFIX + "DATABASE_URL": self.database.replace("//postgres@", f"//{DatabaseRole.INSIGHT}@"),
            PREFIX + "KEYS_DIR": str(self.folder / "keys" / KeyHolder.LOOKUP),
        }
        done = CliRunner().invoke(
            commands("insight"),
            ["insight", "export", str(to), "--because", "case 12", "--as", "ops"],
            input=typed + "\n",
            env=environ,
        )
        assert done.exit_code == code, done.output
        assert CPR not in done.output
        if code:
            return {}
        self.letter = (to / "insight.html").read_text("utf-8")
        found: dict[str, list[dict[str, str | None]]] = json.loads((to / "insight.json").read_text("utf-8"))
        return found


async def test_every_look_is_told_and_the_question_is_the_last(asked: Asked) -> None:
    reference = await asked.open()
    await asked.search(CPR)
    await asked.open(OTHER)
    looks = asked.export(CPR)["looks"]
    assert [(one["kind"], one["purpose"], one["unit"], one["task"]) for one in looks] == [
        ("opened", "contact_person", UNIT, reference),
        ("found_by_cpr", "case_record", UNIT, reference),
        ("insight_exported", None, None, None),
    ]
    assert reference in asked.letter
    assert "At få kontakt med dig" in asked.letter
    assert "Anna" not in asked.letter + json.dumps(looks)
    assert [one["kind"] for one in asked.export(CPR)["looks"]][-2:] == ["insight_exported"] * 2


async def test_a_search_for_somebody_without_a_task_is_told_with_the_searchers_unit(asked: Asked) -> None:
    await asked.search(CPR, frozenset({OTHER_UNIT}))
    looks = asked.export("010101-1234")["looks"]
    assert [(one["kind"], one["unit"], one["task"]) for one in looks] == [
        ("found_by_cpr", OTHER_UNIT, None),
        ("insight_exported", None, None),
    ]


async def test_looks_under_an_earlier_number_are_the_same_persons(asked: Asked) -> None:
    await asked.open(CPR)
    with psycopg.connect(asked.database, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO person_joins (person_id, joined_to) VALUES (%s, %s)",
            (asked.pseudonym(CPR), asked.pseudonym(NEW)),
        )
    assert [one["kind"] for one in asked.export(NEW)["looks"]] == ["opened", "insight_exported"]


async def test_nobody_has_looked_is_an_answer(asked: Asked) -> None:
    assert [one["kind"] for one in asked.export(CPR)["looks"]] == ["insight_exported"]


def lines(connection: SyncConnection) -> int:
    return int(connection.execute("SELECT count(*) FROM audit").fetchall()[0][0])


async def test_what_is_no_cpr_notes_nothing_and_is_not_repeated(asked: Asked) -> None:
    asked.export("0101019", code=1)
    with psycopg.connect(asked.database) as connection:
        assert lines(connection) == 0


async def test_a_look_that_was_refused_is_none(asked: Asked) -> None:
    async with await psycopg.AsyncConnection.connect(asked.database, autocommit=True) as connection:
        task = await add_task(connection, person_id=asked.pseudonym(CPR), unit_id=UNIT)
        with pytest.raises(NoSuchTask):
            await reveal_messages(
                connection,
                task_id=task,
                units=frozenset({OTHER_UNIT}),
                by=ANNA,
                purpose=OpenPurpose.CONTACT_PERSON,
            )
    assert [one["kind"] for one in asked.export(CPR)["looks"]] == ["insight_exported"]


async def test_a_sample_is_drawn_for_the_manager_of_a_unit_and_names_no_citizen(asked: Asked) -> None:
    reference = await asked.open()
    unit = "jc-0101"
    await asked.search(OTHER, frozenset({unit}))
    with psycopg.connect(asked.database) as connection:
        connection.execute("UPDATE tasks SET unit_id = %s", (unit,))
    month = f"{datetime.now(COPENHAGEN):%Y-%m}"
    environ = {PREFIX + "DATABASE_URL": asked.database.replace("//postgres@", f"//{DatabaseRole.INSIGHT}@")}
    told = ["insight", "sample", unit, month, "--because", "monthly", "--as", "ops", "--json"]
    done = CliRunner().invoke(commands("insight"), told, env=environ)
    assert done.exit_code == 0, done.output
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(one["kind"], one["who"], one["reference"]) for one in rows] == [
        ("opened", "Anna Holm", reference),
        ("found_by_cpr", "Anna Holm", None),
    ]
    assert "without_a_task" in rows[1]["unusual"]
    assert asked.pseudonym(OTHER) not in done.output
    with psycopg.connect(asked.database) as connection:
        row = connection.execute(
            "SELECT detail ->> 'by', detail ->> 'unit' FROM audit WHERE kind = 'sample_taken'"
        )
        assert row.fetchall() == [("ops", unit)]
    wrong = CliRunner().invoke(
        commands("insight"), ["insight", "sample", unit, "2026", "--because", "x"], env=environ
    )
    assert wrong.exit_code == 2
