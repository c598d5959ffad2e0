"""Certificates by which the processes are known at the broker: revoked and renewed, or exchanged under load."""

import signal
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from tests.faults import rights
from tests.faults.cells import Cell, Family, Run, halves
from tests.faults.observation import Seen
from tests.faults.process_settings import SESSION_SECONDS
from tests.faults.rig import KAFKA, LEDGERS, WORKERS
from tests.faults.rights_cells import log_of, logs_of, traceback_of, wait_for_words
from tests.faults.under_way import under_way
from tests.faults.workload import Sent

_NOT_TAKEN: Final = "Kafka does not take the client's certificate"
_PROCESSES: Final = {rights.WORKER: WORKERS, rights.LEDGER: LEDGERS}


def _revoked(run: Run, chunk: Sequence[Sent], *, user: str) -> int:
    """One process goes on without, one is killed and begins without; renewed, both are started again in turn."""
    rig = run.rig
    before, meanwhile, after = halves(chunk, 3)
    run.publish(before)
    logs = {log: log.stat().st_size for log in logs_of(run, user)}
    rig.certificates.revoke(user)
    rig.trust()
    try:
        # A broker asks for the certificate at the beginning of a connection only.
        rig.proxy.cut(KAFKA)
        run.publish(meanwhile)
        rig.children.signal(_PROCESSES[user][-1], signal.SIGKILL)
        time.sleep(SESSION_SECONDS + 1)
        wait_for_words(logs, (_NOT_TAKEN,))
        if not under_way(rig):
            run.left_out.append(f"a {user} whose certificate is revoked has gone on with its work")
    finally:
        rig.certificates.renew(user)
        rig.trust()
    for name in _PROCESSES[user]:
        _start_again(run, name)
    run.healed()
    run.publish(after)
    return 1


def _exchanged(run: Run, chunk: Sequence[Sent], *, user: str) -> int:
    """Both are trusted while the processes are started again one by one; then the old one no more."""
    rig, names = run.rig, _PROCESSES[user]
    *parts, last = halves(chunk, len(names) + 1)
    rig.certificates.renew(user)
    rig.trust()
    for name, part in zip(names, parts, strict=True):
        _start_again(run, name, part)
    rig.certificates.revoke(user, but=1)
    rig.trust()
    rig.proxy.cut(KAFKA)
    run.healed()
    run.publish(last)
    return 1


def _start_again(run: Run, name: str, meanwhile: Sequence[Sent] = ()) -> None:
    children = run.rig.children
    children.hold(name)
    run.publish(meanwhile)
    children.release(name)
    children.wait_ready(name)


def _said(run: Run, seen: Seen, *, user: str, words: str) -> None:
    if words not in log_of(seen, user):
        run.left_out.append(f"no {user} said {words!r}")
    if traceback_of(seen, user):
        run.left_out.append(f"a {user} ended with a traceback in place of a sentence")


def _cell(user: str, what: str, work: Callable[..., int], words: str) -> Cell:
    return Cell(
        f"certificate of the {user} {what}",
        Family.RIGHTS,
        partial(work, user=user),
        most_rounds=3,
        amend=partial(_said, user=user, words=words),
    )


CELLS: Final = tuple(
    _cell(user, what, work, words)
    for user in _PROCESSES
    for what, work, words in (
        ("revoked and renewed", _revoked, _NOT_TAKEN),
        ("exchanged at a rolling restart", _exchanged, ""),
    )
)
