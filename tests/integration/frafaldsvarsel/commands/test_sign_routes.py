"""Two people sign for routes and addresses, and the trail says who; a process refuses what they have not signed."""

import json
from pathlib import Path
from shutil import copytree
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner, Result

from config.reference.approved import APPROVALS
from config.reference.csv_reader import DATA
from config.settings import PREFIX
from frafaldsvarsel.commands import commands


@pytest.fixture
def told(tmp_path: Path, ledger_url: str) -> dict[str, str]:
    """Tables of one's own, and the keys of two people."""
    copytree(DATA, tmp_path / "tables")
    keys = []
    for name in ("ANNE", "BRITT"):
        made = run({}, "routes", "key", name, str(tmp_path / f"{name}.json"))
        keys.append(json.loads(made.stdout))
        assert "d" not in keys[-1], "the private half stays in the file"
    (tmp_path / "approvers.json").write_text(json.dumps({"keys": keys}))
    return {
        PREFIX + "REFERENCE_DIR": str(tmp_path / "tables"),
        PREFIX + "REFERENCE_APPROVERS_FILE": str(tmp_path / "approvers.json"),
        PREFIX + "DATABASE_URL": ledger_url,
    }


def run(told: dict[str, str], *arguments: str) -> Result:
    return CliRunner().invoke(commands(), arguments, env={**told, "COLUMNS": "200"})


def sign(told: dict[str, str], folder: Path, name: str) -> Result:
    key = str(folder / f"{name}.json")
    return run(told, "routes", "sign", "--key", key, "--because", "a street has moved", "--as", name)


def lines(told: dict[str, str]) -> list[dict[str, Any]]:
    with psycopg.connect(told[PREFIX + "DATABASE_URL"]) as connection:
        rows = connection.execute(
            "SELECT detail FROM audit WHERE kind = 'routes_signed' ORDER BY id"
        ).fetchall()
    return [detail for (detail,) in rows]


def test_two_people_sign_and_the_trail_says_who(told: dict[str, str], tmp_path: Path) -> None:
    first = sign(told, tmp_path, "ANNE")
    assert (first.exit_code, "One more person must sign" in first.output) == (0, True), first.output
    second = sign(told, tmp_path, "BRITT")
    assert (second.exit_code, "Two people have signed" in second.output) == (0, True), second.output
    assert [(one["by"], one["key"], one["because"]) for one in lines(told)] == [
        ("ANNE", "ANNE", "a street has moved"),
        ("BRITT", "BRITT", "a street has moved"),
    ]
    assert len((tmp_path / "tables" / APPROVALS).read_text().splitlines()) == 3
    assert len({one["tables"] for one in lines(told)}) == 1


def test_what_is_to_be_signed_can_be_looked_at_before(told: dict[str, str]) -> None:
    shown = run(told, "routes", "test", "0101")
    assert shown.exit_code == 0
    assert "No process takes these tables yet: approvals.csv" in shown.stderr


def test_another_key_signs_nothing_though_it_has_the_name(told: dict[str, str], tmp_path: Path) -> None:
    run({}, "routes", "key", "ANNE", str(tmp_path / "OTHER.json"))
    done = sign(told, tmp_path, "OTHER")
    assert (done.exit_code, "is not a key of those who may sign (ANNE, BRITT)" in done.output) == (1, True)
    assert lines(told) == []
    assert not (tmp_path / "tables" / APPROVALS).exists()


def test_without_the_trail_nothing_is_signed(told: dict[str, str], tmp_path: Path) -> None:
    away = told | {PREFIX + "DATABASE_URL": "postgresql://localhost:1/none"}
    assert sign(away, tmp_path, "ANNE").exit_code == 2
    assert not (tmp_path / "tables" / APPROVALS).exists()


def test_tables_with_a_fault_are_not_signed(told: dict[str, str], tmp_path: Path) -> None:
    routes = tmp_path / "tables" / "routes.csv"
    routes.write_text(routes.read_text().replace("0101,jc-0101", "0101,jc-9999"))
    assert sign(told, tmp_path, "ANNE").exit_code == 78
    assert lines(told) == []


def test_a_key_is_never_written_over(tmp_path: Path) -> None:
    file = tmp_path / "key.json"
    assert run({}, "routes", "key", "ANNE", str(file)).exit_code == 0
    before = file.read_bytes()
    assert run({}, "routes", "key", "ANNE", str(file)).exit_code == 1
    assert (file.read_bytes(), file.stat().st_mode & 0o077) == (before, 0)
