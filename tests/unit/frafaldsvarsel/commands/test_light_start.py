"""Every process and every command begins by reading the command line's modules: they bring nothing that few need."""

import subprocess
import sys

import pytest

from tests.paths import ROOT


@pytest.mark.parametrize("heavy", ["fastapi", "aiohttp", "uvicorn", "faust"])
def test_the_command_line_does_not_read_what_one_process_alone_needs(heavy: str) -> None:
    """Each of them takes from a tenth to a third of a second."""
    program = f"import sys, frafaldsvarsel.commands; sys.exit({heavy!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0
