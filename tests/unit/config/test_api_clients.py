"""The clients' file is read whole or not at all, and no fault shows what could be a secret."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest
from typer.testing import CliRunner

from config.api_clients import ClientRegister, ClientRight, read_api_clients
from config.errors import ConfigError
from crypto.client_secret_hash import fits, hash_secret
from frafaldsvarsel.commands import commands

UNITS: Final = frozenset({"unit-0101", "unit-0751"})
HASH: Final = hash_secret("secret")


def entry(**changes: Any) -> dict[str, Any]:
    """A sound client."""
    return {
        "id": "case-system",
        "name": "Sagssystem",
        "units": ["unit-0101"],
        "rights": ["tasks:read"],
        "secrets": [{"hash": HASH}],
    } | changes


def written(path: Path, *entries: dict[str, Any]) -> Path:
    """The file."""
    file = path / "clients.json"
    file.write_text(json.dumps({"clients": entries}), encoding="utf-8")
    return file


def test_a_sound_file_gives_its_clients(tmp_path: Path) -> None:
    found = read_api_clients(written(tmp_path, entry(), entry(id="other")), UNITS)
    assert set(found) == {"case-system", "other"}
    assert found["other"].rights == (ClientRight.READ,)
    assert HASH not in repr(found)


@pytest.mark.parametrize(
    ("entries", "sentence"),
    [
        ([entry(), entry()], "client case-system is there twice."),
        ([entry(units=["unit-9999"])], "client case-system has the unit unit-9999, which is not known."),
        ([entry(units=[])], "clients.0.units: "),
        ([entry(rights=["everything"])], "clients.0.rights.0: "),
        (
            [entry(secrets=[{"hash": "fvs_in-the-clear"}])],
            "clients.0.secrets.0.hash: should be a hash made by",
        ),
        ([entry(secrets=[{"hash": HASH}] * 3)], "clients.0.secrets: "),
        ([entry(id="Case System")], "clients.0.id: "),
        ([entry(secret="fvs_in-the-clear")], "clients.0.secret is not known here."),
    ],
)
def test_a_fault_is_a_sentence_without_the_value(
    tmp_path: Path, entries: list[dict[str, Any]], sentence: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        read_api_clients(written(tmp_path, *entries), UNITS)
    fault = refused.value.faults[0]
    assert fault.file == "clients.json"
    assert fault.sentence.startswith(sentence)
    assert "in-the-clear" not in str(refused.value)


def test_a_file_that_is_not_there_or_no_json_is_a_sentence_too(tmp_path: Path) -> None:
    for path in (tmp_path / "none.json", tmp_path):
        with pytest.raises(ConfigError, match="cannot be read"):
            read_api_clients(path, UNITS)
    (tmp_path / "bad.json").write_text("fvs_in-the-clear")
    with pytest.raises(ConfigError) as refused:
        read_api_clients(tmp_path / "bad.json", UNITS)
    assert "in-the-clear" not in str(refused.value)


def test_a_secret_is_good_until_its_end(tmp_path: Path) -> None:
    ends = datetime(2027, 1, 1, tzinfo=UTC)
    secrets = [{"hash": HASH}, {"hash": HASH, "valid_to": ends.isoformat()}]
    client = read_api_clients(written(tmp_path, entry(secrets=secrets)), UNITS)["case-system"]
    assert len(client.valid_secrets(datetime(2026, 12, 31, 23, tzinfo=UTC))) == 2
    assert len(client.valid_secrets(ends)) == 1


def test_the_register_sees_a_change_within_a_second_and_keeps_what_it_knew(tmp_path: Path) -> None:
    now = [0.0]
    file = written(tmp_path, entry())
    register = ClientRegister(file, UNITS, clock=lambda: now[0])
    written(tmp_path, entry(id="other"), entry(id="third"))
    now[0] = 0.9
    assert register.find("case-system") is not None
    now[0] = 1.0
    assert register.find("case-system") is None
    assert register.find("other") is not None
    file.unlink()
    now[0] = 2.0
    assert register.find("other") is not None
    written(tmp_path, entry())
    now[0] = 3.0
    assert register.find("other") is None


def test_a_register_does_not_begin_with_a_file_that_cannot_be_used(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        ClientRegister(tmp_path / "none.json", UNITS)


def test_the_command_prints_an_entry_that_the_file_takes_and_the_secret_beside_it(tmp_path: Path) -> None:
    said = CliRunner().invoke(
        commands(), ["api-client", "case-system", "--name", "Sagssystem [æøå]", "--unit", "unit-0101"]
    )
    assert said.exit_code == 0
    made = json.loads(said.stdout)
    client = read_api_clients(written(tmp_path, made), UNITS)["case-system"]
    assert client.name == "Sagssystem [æøå]"
    assert client.rights == tuple(ClientRight)
    secret = said.stderr.strip().rpartition(" ")[2]
    assert fits(secret, client.secrets[0].hash)
    assert secret not in said.stdout


def test_the_command_refuses_what_the_file_would_refuse() -> None:
    said = CliRunner().invoke(commands(), ["api-client", "Case System", "--name", "x", "--unit", "unit-0101"])
    assert said.exit_code == 1
    assert "fvs_" not in said.stdout + said.stderr
