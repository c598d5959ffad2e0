"""Brings a database to this version: roles where a superuser asks, the schema as its owner, and each role's rights."""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, LiteralString

import psycopg

from config.database_roles import OWNER, DatabaseRole
from crypto.visit_token import VisitKey
from infra.postgres import SyncConnection
from infra.postgres_timeouts import CONNECT_SECONDS
from ledger.schema.apply_policies import apply_calls, apply_policies, policy_differences, read_policies
from ledger.schema.dba_script import ALLOW_SHARED_LOGINS, SET_UP, grants, revokes
from ledger.schema.found_rights import (
    RightsDifference,
    differences,
    excess,
    lacking,
    missing_of,
    read_rights,
)
from ledger.schema.migrate import APPLIED, MIGRATIONS, TAKE_LOCK, migrate
from ledger.schema.visit_keys import has_keys, keep_keys

BECOME_OWNER: Final[LiteralString] = f"SET ROLE {OWNER}"
MAY_BECOME: Final[LiteralString] = """
SELECT r.rolsuper, o.oid IS NOT NULL AND pg_has_role(current_user, o.oid, 'SET') FROM pg_roles r
LEFT JOIN pg_roles o ON o.rolname = %s WHERE r.rolname = current_user
"""
_AGAIN_SECONDS: Final = 1.0
_LOCK: Final = 0x46_52_52_54
"""Two at once would grant the same."""


class NotSetUp(RuntimeError):
    """A DBA must do something first; the message is a sentence for whoever asked."""


@dataclass(slots=True)
class BroughtUp:
    """What was done."""

    migrations: Sequence[str] = ()
    granted: Sequence[str] = ()
    """Statements."""
    revoked: Sequence[str] = ()
    limited: Sequence[str] = ()
    """Statements that limit which rows are seen."""
    newer: Sequence[str] = ()
    """Migrations of a later version. Its rights are not ours to judge, so none was touched."""
    left: Sequence[RightsDifference] = field(default_factory=list)
    """What only a DBA can mend."""


def bring_up(
    url: str,
    *,
    visit_keys: Iterable[VisitKey] = (),
    sleep: Callable[[float], None] = time.sleep,
    shared_logins: bool = False,
) -> BroughtUp:
    """Set up where `url` is a superuser's, migrate as the owner, grant and revoke; raises `NotSetUp`.

    `visit_keys`: those under which the inbox proves whom it serves; none: those that the database has. Once it has one,
    it shows the inbox the rows of a visit alone, so an inbox that tells of none must be gone by then.
    `shared_logins`: for a trial, let people name themselves; a superuser alone can say so.
    """
    done = BroughtUp()
    with psycopg.connect(url, autocommit=True, connect_timeout=CONNECT_SECONDS) as connection:
        connection.execute(TAKE_LOCK, (_LOCK,))
        ((superuser, may_become),) = _rows(connection)(MAY_BECOME, (OWNER,))
        if superuser:
            while not _set_up(connection):
                sleep(_AGAIN_SECONDS)
        elif not may_become:
            raise NotSetUp(
                f"This user may not become {OWNER}. A DBA runs what `frafaldsvarsel migrate --print` prints, once."
            )
        else:
            _must_own(connection)
        if shared_logins:
            connection.execute(ALLOW_SHARED_LOGINS)
        done.migrations = asyncio.run(migrate(url, role=OWNER))
        connection.execute(BECOME_OWNER)
        done.newer = newer(connection)
        if not done.newer:
            with connection.transaction():
                done.revoked = revokes(excess(read_rights(_rows(connection))))
                for statement in done.revoked:
                    connection.execute(statement)
                rights = read_rights(_rows(connection))
                done.granted = grants(one for one in lacking(rights) if one.role in rights.roles)
                for statement in done.granted:
                    connection.execute(statement)
            keep_keys(connection, visit_keys)
            done.granted = [*done.granted, *apply_calls(connection, _rows(connection))]
            if has_keys(connection):
                done.limited = apply_policies(connection, _rows(connection), sleep=sleep)
        done.left = differences(read_rights(_rows(connection)))
    return done


def check(connection: SyncConnection) -> list[RightsDifference]:
    """What is missing or too much; nothing is changed. Who may become the owner looks as the owner."""
    rows = _rows(connection)
    ((_, may_become),) = rows(MAY_BECOME, (OWNER,))
    if may_become:
        connection.execute(BECOME_OWNER)
    missing = pending(connection)
    found = differences(read_rights(rows))
    if not missing:
        found += policy_differences(read_policies(rows))
    if missing:
        found.insert(0, RightsDifference(f"To be applied: {', '.join(missing)}.", by_dba=False))
    return found


def not_ready(connection: SyncConnection, role: DatabaseRole) -> str | None:
    """A sentence where the schema lacks what this version knows, or where the user is `role` and lacks a right."""
    try:
        missing = pending(connection)
    except psycopg.errors.InsufficientPrivilege:
        return "This user of the database may not read which migrations were applied."
    if missing:
        return f"Not applied to the database: {', '.join(missing)}."
    if connection.info.user != role:
        return None
    lacks = missing_of(role, read_rights(_rows(connection)))
    return lacks[0].sentence if lacks else None


def pending(connection: SyncConnection) -> list[str]:
    """Migrations that this version has and the database has not."""
    applied = _applied(connection)
    return [name for name in _known() if name not in applied]


def newer(connection: SyncConnection) -> list[str]:
    """Migrations that the database has and this version does not know."""
    return sorted(_applied(connection) - set(_known()))


def _known() -> list[str]:
    return sorted(path.name for path in MIGRATIONS.glob("*.sql"))


def _applied(connection: SyncConnection) -> set[str]:
    try:
        return {name for (name,) in _rows(connection)(APPLIED, ())}
    except psycopg.errors.UndefinedTable:
        return set()


def _set_up(connection: SyncConnection) -> bool:
    """False where somebody holds a table that is to be handed over."""
    try:
        with connection.transaction():
            connection.execute(SET_UP)
    except psycopg.errors.LockNotAvailable:
        return False
    return True


def _must_own(connection: SyncConnection) -> None:
    found = read_rights(_rows(connection))
    others = [table for table, owner in sorted(found.owners.items()) if owner != OWNER]
    if others:
        raise NotSetUp(
            f"{others[0]} belongs to {found.owners[others[0]]}. A DBA runs what `frafaldsvarsel migrate --print` "
            "prints, once."
        )


def _rows(connection: SyncConnection) -> Callable[[LiteralString, Sequence[object]], list[tuple[Any, ...]]]:
    return lambda statement, values: connection.execute(statement, values).fetchall()
