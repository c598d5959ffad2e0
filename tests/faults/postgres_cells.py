"""Faults of the database and of the way to it."""

import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from typing import Any, Final

import psycopg

from tests.faults.cells import Cell, Family, Run, halves
from tests.faults.network_faults import bad_way, cut
from tests.faults.observation import Seen
from tests.faults.proxy import Way
from tests.faults.rig import DATABASE, LEDGERS, NOTIFIERS, Rig
from tests.faults.workload import Sent

_OURS: Final = (
    "application_name LIKE 'frafaldsvarsel%' OR backend_type = 'client backend' AND pid <> pg_backend_pid()"
)
_TERMINATE: Final = (
    f"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = 'faults' AND ({_OURS})"  # noqa: S608
)
_PATIENCE: Final = 30.0


def _terminated(run: Run, chunk: Sequence[Sent], *, times: int) -> int:
    ended = 0
    with run.rig.connect() as connection:
        for part in halves(chunk, times):
            run.publish(part)
            time.sleep(0.3)
            row = connection.execute(_TERMINATE).fetchone()
            ended += bool(row and row[0])
    run.healed()
    return ended


def _killed(run: Run, chunk: Sequence[Sent], *, in_order: bool = False) -> int:
    first, second = halves(chunk)
    run.publish(first)
    server = run.rig.database
    server.stop() if in_order else server.kill()
    time.sleep(1)
    server.start()
    run.healed()
    run.publish(second)
    return 1


def _commit_swallowed(run: Run, chunk: Sequence[Sent], *, times: int) -> int:
    proxy = run.rig.proxy
    before = proxy.swallowed(DATABASE)
    for part in halves(chunk, times):
        proxy.swallow(DATABASE)
        run.publish(part)
        deadline = time.monotonic() + _PATIENCE / times
        told = proxy.swallowed(DATABASE)
        while proxy.swallowed(DATABASE) == told and time.monotonic() < deadline:
            time.sleep(0.05)
    proxy.swallow(DATABASE, 0)
    run.healed()
    return proxy.swallowed(DATABASE) - before


def _locked(run: Run, chunk: Sequence[Sent], *, seconds: float) -> int:
    with run.rig.connect() as connection, connection.transaction():
        connection.execute("LOCK TABLE tasks, deliveries IN ACCESS EXCLUSIVE MODE")
        run.publish(chunk)
        time.sleep(seconds)
    run.healed()
    return 1


def _deadlock(run: Run, chunk: Sequence[Sent]) -> int:
    """We hold what the ledger wants last and want what it holds: PostgreSQL ends one of the two."""
    victim = 0
    with run.rig.connect() as connection:
        connection.execute(
            "SET deadlock_timeout = '20s'"
        )  # so that it is the ledger that finds out, and is ended
        row = connection.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = 'faults'").fetchone()
        before = row[0] if row else 0
        try:
            with connection.transaction():
                connection.execute("LOCK TABLE tasks IN ACCESS EXCLUSIVE MODE")
                run.publish(chunk)
                _wait_for_lock(connection)
                connection.execute("LOCK TABLE position IN ACCESS EXCLUSIVE MODE")
        except psycopg.errors.DeadlockDetected:
            victim = 1
        run.healed()
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            row = connection.execute(
                "SELECT deadlocks FROM pg_stat_database WHERE datname = 'faults'"
            ).fetchone()
            if row and row[0] > before:
                break
            time.sleep(0.2)
    struck = int(bool(row and row[0] > before))
    run.told.append("PostgreSQL ended " + ("our transaction" if victim else "the ledger's"))
    return struck


def _wait_for_lock(connection: psycopg.Connection[Any]) -> None:
    """Until a ledger that has moved its position waits for us; who only reads its figures holds nothing of it."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        row = connection.execute(
            "SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid) "
            "WHERE NOT granted AND l.relation = 'tasks'::regclass AND a.application_name = 'frafaldsvarsel-ledger' "
            "AND EXISTS (SELECT FROM pg_locks h "
            "WHERE h.pid = l.pid AND h.granted AND h.relation = 'position'::regclass)"
        ).fetchone()
        if row and row[0]:
            return
        time.sleep(0.05)


def _isolated(run: Run, chunk: Sequence[Sent]) -> int:
    """Every session at REPEATABLE READ, so that concurrent updates end as serialization failures."""
    with run.rig.connect() as connection:
        connection.execute("ALTER DATABASE faults SET default_transaction_isolation = 'serializable'")
        try:
            connection.execute(_TERMINATE)
            for part in halves(chunk, 4):
                run.publish(part)
                time.sleep(0.7)
        finally:
            connection.execute("ALTER DATABASE faults RESET default_transaction_isolation")
            connection.execute(_TERMINATE)
    run.healed()
    return 1


def _read_only(run: Run, chunk: Sequence[Sent]) -> int:
    """As after a fail-over to a standby."""
    with run.rig.connect() as connection:
        connection.execute("ALTER SYSTEM SET default_transaction_read_only = on")
        try:
            connection.execute("SELECT pg_reload_conf()")
            run.publish(chunk)
            time.sleep(4)
        finally:
            connection.execute("SET default_transaction_read_only = off")
            connection.execute("ALTER SYSTEM RESET default_transaction_read_only")
            connection.execute("SELECT pg_reload_conf()")
    run.healed()
    return 1


def _exhausted(run: Run, chunk: Sequence[Sent]) -> int:
    """Somebody else has all the connections, and ours are ended."""
    first, second = halves(chunk)
    run.publish(first)
    with ExitStack() as taken, run.rig.connect() as ours:
        ours.execute(_TERMINATE)
        for _ in range(120):
            try:
                taken.enter_context(psycopg.connect(run.rig.database.url))
            except psycopg.OperationalError:
                break
        run.publish(second)
        time.sleep(4)
    run.healed()
    return 1


def _restored(run: Run, chunk: Sequence[Sent]) -> int:
    """Everything since the backup is gone, the position with it; the log has it all, and is projected again."""
    rig = run.rig
    first, second = halves(chunk)
    rig.children.hold(*LEDGERS, *NOTIFIERS)
    copy_of_database(rig)
    rig.children.release(*LEDGERS, *NOTIFIERS)
    run.publish(first)
    rig.drain()
    rig.children.hold(*LEDGERS, *NOTIFIERS)
    with rig.connect() as connection:
        run.gone_from_books = {str(one) for (one,) in connection.execute("SELECT id FROM deliveries")}
    put_back(rig)
    rig.children.release(*LEDGERS, *NOTIFIERS)
    run.healed()
    run.publish(second)
    return 1


def copy_of_database(rig: Rig) -> None:
    """A backup, taken while the database stands still."""
    kept = rig.data / "backup"
    shutil.rmtree(kept, ignore_errors=True)
    rig.database.stop()
    _copy(rig.data / "postgres" / "pg", kept)
    rig.database.start()


def put_back(rig: Rig) -> None:
    """Restore what `copy_of_database` has kept."""
    kept = rig.data / "backup"
    rig.database.stop()
    shutil.rmtree(rig.data / "postgres" / "pg")
    _copy(kept, rig.data / "postgres" / "pg")
    shutil.rmtree(kept)
    rig.database.start()


def _copy(source: Any, target: Any) -> None:
    """With owner and rights, as PostgreSQL asks for them."""
    subprocess.run(["/bin/cp", "-a", str(source), str(target)], check=True)


def amend_restored(run: Run, seen: Seen) -> None:
    """A notice that the backup did not know is due again: the same Message-ID, dated anew, counted as told again."""
    first: dict[str, str] = {}
    again = 0
    for number, mail in enumerate(seen.mails):
        known = first.setdefault(mail.message_id, mail.digest)
        if known != mail.digest:
            again += 1
            seen.mails[number] = type(mail)(mail.message_id, mail.recipient, known, mail.answered)
    run.told.append(f"{again} notices went out again under their own Message-ID, with a new date")
    gone = run.gone_from_books - {str(delivery.id) for delivery in seen.deliveries}
    left = [mail for mail in seen.mails if mail.message_id.partition("@")[0].lstrip("<") not in gone]
    if len(left) < len(seen.mails):
        # Read again, a conflict about two people is known before the message that it refuses, and no task is opened.
        run.told.append(
            f"{len(seen.mails) - len(left)} notices that had gone out are not in the restored books: "
            "read in another order, the log gives no reason for them any more"
        )
        seen.mails[:] = left


def _cell(
    name: str,
    work: Any,
    *,
    per_round: int = 1,
    most_rounds: int = 100,
    amend: Callable[[Run, Seen], None] | None = None,
    **more: Any,
) -> Cell:
    return Cell(
        name,
        Family.POSTGRES,
        partial(work, **more),
        per_round=per_round,
        most_rounds=most_rounds,
        amend=amend,
    )


CELLS: Final = (
    _cell("an older backup restored", _restored, most_rounds=1, amend=amend_restored),
    _cell("backends terminated", _terminated, per_round=4, times=4),
    _cell("database killed and started", _killed, most_rounds=6),
    _cell("database stopped and started", _killed, most_rounds=2, in_order=True),
    _cell("answer to COMMIT swallowed", _commit_swallowed, per_round=5, times=5),
    _cell("connections to the database cut", cut, server=DATABASE, per_round=4, times=4),
    _cell("database refuses connections", bad_way, server=DATABASE, way=Way.REFUSE, seconds=3, most_rounds=4),
    _cell("database half open", bad_way, server=DATABASE, way=Way.HALF_OPEN, seconds=4, most_rounds=2),
    _cell("database's answers vanish", bad_way, server=DATABASE, way=Way.DEAF, seconds=2, most_rounds=3),
    _cell(
        "database blocked for 8 seconds", bad_way, server=DATABASE, way=Way.BLOCK, seconds=8, most_rounds=3
    ),
    _cell(
        "database blocked for 60 seconds", bad_way, server=DATABASE, way=Way.BLOCK, seconds=60, most_rounds=1
    ),
    _cell("database slow", bad_way, server=DATABASE, way=Way.OPEN, seconds=2, latency=0.05, most_rounds=3),
    _cell("tables locked by somebody else", _locked, seconds=4, most_rounds=4),
    _cell("deadlock", _deadlock, most_rounds=6),
    _cell("serialization failures", _isolated, most_rounds=4),
    _cell("database read-only", _read_only, most_rounds=3),
    _cell("connections exhausted", _exhausted, most_rounds=3),
)
