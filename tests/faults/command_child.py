"""``python -m tests.faults.command_child FOLDER COMMAND``: a command in a process that may be struck at failpoints.

The folder is its own: what strikes a worker at a point strikes nobody here, and the other way round.
"""

import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Final

import typer

from frafaldsvarsel.commands import erase
from frafaldsvarsel.commands.topics_grow import grow
from infra import failpoints
from infra.partitioner import PersonPartitions

COMMANDS: Final[Mapping[str, Callable[[], None]]] = {
    "erase run": partial(erase.run, None),
    "erase again": partial(erase.again, None),
    "topics grow": partial(grow, to=PersonPartitions(1).end, ledger_seconds=60),
}


def main() -> None:
    """Arm, and run the command in the environment that it was given."""
    failpoints.arm(Path(sys.argv[1]))
    COMMANDS[sys.argv[2]]()


if __name__ == "__main__":
    try:
        main()
    except typer.Exit as ended:
        sys.exit(ended.exit_code)
