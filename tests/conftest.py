"""Real servers for the tests, one of each for a whole run; see tests/fixtures for how they are made."""

from pathlib import Path
from typing import Final

import pytest

pytest_plugins = ["tests.fixtures.servers", "tests.fixtures.databases", "tests.fixtures.left_open"]

HERE: Final = Path(__file__).parent
LONGEST_FIRST: Final = ("faults", "acceptance", "simulation", "travel", "integration", "browser")
"""Folders whose files take minutes; what is not named here takes moments, and comes last."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files begin first, so that no worker is left with one when the others have nothing to do any more."""
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    folder = item.path.relative_to(HERE).parts[0]
    return LONGEST_FIRST.index(folder) if folder in LONGEST_FIRST else len(LONGEST_FIRST)
