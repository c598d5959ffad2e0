"""Passwords and rights at the broker, taken away while the service works and given back: on a rig with users."""

import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from tests.faults import rights
from tests.faults.admin import Admin
from tests.faults.cells import Cell, Family, Run, halves
from tests.faults.observation import Seen
from tests.faults.process_settings import SESSION_SECONDS
from tests.faults.rig import KAFKA, LEDGERS, WORKERS
from tests.faults.workload import Sent

Change = Callable[[Admin, str], None]
_PROCESSES: Final = {rights.WORKER: WORKERS, rights.LEDGER: LEDGERS}
_TRACEBACK: Final = 'Traceback (most recent call last):\n  File "<frozen runpy>"'
"""Of the process itself, and not of one of its libraries' threads."""
_PATIENCE: Final = 60.0


def _lock_out(admin: Admin, user: str) -> None:
    admin.delete_password(user)


@dataclass(frozen=True)
class _Way:
    """How somebody is shut out and let in, and the words by which a process says so."""

    what: str
    take: Change
    give: Change
    goes_on: str
    begins: str


def _taken(run: Run, chunk: Sequence[Sent], *, user: str, way: _Way) -> int:
    """One process goes on without, one is killed and begins without; both are to be whole when it is given back."""
    rig = run.rig
    before, meanwhile, after = halves(chunk, 3)
    run.publish(before)
    logs = {log: log.stat().st_size for log in logs_of(run, user)}
    way.take(rig.admin, user)
    try:
        # A broker asks for the password at the beginning of a connection only.
        rig.proxy.cut(KAFKA)
        run.publish(meanwhile)
        rig.children.signal(_PROCESSES[user][-1], signal.SIGKILL)
        time.sleep(SESSION_SECONDS + 1)
        wait_for_words(logs, (way.goes_on, way.begins))
    finally:
        way.give(rig.admin, user)
    run.healed()
    run.publish(after)
    return 1


def wait_for_words(logs: Mapping[Path, int], words: Sequence[str]) -> None:
    """What is never said, the judge hears of; here it is only waited for."""
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        said = "".join(log.read_bytes()[size:].decode(errors="replace") for log, size in logs.items())
        if all(one in said for one in words):
            return
        time.sleep(0.5)


def logs_of(run: Run, user: str) -> list[Path]:
    """Of the processes of this kind."""
    return sorted((run.rig.data / "logs").glob(f"{user}-*.log"))


def _said(run: Run, seen: Seen, *, user: str, way: _Way) -> None:
    """Whoever looks into the logs must find the reason: of a process that went on, and of one that began."""
    log = log_of(seen, user)
    run.left_out += [f"no {user} said {words!r}" for words in (way.goes_on, way.begins) if words not in log]
    if traceback_of(seen, user):
        run.left_out.append(f"a {user} ended with a traceback in place of a sentence")


def log_of(seen: Seen, user: str) -> str:
    """What the processes of this kind have said."""
    logs = [text for where, text in seen.texts if where.startswith(f"log {user}")]
    return b"\n".join(logs).decode(errors="replace")


def traceback_of(seen: Seen, user: str) -> bool:
    """Whether a process of this kind has ended without a sentence."""
    return _TRACEBACK in log_of(seen, user)


def _cell(user: str, way: _Way) -> Cell:
    return Cell(
        f"{way.what} taken from the {user}",
        Family.RIGHTS,
        partial(_taken, user=user, way=way),
        most_rounds=3,
        amend=partial(_said, user=user, way=way),
    )


_WAYS: Final = (
    _Way(
        "password",
        _lock_out,
        rights.let_in,
        "SaslAuthenticationFailed",
        "Kafka lets nobody in under this name",
    ),
    _Way("rights", rights.take, rights.give, "AuthorizationFailedError", "Kafka shows none of the topics"),
)
CELLS: Final = tuple(_cell(user, way) for user in _PROCESSES for way in _WAYS)
