"""The tables of the trail: what is not chained yet, the links, and how both are read again."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Final, LiteralString

from psycopg.rows import dict_row

from infra.postgres import SyncConnection
from models.audit_kind import AuditKind
from ops.trail.chain import GENESIS, TrailRow, leaf_of, root_after
from ops.trail.verify import ChainLink, TrailFault, TrailFinding

CHANNEL: Final = "trail"
"""Who waits for a link says so there, and the keeper hurries."""
_AT_ONCE: Final = 5_000
_EMPTYING: Final = frozenset({AuditKind.PERSON_ERASED, AuditKind.TRAIL_EMPTIED})
_KEEPER: Final = 0x7472_6169_6C  # "trail"

COLUMNS: Final[LiteralString] = (
    "a.id, a.at, a.kind, a.task_id, a.sender, a.message_id, a.detail, a.salt, a.erased_by"
)
TAKE_KEEPING: Final[LiteralString] = "SELECT pg_try_advisory_lock(%s)"
LAST: Final[LiteralString] = "SELECT n, root FROM trail ORDER BY n DESC LIMIT 1"
ROOT_AT: Final[LiteralString] = "SELECT root FROM trail WHERE n = %s"
WITHOUT_LINK: Final[LiteralString] = f"""
SELECT {COLUMNS} FROM audit a
WHERE a.at > %(after)s AND NOT EXISTS (SELECT FROM trail t WHERE t.audit_id = a.id)
ORDER BY a.id LIMIT %(limit)s
"""
ADD: Final[LiteralString] = "INSERT INTO trail (n, audit_id, leaf, root) VALUES (%s, %s, %s, %s)"
ONE_MOMENT: Final[LiteralString] = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"
LISTEN: Final[LiteralString] = f"LISTEN {CHANNEL}"
FOLLOWED: Final[LiteralString] = f"""
SELECT t.n, t.audit_id, t.leaf, t.root, {COLUMNS} FROM trail t LEFT JOIN audit a ON a.id = t.audit_id ORDER BY t.n
"""
OVERDUE: Final[LiteralString] = """
SELECT a.id FROM audit a
WHERE a.at < %(before)s AND NOT EXISTS (SELECT FROM trail t WHERE t.audit_id = a.id)
ORDER BY a.id
"""
"""By the time of the row's own transaction: one that is open for long is late, and that is worth a look as well."""
BUSIEST: Final[LiteralString] = f"""
SELECT coalesce(max(looks), 0) FROM (
    SELECT count(DISTINCT at) AS looks FROM audit
    WHERE kind IN ('{AuditKind.OPENED}', '{AuditKind.FOUND_BY_CPR}') AND at > now() - interval '1 hour'
    GROUP BY detail ->> 'by_id') of_one
"""
"""How often the busiest person has opened or looked up people within the last hour; a search is one look, with a line
for each task that it finds."""


def take(connection: SyncConnection) -> bool:
    """Whether this connection is the one that keeps the chain; the next one may when it ends."""
    return bool(connection.execute(TAKE_KEEPING, (_KEEPER,)).fetchall()[0][0])


def chain_end(connection: SyncConnection) -> tuple[int, bytes]:
    """The number of links, and the root over them."""
    row = connection.execute(LAST).fetchone()
    return (0, GENESIS) if row is None else (row[0], bytes(row[1]))


def root_at(connection: SyncConnection, n: int) -> bytes | None:
    """The root after link `n`; None where the chain is shorter."""
    if n == 0:
        return GENESIS
    row = connection.execute(ROOT_AT, (n,)).fetchone()
    return None if row is None else bytes(row[0])


def link(connection: SyncConnection, after: datetime) -> int:
    """Link the rows written since `after` that have no link; returns how many there were.

    A row becomes visible when its transaction ends, which may be after later ones: `after` lies before the
    beginning of any that can still be open. One process at a time: see `take`.
    """
    linked = 0
    while found := _link_some(connection, after):
        linked += found
    return linked


def _link_some(connection: SyncConnection, after: datetime) -> int:
    with connection.transaction(), connection.cursor(row_factory=dict_row) as cursor:
        cursor.execute(WITHOUT_LINK, {"after": after, "limit": _AT_ONCE})
        found = cursor.fetchall()
        if not found:
            return 0
        n, root = chain_end(connection)
        new = []
        for row in found:
            leaf = leaf_of(_row(row))
            n, root = n + 1, root_after(root, leaf)
            new.append((n, row["id"], leaf, root))
        cursor.executemany(ADD, new)
    return len(new)


def links(connection: SyncConnection) -> Iterator[ChainLink]:
    """Every link with its row, by a cursor of the server's: the trail is longer than memory."""
    with connection.cursor(name="trail", row_factory=dict_row) as cursor:
        cursor.itersize = _AT_ONCE
        cursor.execute(FOLLOWED)
        for row in cursor:
            yield _link(row)


def overdue(connection: SyncConnection, before: datetime) -> Iterator[TrailFinding]:
    """Rows older than `before` that have no link."""
    for (audit_id,) in connection.execute(OVERDUE, {"before": before}):
        yield TrailFinding(TrailFault.NOT_CHAINED, audit_id=audit_id)


def busiest(connection: SyncConnection) -> int:
    """See `BUSIEST`."""
    return int(connection.execute(BUSIEST).fetchall()[0][0])


def _link(row: dict[str, Any]) -> ChainLink:
    whole = row["id"] is not None and row["erased_by"] is None and row["salt"] is not None
    return ChainLink(
        n=row["n"],
        audit_id=row["audit_id"],
        leaf=bytes(row["leaf"]),
        root=bytes(row["root"]),
        row=_row(row) if whole else None,
        erased_by=row["erased_by"],
        empties=frozenset(_ids(row["detail"].get("emptied")))
        if whole and row["kind"] in _EMPTYING
        else frozenset(),
    )


def _ids(listed: object) -> Iterable[int]:
    return (one for one in listed if isinstance(one, int)) if isinstance(listed, list) else ()


def _row(row: dict[str, Any]) -> TrailRow:
    return TrailRow(
        id=row["id"],
        at=row["at"],
        kind=row["kind"],
        task_id=row["task_id"],
        sender=row["sender"],
        message_id=row["message_id"],
        detail=row["detail"],
        salt=row["salt"],
    )
