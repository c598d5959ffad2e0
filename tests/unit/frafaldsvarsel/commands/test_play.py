"""What the demo leaves on the screen can be used as it stands."""

import sys
from pathlib import Path

import pytest

from frafaldsvarsel.commands.play import in_another_terminal


@pytest.mark.parametrize(
    ("called", "folder", "line"),
    [
        (".venv/bin/frafaldsvarsel", "{here}/.demo", ".venv/bin/frafaldsvarsel tasks --data .demo"),
        ("/opt/bin/frafaldsvarsel", "/srv/my data", "/opt/bin/frafaldsvarsel tasks --data '/srv/my data'"),
        ("a/__main__.py", "{here}/.demo", "frafaldsvarsel tasks --data .demo"),
    ],
)
def test_a_line_for_another_terminal_calls_the_program_as_it_was_called(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, called: str, folder: str, line: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [called, "demo"])
    assert in_another_terminal("tasks", Path(folder.format(here=tmp_path))) == line
