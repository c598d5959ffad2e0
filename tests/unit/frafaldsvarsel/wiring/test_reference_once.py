"""A process reads each reference table once: all its parts see the same tables, whatever is edited meanwhile."""

import asyncio
import sys
from collections import Counter
from pathlib import Path
from typing import Any, Final

import pytest

from config.reference.csv_reader import DATA
from config.settings import load, sections_of
from tests.unit.frafaldsvarsel.wiring.environments import COMPOSED, told

TABLES: Final = {file.name for file in DATA.iterdir() if file.suffix in (".csv", ".toml")}
_OPENED: list[str] = []


def _note(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open" and isinstance(arguments[0], str) and Path(arguments[0]).parent == DATA:
        _OPENED.append(Path(arguments[0]).name)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keys and files, made once."""
    return tmp_path_factory.mktemp("told")


@pytest.fixture(scope="module", autouse=True)
def _listen() -> None:
    # Python has no way to take a hook away again; it costs the other tests next to nothing.
    sys.addaudithook(_note)


@pytest.mark.parametrize("process", COMPOSED)
def test_each_table_is_opened_once_when_a_process_is_composed(process: str, folder: Path) -> None:
    kind, compose = COMPOSED[process]
    settings = load(kind, told(folder, kind))

    async def run() -> None:
        compose(settings)

    _OPENED.clear()
    asyncio.run(run())
    assert Counter(_OPENED) == dict.fromkeys(TABLES if "reference" in sections_of(kind) else (), 1)


def test_there_are_nineteen_tables() -> None:
    """So that the test above counts something."""
    assert len(TABLES) == 19
