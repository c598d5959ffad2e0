"""Where the tests find the project's files, however deep a test lies."""

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
DATA: Final = ROOT / "tests" / "data"
"""Material for tests; every personal detail in it is made up."""
