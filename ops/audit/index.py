"""What the auditor has read of the log: digests and counts by place, so that every record is read once.

An SQLite file, or a temporary one that goes with the process. Not in PostgreSQL: it must not depend on the ledger that
it judges. A file that is lost, damaged or of another cluster is begun again, which costs the time of reading the log.
It holds no content: places, digests, ids of messages, and of the residence facts what routing needs.
"""

import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final, LiteralString

_VERSION: Final = 9
_WAIT_SECONDS: Final = 60.0
SCHEMA: Final = """
CREATE TABLE meta (name TEXT PRIMARY KEY, said TEXT NOT NULL);
CREATE TABLE mark (
    name TEXT, topic TEXT, partition INT, upto INT NOT NULL, PRIMARY KEY (name, topic, partition)
) WITHOUT ROWID;
CREATE TABLE fault (
    topic TEXT, partition INT, first INT, last INT NOT NULL, what TEXT, PRIMARY KEY (topic, partition, first, what)
) WITHOUT ROWID;
CREATE TABLE origin (
    topic TEXT, partition INT, place INT, said INT, accepted INT, at_ms INT,
    receipts INT NOT NULL DEFAULT 0, differs INT NOT NULL DEFAULT 0, empty INT NOT NULL DEFAULT 0,
    events INT NOT NULL DEFAULT 0, entries INT NOT NULL DEFAULT 0, receipt_partition INT, receipt_place INT,
    event_partition INT, event_first INT, event_place INT, entry_partition INT, entry_place INT,
    PRIMARY KEY (topic, partition, place)
) WITHOUT ROWID;
CREATE TABLE sequence (
    sender TEXT, number INT, event_id TEXT, at_ms INT, topic TEXT, partition INT, place INT,
    differs INT NOT NULL DEFAULT 0, PRIMARY KEY (sender, number)
) WITHOUT ROWID;
CREATE TABLE total (
    topic TEXT, partition INT, place INT, sender TEXT, day TEXT, registered_us INT, event_id TEXT, at_ms INT,
    counts TEXT, PRIMARY KEY (topic, partition, place)
) WITHOUT ROWID;
CREATE INDEX total_by_day ON total (sender, day);
CREATE TABLE day (
    sender TEXT, day TEXT, last_ms INT NOT NULL, stale INT NOT NULL DEFAULT 1, agreed INT NOT NULL DEFAULT 0,
    PRIMARY KEY (sender, day)
) WITHOUT ROWID;
CREATE TABLE event (
    partition INT, place INT, said INT, at_ms INT, topic TEXT, origin_partition INT, origin_place INT,
    entry INT, entries INT NOT NULL DEFAULT 0, differs INT NOT NULL DEFAULT 0, person INT,
    erased INT NOT NULL DEFAULT 0, PRIMARY KEY (partition, place)
) WITHOUT ROWID;
CREATE INDEX event_by_person ON event (person) WHERE person IS NOT NULL;
CREATE INDEX event_erased ON event (erased) WHERE erased;
CREATE TABLE erasure (
    person INTEGER PRIMARY KEY, cut_off_ms INT NOT NULL, partition INT NOT NULL, place INT NOT NULL, mark_partition INT,
    mark_place INT
);
CREATE TABLE revision (
    message INT, revision INT, said INT NOT NULL, times INT NOT NULL DEFAULT 1, differs INT NOT NULL DEFAULT 0,
    PRIMARY KEY (message, revision)
) WITHOUT ROWID;
CREATE TABLE message (
    id INTEGER PRIMARY KEY, sender TEXT, message_id TEXT, person INT, revision INT, said INT, outcome TEXT,
    reason TEXT, unit TEXT, registered_at TEXT, partition INT, place INT, at_ms INT,
    named TEXT, stale INT NOT NULL DEFAULT 1, appended_ms INT
);
CREATE INDEX message_by_person ON message (person);
CREATE INDEX message_by_id ON message (sender, message_id);
CREATE INDEX message_stale ON message (stale) WHERE stale;
CREATE TABLE person (
    id INTEGER PRIMARY KEY, events INT NOT NULL DEFAULT 1, moved_ms INT NOT NULL DEFAULT 0, moved_partition INT,
    moved_place INT
);
CREATE TABLE home (
    person INT, topic TEXT, partition INT, place INT, appended_at TEXT, sender TEXT, event_id TEXT, fingerprint TEXT,
    residence_id TEXT, municipality TEXT, valid_from TEXT, registered_at TEXT,
    PRIMARY KEY (person, topic, partition, place)
) WITHOUT ROWID;
CREATE TABLE lost (
    person INT, topic TEXT, partition INT, place INT, appended_at TEXT, sender TEXT, event_id TEXT, residence_id TEXT,
    registered_at TEXT, keeps_equal INT, owner TEXT, owned_since TEXT,
    PRIMARY KEY (person, topic, partition, place, event_id)
) WITHOUT ROWID;
CREATE TABLE joined (person INTEGER PRIMARY KEY);
CREATE TABLE refused (topic TEXT, partition INT, place INT, PRIMARY KEY (topic, partition, place)) WITHOUT ROWID;
CREATE TABLE moved (
    topic TEXT, partition INT, upto INT NOT NULL, at_ms INT NOT NULL, PRIMARY KEY (topic, partition)
) WITHOUT ROWID;
CREATE TABLE foreign_record (
    topic TEXT, partition INT, place INT, at_ms INT NOT NULL, PRIMARY KEY (topic, partition, place)
) WITHOUT ROWID;
CREATE TABLE redriven (
    what TEXT, topic TEXT, partition INT, place INT, PRIMARY KEY (what, topic, partition, place)
) WITHOUT ROWID;
"""
MAKE_STANDING: Final = """
CREATE TEMP TABLE IF NOT EXISTS standing (
    id INTEGER PRIMARY KEY, sender TEXT, message_id TEXT, revision INT, said INT, outcome TEXT, reason TEXT,
    refused INT, task_unit TEXT, given TEXT NOT NULL
);
"""
CLUSTER: Final[LiteralString] = "SELECT said FROM meta WHERE name = 'cluster'"
NOTE_CLUSTER: Final[LiteralString] = "INSERT INTO meta VALUES ('cluster', ?)"
MARK: Final[LiteralString] = "SELECT upto FROM mark WHERE (name, topic, partition) = (?, ?, ?)"


def _files(file: Path) -> tuple[Path, ...]:
    return tuple(file.with_name(file.name + suffix) for suffix in ("", "-wal", "-shm"))


def _keep_from_others(file: Path) -> None:
    """It names people's pseudonyms and where they live: a new file is the auditor's alone, an old one nobody else's.

    SQLite gives the files beside it the same mode. A group that was let in on purpose stays.
    """
    with suppress(OSError):  # whoever opens it says what is wrong with it
        os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    for each in _files(file):
        with suppress(FileNotFoundError, PermissionError):
            each.chmod(each.stat().st_mode & 0o770)


class AuditIndex:
    """The file. Not for several threads; several processes may share it."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._open()

    def _open(self) -> None:
        if self._file is not None:
            _keep_from_others(self._file)
        # An empty name is a temporary file that SQLite keeps on disk when it grows.
        self._connection = sqlite3.connect(
            "" if self._file is None else self._file, timeout=_WAIT_SECONDS, isolation_level=None
        )

    def begin(self, cluster: str) -> None:
        """Go on with what was noted of this cluster, or begin again."""
        try:
            self._prepare(cluster)
        except sqlite3.OperationalError:
            raise  # the file may be sound: somebody else holds it, or the disk is full
        except sqlite3.DatabaseError:
            self.forget()
            self._prepare(cluster)

    def _prepare(self, cluster: str) -> None:
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        version = self.value("PRAGMA user_version")
        if version not in (0, _VERSION) or (version == _VERSION and self.value(CLUSTER) != cluster):
            self.forget()
            self._prepare(cluster)
            return
        if version == 0:
            with self.writing():
                if self.value("PRAGMA user_version") == 0:
                    for statement in SCHEMA.split(";"):
                        self._connection.execute(statement)
                    self._connection.execute(NOTE_CLUSTER, (cluster,))
                    self._connection.execute(f"PRAGMA user_version = {_VERSION}")
        self._connection.executescript(MAKE_STANDING)

    def forget(self) -> None:
        """Throw everything away."""
        self._connection.close()
        if self._file is not None:
            for file in _files(self._file):
                file.unlink(missing_ok=True)
        self._open()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """All of it or nothing; one process at a time."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def run(self, sql: str, parameters: Sequence[Any] = ()) -> None:
        """One statement."""
        self._connection.execute(sql, parameters)

    def change(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        """One statement; returns how many rows it has changed."""
        return self._connection.execute(sql, parameters).rowcount

    def many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """One statement for each row."""
        self._connection.executemany(sql, rows)

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        """The rows of a query, as they are asked for."""
        return self._connection.execute(sql, parameters)

    def value(self, sql: str, parameters: Sequence[Any] = ()) -> Any:
        """The first field of the first row; None where there is none."""
        row = self._connection.execute(sql, parameters).fetchone()
        return None if row is None else row[0]

    def mark(self, name: str, topic: str, partition: int) -> int | None:
        """How far something has come in a partition."""
        found: int | None = self.value(MARK, (name, topic, partition))
        return found

    def set_mark(self, name: str, topic: str, partition: int, upto: int) -> None:
        """Note how far."""
        self.run("INSERT OR REPLACE INTO mark VALUES (?, ?, ?, ?)", (name, topic, partition, upto))

    def set_fault(self, topic: str, partition: int, first: int, last: int, what: str) -> None:
        """Note what is wrong with the log itself. It stays until the index is thrown away."""
        self.run("INSERT OR IGNORE INTO fault VALUES (?, ?, ?, ?, ?)", (topic, partition, first, last, what))
