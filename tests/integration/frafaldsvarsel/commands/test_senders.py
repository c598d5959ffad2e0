"""By command a sender's key goes into the register and out, and the trail says who did it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import psycopg
import pytest
from typer.testing import CliRunner, Result

from config.senders import SenderRegister
from config.settings import PREFIX
from crypto.new_keys import new_signing_key
from frafaldsvarsel.commands import commands
from publisher.key_files import add_sender
from publisher.keys import read_key

SCHOOL = "280001"
WEEK = timedelta(days=7)


@pytest.fixture
def register(tmp_path: Path) -> Path:
    """With the school, and in `request.json` a request of its that its present key vouches for."""
    add_sender(tmp_path, SCHOOL, now=datetime.now(UTC) - WEEK)
    new = tmp_path / "new.key.json"
    new.write_bytes(orjson.dumps(new_signing_key("mine-2").as_dict(private=True)))
    present = tmp_path / "keys" / f"{SCHOOL}.key.json"
    made = run("", "request", SCHOOL, "--key", str(new), "--known-key", str(present))
    assert made.exit_code == 0, made.output
    secret = read_key(new).as_dict(private=True)["d"]
    assert str(secret) not in made.stdout + made.stderr
    (tmp_path / "request.json").write_text(made.stdout)
    return tmp_path


def run(database: str, *words: str) -> Result:
    told = {PREFIX + "DATABASE_URL": database, "COLUMNS": "200"} if database else {}
    return CliRunner().invoke(commands("senders"), ["senders", *words], env=told)


def told(database: str) -> list[tuple[str, dict[str, str]]]:
    with psycopg.connect(database) as connection:
        return connection.execute(
            "SELECT kind, detail FROM audit WHERE kind LIKE 'sender_key_%' ORDER BY id"
        ).fetchall()


def valid_to(register: Path) -> datetime | None:
    found = SenderRegister(register / "senders").key(SCHOOL, "mine-2")
    assert found is not None
    return found[0].valid_to


def test_a_key_goes_into_the_register_and_out_and_the_trail_says_who(register: Path, ledger_url: str) -> None:
    data = ("--data", str(register), "--because", "a new system", "--as", "ANNE")
    request = str(register / "request.json")
    entered = run(ledger_url, "enrol", request, *data)
    assert entered.exit_code == 0, entered.output
    assert run(ledger_url, "enrol", request, *data).exit_code == 1, "once"
    assert valid_to(register) is None
    assert run(ledger_url, "revoke", SCHOOL, "mine-2", *data).exit_code == 0
    assert valid_to(register) is not None
    assert run(ledger_url, "revoke", SCHOOL, "nobodys", *data).exit_code == 1
    detail = {
        "number": SCHOOL,
        "kid": "mine-2",
        "by": "ANNE",
        "because": "a new system",
        "login": "shared:postgres",
    }
    assert told(ledger_url) == [
        ("sender_key_enrolled", {**detail, "vouched_by": "known key"}),
        ("sender_key_revoked", detail),
    ]


def test_without_a_database_no_key_comes_in_and_a_key_in_wrong_hands_goes(
    register: Path, ledger_url: str
) -> None:
    away = "postgresql://nobody@127.0.0.1:9/none"
    data = ("--data", str(register), "--because", "a laptop was lost", "--as", "ANNE")
    request = str(register / "request.json")
    assert run(away, "enrol", request, *data).exit_code == 2
    assert SenderRegister(register / "senders").key(SCHOOL, "mine-2") is None
    assert run(ledger_url, "enrol", request, *data).exit_code == 0
    ended = run(away, "revoke", SCHOOL, "mine-2", *data)
    assert ended.exit_code == 2
    assert "has no line of it" in ended.stderr
    assert valid_to(register) is not None
