"""Passwords and rights at the broker, taken away while the service works and given back: on a rig with users."""

import signal
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from tests.faults import rights
from tests.faults.admin import Admin
from tests.faults.cells import Cell, Family, Run, halves
from tests.faults.load import Sent
from tests.faults.rig import KAFKA, LEDGERS, SESSION_SECONDS, WORKERS

Change = Callable[[Admin, str], None]
_PROCESSES: Final = {rights.WORKER: WORKERS, rights.LEDGER: LEDGERS}
_AWAY_SECONDS: Final = SESSION_SECONDS + 3


def _taken(run: Run, chunk: Sequence[Sent], *, user: str, take: Change, give: Change) -> int:
    """One process goes on without, one is killed and begins without; both are to be whole when it is given back."""
    rig = run.rig
    before, meanwhile, after = halves(chunk, 3)
    run.publish(before)
    take(rig.admin, user)
    try:
        # A broker asks for the password at the beginning of a connection only.
        rig.proxy.cut(KAFKA)
        run.publish(meanwhile)
        rig.children.signal(_PROCESSES[user][-1], signal.SIGKILL)
        time.sleep(_AWAY_SECONDS)
    finally:
        give(rig.admin, user)
    run.healed()
    run.publish(after)
    return 1


def _cell(what: str, user: str, take: Change, give: Change) -> Cell:
    work = partial(_taken, user=user, take=take, give=give)
    return Cell(f"{what} taken from the {user}", Family.RIGHTS, work, most_rounds=3)


def _lock_out(admin: Admin, user: str) -> None:
    admin.delete_password(user)


CELLS: Final = tuple(
    _cell(what, user, take, give)
    for user in _PROCESSES
    for what, take, give in (("password", _lock_out, rights.let_in), ("rights", rights.take, rights.give))
)
