"""``python -m tests.faults``: runs cells on a rig and says what each has shown."""

import argparse
import fnmatch
import tempfile
from pathlib import Path

from frafaldsvarsel.embedded.jars import ensure_jars
from tests.faults import service_cells
from tests.faults.cells import run_cell
from tests.faults.rig import Rig

p = argparse.ArgumentParser()
p.add_argument("--cells", default="*")
p.add_argument("--messages", type=int, default=300)
p.add_argument("--injections", type=int, default=2)
p.add_argument("--seed", type=int, default=1)
p.add_argument("--data", default="")
a = p.parse_args()
cells = [c for c in service_cells.CELLS if any(fnmatch.fnmatch(c.name, x) for x in a.cells.split(","))]
data = Path(a.data or tempfile.mkdtemp())
print(data)
with Rig(data, ensure_jars(), seed=a.seed) as rig:
    print("up", flush=True)
    for c in cells:
        o = run_cell(rig, c, messages=a.messages, injections=a.injections)
        print(
            o.cell,
            o.good,
            o.injections,
            o.recoveries,
            o.seconds,
            o.deaths,
            o.unaccounted,
            o.failure,
            o.verdict,
            flush=True,
        )
