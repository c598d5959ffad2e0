"""Makes the policies of `row_policies` stand, and no other; run as the owner. And says what differs, for anybody."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, LiteralString

import psycopg

from config.database_roles import DatabaseRole
from infra.postgres import SyncConnection
from ledger.schema.found_rights import AskCatalogue, RightsDifference
from ledger.schema.row_policies import FUNCTION_RIGHTS, OF_NOBODY, POLICIES, policies

STANDING: Final[LiteralString] = """
SELECT c.relname, p.polname, coalesce(obj_description(p.oid, 'pg_policy'), ''), md5(concat_ws('|',
    p.polcmd, p.polpermissive, pg_get_expr(p.polqual, c.oid), pg_get_expr(p.polwithcheck, c.oid),
    (SELECT string_agg(r.rolname, ',' ORDER BY r.rolname) FROM pg_roles r WHERE r.oid = ANY(p.polroles))))
FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid WHERE c.relnamespace = 'public'::regnamespace
"""
FORCED: Final[LiteralString] = """
SELECT relname, relrowsecurity AND relforcerowsecurity FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
"""
CALLABLE: Final[LiteralString] = """
SELECT f, r.rolname FROM unnest(%s::text[]) f JOIN pg_proc p ON p.oid = to_regprocedure(f)
CROSS JOIN aclexplode(p.proacl) a JOIN pg_roles r ON r.oid = a.grantee
WHERE r.rolname = ANY(%s) AND a.privilege_type = 'EXECUTE'
"""
SHORT_WAIT: Final[LiteralString] = "SET LOCAL lock_timeout = '2s'"
DROP: Final = 'DROP POLICY "{}" ON "{}"'
FORCE: Final = "ALTER TABLE {} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY"
_AGAIN_SECONDS: Final = 1.0
_NOT_APART: Final = (
    "Rows are not kept apart by unit: no key of visits was handed to the database "
    "(docs/operations.md, Rows by unit)."
)


@dataclass(frozen=True, slots=True)
class FoundPolicies:
    """What stands in the catalogue."""

    marks: dict[tuple[str, str], bool]
    """By table and policy: whether it was made by the statement that its comment tells, and is unchanged since."""
    forced: dict[str, bool]
    """By table: whether row-level security is on, and forced."""
    callable: frozenset[tuple[str, str]]
    """Functions with the roles that may call them."""


def read_policies(rows: AskCatalogue) -> FoundPolicies:
    """What there is; `rows` asks PostgreSQL."""
    wanted = policies()
    return FoundPolicies(
        marks={
            (table, name): said == _mark(wanted.get((table, name), ""), form)
            for table, name, said, form in rows(STANDING, ())
        },
        forced=dict(rows(FORCED, ())),
        callable=frozenset(rows(CALLABLE, ([*FUNCTION_RIGHTS], [*DatabaseRole]))),
    )


def policy_differences(found: FoundPolicies) -> list[RightsDifference]:
    """What keeps rows of one unit apart from another's, and is not so. None of it needs a DBA."""
    apart = bool(found.marks) or any(found.forced.values())
    sentences = [*_calls_said(found), *(_policies_said(found) if apart else [_NOT_APART])]
    return [RightsDifference(sentence, by_dba=False, is_missing=True) for sentence in sorted(sentences)]


def _policies_said(found: FoundPolicies) -> Iterable[str]:
    for table, forced in found.forced.items():
        if table in POLICIES and not forced:
            yield f"Row-level security of {table} is off, or not forced."
        if table not in POLICIES and table not in OF_NOBODY:
            yield f"{table} has no policy, and nobody has said that it tells of no person and no unit."
    for table, name in policies():
        if not found.marks.get((table, name)):
            yield f"The policy {name} of {table} is missing or changed."
    for table, name in found.marks.keys() - policies().keys():
        yield f"{table} has a policy {name}, and needs it not."


def _calls_said(found: FoundPolicies) -> Iterable[str]:
    for function, role in _calls() - found.callable:
        yield f"{role} may not call {function}."
    for function, role in found.callable - _calls():
        yield f"{role} may call {function}, and needs it not."


def apply_calls(connection: SyncConnection, rows: AskCatalogue) -> list[str]:
    """Who may call which function. The inbox tells of its visits before rows are kept apart."""
    found = read_policies(rows).callable
    done = [f"GRANT EXECUTE ON FUNCTION {function} TO {role}" for function, role in sorted(_calls() - found)]
    done += [
        f"REVOKE EXECUTE ON FUNCTION {function} FROM {role}" for function, role in sorted(found - _calls())
    ]
    for statement in done:
        connection.execute(statement.encode())
    return done


def apply_policies(
    connection: SyncConnection, rows: AskCatalogue, *, sleep: Callable[[float], None] = time.sleep
) -> list[str]:
    """Returns the statements that were run; each table in a transaction, after waiting for whoever holds it."""
    done: list[str] = []
    for table in sorted({*POLICIES, *(table for table, _ in read_policies(rows).marks)}):
        while (statements := _of_table(connection, rows, table)) is None:
            sleep(_AGAIN_SECONDS)
        done += statements
    return done


def _of_table(connection: SyncConnection, rows: AskCatalogue, table: str) -> list[str] | None:
    """None where somebody holds the table."""
    found = read_policies(rows)
    made = {
        place: statement
        for place, statement in policies().items()
        if place[0] == table and not found.marks.get(place)
    }
    done = [DROP.format(name, one) for (one, name), good in found.marks.items() if one == table and not good]
    done += made.values()
    if table in POLICIES and not found.forced.get(table):
        done.append(FORCE.format(table))
    try:
        with connection.transaction():
            connection.execute(SHORT_WAIT)
            for statement in done:
                connection.execute(statement.encode())
            for one, name, _, form in rows(STANDING, ()):
                if (one, name) in made:
                    mark = _mark(made[one, name], form)
                    connection.execute(f"COMMENT ON POLICY {name} ON {one} IS '{mark}'".encode())
    except psycopg.errors.LockNotAvailable:
        return None
    return done


def _calls() -> frozenset[tuple[str, str]]:
    return frozenset((function, str(role)) for function, roles in FUNCTION_RIGHTS.items() for role in roles)


def _mark(statement: str, form: str) -> str:
    """Kept as the policy's comment, since PostgreSQL gives a condition back in other words than it was told:
    the statement, and what PostgreSQL made of it, so that a policy that was altered is found."""
    return f"{sha256(statement.encode()).hexdigest()} {form}"
