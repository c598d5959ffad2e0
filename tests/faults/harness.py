"""What every harness of the rig does on the command line: it says a line at once, and keeps its folder or not."""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def say(text: str) -> None:
    """A line, at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


@contextmanager
def working_folder(named: str, kind: str) -> Iterator[Path]:
    """The folder that was named; else one that is gone afterwards."""
    if named:
        yield Path(named)
        return
    with tempfile.TemporaryDirectory(prefix=f"frafaldsvarsel-{kind}-") as made:
        yield Path(made)
