"""Disks that are full: on a rig whose servers have a small one each, which somebody else fills."""

import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final

from tests.faults.cells import Cell, Family, Run, halves
from tests.faults.workload import Sent

_BLOCK: Final = bytes(65536)


def _fill(ballast: Path) -> None:
    with ballast.open("ab", buffering=0) as file, suppress(OSError):
        while file.write(_BLOCK) == len(_BLOCK):
            continue


def _brokers_disk(run: Run, chunk: Sequence[Sent]) -> int:
    first, second = halves(chunk)
    run.publish(first)
    ballast = run.rig.data / "kafka" / "ballast"
    _fill(ballast)
    publishing = threading.Thread(target=run.publish, args=(second,))
    publishing.start()
    time.sleep(4)
    ended = run.rig.broker.pid is None
    run.told.append("the broker " + ("ended" if ended else "went on") + " with its disk full")
    ballast.unlink()
    run.rig.broker.stop()
    run.rig.broker.start()
    run.rig.broker.wait_ready()
    run.healed()
    publishing.join()
    return 1


def _databases_disk(run: Run, chunk: Sequence[Sent]) -> int:
    ballast = run.rig.data / "postgres" / "ballast"
    _fill(ballast)
    run.publish(chunk)
    # The write-ahead log writes over old files: enough must come to ask for a new one.
    time.sleep(5)
    ended = run.rig.database.pid is None
    run.told.append("the database " + ("ended" if ended else "went on") + " with its disk full")
    ballast.unlink()
    if ended:
        run.rig.database.stop()
        run.rig.database.start()
    run.healed()
    return 1


CELLS: Final = (
    Cell("the broker's disk full", Family.DISK, partial(_brokers_disk), most_rounds=2),
    Cell("the database's disk full", Family.DISK, partial(_databases_disk), most_rounds=2),
)
