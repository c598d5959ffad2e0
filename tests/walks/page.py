"""``docs/walks.md`` from a run's record. Pure."""

from collections.abc import Iterator
from typing import Final

from tests.paths import ROOT
from tests.walks.record import Walked

PAGE: Final = ROOT / "docs" / "walks.md"


def page(walked: Walked) -> str:
    """The page, whole."""
    return "\n".join(_lines(walked)) + "\n"


def _lines(walked: Walked) -> Iterator[str]:
    yield ""
