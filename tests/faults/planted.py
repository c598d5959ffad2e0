"""``python -m tests.faults.planted BUG COMMAND``: the service's own command, with a bug planted into it."""

import sys

from frafaldsvarsel.cli import main
from tests.faults.plants import plant_of

if __name__ == "__main__":
    _, bug, command = sys.argv
    plant_of(bug)()
    sys.argv = ["frafaldsvarsel", command]
    main()
