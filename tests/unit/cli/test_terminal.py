"""What a command says to a person stands there whole."""

import pytest
from typer.testing import CliRunner

from frafaldsvarsel.cli import commands
from frafaldsvarsel.cli.terminal import fail


def test_a_fault_is_said_with_its_brackets(capsys: pytest.CaptureFixture[str]) -> None:
    fail("“[a-z]” and [/b] are words, not markup.")
    assert "“[a-z]” and [/b] are words, not markup." in capsys.readouterr().err


def test_the_pattern_of_a_clients_id_can_be_read() -> None:
    done = CliRunner().invoke(commands(), ["api-client", "X_Y", "--name", "n", "--unit", "jc-0101"])
    assert done.exit_code == 1
    assert "'^[a-z0-9][a-z0-9-]{2,59}$'" in done.output
