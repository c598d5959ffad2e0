"""What a command says to a person stands there whole."""

import pytest
from typer.testing import CliRunner

from frafaldsvarsel.commands import commands
from frafaldsvarsel.commands.terminal import fail, show


def test_a_fault_is_said_with_its_brackets(capsys: pytest.CaptureFixture[str]) -> None:
    fail("“[a-z]” and [/b] are words, not markup.")
    assert "“[a-z]” and [/b] are words, not markup." in capsys.readouterr().err


def test_the_pattern_of_a_clients_id_can_be_read() -> None:
    done = CliRunner().invoke(commands(), ["api-client", "X_Y", "--name", "n", "--unit", "jc-0101"])
    assert done.exit_code == 1
    assert "'^[a-z0-9][a-z0-9-]{2,59}$'" in done.output


@pytest.mark.parametrize(
    ("columns", "row"),
    [
        (
            ("leg", "took", "it is over when"),
            ("decision", "0.01", "match has decided that it obliges a unit"),
        ),
        (
            ("number", "kind", "name", "source", "keys"),
            ("900101", "institution", "A school with a long name", "urn:oio:cvr-nr:00110019", "900101-1"),
        ),
        (("audience", "channel", "recipient"), ("municipality", "email", "a" * 30 + "@kommune-0101.example")),
    ],
)
def test_on_a_narrow_terminal_a_row_is_told_on_more_lines_and_nothing_is_cut_off(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    columns: tuple[str, ...],
    row: tuple[str, ...],
) -> None:
    monkeypatch.setenv("COLUMNS", "52")
    show("", columns, [row], empty="")
    letters = sorted("".join(columns + row).replace(" ", ""))
    assert (
        sorted(letter for letter in capsys.readouterr().out if not letter.isspace() and letter != "─")
        == letters
    )
