"""``python -m tests.faults.erase_child FOLDER run|again``: the command in a process that may be struck at failpoints.

The folder is its own: what strikes a worker at a point strikes nobody here, and the other way round.
"""

import sys
from pathlib import Path

import typer

from frafaldsvarsel.commands import erase
from infra import failpoints


def main() -> None:
    """Arm, and run the command in the environment that it was given."""
    failpoints.arm(Path(sys.argv[1]))
    erase.run(None) if sys.argv[2] == "run" else erase.again(None)


if __name__ == "__main__":
    try:
        main()
    except typer.Exit as ended:
        sys.exit(ended.exit_code)
