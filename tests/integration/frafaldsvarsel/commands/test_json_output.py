"""What programs read of the commands does not change by one byte: `tests/data/command-line` holds it.

Where it is meant to change, run this file with ``WRITE_GOLDEN=1`` and read what git says.
"""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import psycopg
import pytest
from typer.testing import CliRunner

from config.senders import write_sender
from config.settings import PREFIX
from frafaldsvarsel.commands import commands
from models.events.sender import Sender, SenderKind
from publisher.key_files import ensure_service_keys
from tests.paths import DATA

GOLDEN: Final = DATA / "command-line"
REFERENCE: Final = "FV-1111-1111-1111"
REFUSED: Final = "33333333-3333-5333-8333-333333333333"
ROWS: Final = GOLDEN / "ledger.sql"
COMMANDS: Final[dict[str, tuple[str, ...]]] = {
    "receipts": ("receipts",),
    "decisions": ("decisions",),
    "tasks": ("tasks",),
    "tasks-show": ("tasks", "show", REFERENCE),
    "deliveries-list": ("deliveries", "list"),
    "webhooks-list": ("webhooks", "list"),
    "dismiss": ("dismiss",),
    "quarantine-list": ("quarantine", "list"),
    "quarantine-show": ("quarantine", "show", REFUSED, "--because", "a test"),
    "quarantine-replay": ("quarantine", "replay", "--kind", "delivery"),
    "quarantine-dismiss": ("quarantine", "dismiss", "--kind", "delivery", "--because", "a test"),
    "routes-test": ("routes", "test", "0155", "--on", "2026-10-02"),
    "routes-test-nobody": ("routes", "test", "0411", "--on", "2026-10-02"),
    "test-send": ("test-send", "jc-0151"),
}


@pytest.fixture
async def environment(tmp_path: Path, ledger_url: str) -> dict[str, str]:
    with psycopg.connect(ledger_url, autocommit=True) as connection:
        connection.execute(ROWS.read_bytes())
    told = {
        "KAFKA_BOOTSTRAP_SERVERS": "localhost:1",
        "DATABASE_URL": ledger_url,
        "KEY_STORE": str(ensure_service_keys(tmp_path / "keys", datetime.now(UTC)).folder),
        "SENDERS_DIR": str(tmp_path),
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": "1",
    }
    return {PREFIX + name: value for name, value in told.items()} | {"PGTZ": "UTC"}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_commands_json_is_the_same_to_the_byte(environment: dict[str, str], name: str) -> None:
    done = CliRunner().invoke(commands(), (*COMMANDS[name], "--json"), env=environment)
    compare(name, done.stdout)


def test_the_list_of_senders_is_the_same_to_the_byte(tmp_path: Path) -> None:
    (tmp_path / "senders").mkdir()
    sender = Sender(number="0101", kind=SenderKind.MUNICIPALITY, name="København", cvr="00000000")
    write_sender(tmp_path / "senders", sender)
    done = CliRunner().invoke(commands(), ("senders", "list", "--json", "--data", str(tmp_path)))
    compare("senders-list", done.stdout)


def compare(name: str, text: str) -> None:
    """Hold what was printed against the file."""
    file = GOLDEN / f"{name}.jsonl"
    if "WRITE_GOLDEN" in os.environ:
        file.write_text(text, encoding="utf-8")
    assert text
    assert text == file.read_text(encoding="utf-8")
