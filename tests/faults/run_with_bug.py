"""``python -m tests.faults.run_with_bug BUG COMMAND``: the service's own command, with a bug planted into it."""

import sys

from frafaldsvarsel.commands import main
from tests.faults.planted_bugs import plant_of

if __name__ == "__main__":
    _, bug, command = sys.argv
    plant_of(bug)()
    sys.argv = ["frafaldsvarsel", command]
    main()
