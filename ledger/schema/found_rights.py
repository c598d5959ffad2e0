"""What stands in PostgreSQL's catalogue about our roles, and how it differs from `ledger.schema.rights`.

Everybody may read the catalogue, so any of our users can tell.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, LiteralString

from config.database_roles import BECOMES, EVERY_ROLE, MIGRATE, NO_LOG_IN, OWNER, DatabaseRole
from ledger.schema.owners import BY_TABLE, VIEWS
from ledger.schema.rights import SILENT, Privilege, every_privilege

AskCatalogue = Callable[[LiteralString, Sequence[object]], list[tuple[Any, ...]]]
"""Runs a statement; its rows."""
EVERYBODY: Final = "PUBLIC"
_GRANTEES: Final = [EVERYBODY, MIGRATE, *DatabaseRole]
_TOO_MUCH: Final = ("superuser", "createrole", "createdb", "replication", "bypassrls")

ROLES: Final[LiteralString] = """
SELECT rolname, rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls, rolcanlogin, rolconfig
FROM pg_roles WHERE rolname = ANY(%s)
"""
MEMBERS: Final[LiteralString] = """
SELECT m.rolname, r.rolname, g.set_option FROM pg_auth_members g
JOIN pg_roles r ON r.oid = g.roleid JOIN pg_roles m ON m.oid = g.member WHERE m.rolname = ANY(%s)
"""
OWNERS: Final[LiteralString] = """
SELECT m.rolname FROM pg_auth_members g JOIN pg_roles r ON r.oid = g.roleid JOIN pg_roles m ON m.oid = g.member
WHERE r.rolname = %s AND m.rolname <> ALL(%s) ORDER BY m.rolname
"""
OWNED_BY: Final[LiteralString] = """
SELECT c.relname, pg_get_userbyid(c.relowner) FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'v') AND c.relname = ANY(%s)
"""
GRANTED: Final[LiteralString] = """
SELECT coalesce(r.rolname, 'PUBLIC'), g.relname, option || g.privilege_type, g.attname FROM (
    SELECT a.grantee, c.relname, a.privilege_type, a.is_grantable, '' AS attname, c.relowner
    FROM pg_class c CROSS JOIN aclexplode(c.relacl) a WHERE c.relnamespace = 'public'::regnamespace
    UNION ALL
    SELECT a.grantee, c.relname, a.privilege_type, a.is_grantable, t.attname, c.relowner
    FROM pg_class c JOIN pg_attribute t ON t.attrelid = c.oid CROSS JOIN aclexplode(t.attacl) a
    WHERE c.relnamespace = 'public'::regnamespace
) g LEFT JOIN pg_roles r ON r.oid = g.grantee
CROSS JOIN LATERAL unnest(CASE WHEN g.is_grantable THEN ARRAY['', 'GRANT OPTION FOR '] ELSE ARRAY[''] END) AS option
WHERE g.grantee <> g.relowner AND coalesce(r.rolname, 'PUBLIC') = ANY(%s)
"""
PLACES: Final[LiteralString] = """
SELECT r.rolname, has_schema_privilege(r.oid, 'public', 'USAGE'), has_schema_privilege(r.oid, 'public', 'CREATE'),
       has_database_privilege(r.oid, current_database(), 'CREATE')
FROM pg_roles r WHERE r.rolname = ANY(%s)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundRole:
    """A role as it is."""

    can: frozenset[str]
    """What it may beside its rights: superuser, createrole, …, log in."""
    told: frozenset[str]
    """Its own settings, as `name=value`."""
    member_of: Mapping[str, bool]
    """Roles that it belongs to; whether it may become each."""
    uses_schema: bool
    makes_tables: bool
    makes_schemas: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundRights:
    """Everything that is there."""

    roles: Mapping[str, FoundRole]
    strange_owners: Sequence[str]
    """Users that are none of ours and may become the owner: that of a release before, until it is gone."""
    owners: Mapping[str, str]
    """Of the tables and views that are there."""
    granted: frozenset[Privilege]


@dataclass(frozen=True, slots=True)
class RightsDifference:
    """Something that is missing or too much."""

    sentence: str
    by_dba: bool
    """Whether the owner of the tables cannot mend it."""
    role: str = ""
    is_missing: bool = False


def read_rights(rows: AskCatalogue) -> FoundRights:
    """What there is; `rows` asks PostgreSQL."""
    members: dict[str, dict[str, bool]] = defaultdict(dict)
    for member, role, may_become in rows(MEMBERS, ([*EVERY_ROLE],)):
        members[member][role] = members[member].get(role, False) or may_become
    places = {role: may for role, *may in rows(PLACES, ([*EVERY_ROLE],))}
    return FoundRights(
        roles={
            name: FoundRole(
                can=frozenset(word for word, has in zip((*_TOO_MUCH, "log in"), can, strict=True) if has),
                told=frozenset(told or ()),
                member_of=members[name],
                uses_schema=places[name][0],
                makes_tables=places[name][1],
                makes_schemas=places[name][2],
            )
            for name, *can, told in rows(ROLES, ([*EVERY_ROLE],))
        },
        strange_owners=[user for (user,) in rows(OWNERS, (OWNER, [*EVERY_ROLE]))],
        owners=dict(rows(OWNED_BY, ([*BY_TABLE, *VIEWS],))),
        granted=frozenset(Privilege(*row) for row in rows(GRANTED, (_GRANTEES,))),
    )


def lacking(found: FoundRights) -> frozenset[Privilege]:
    """What is to be granted."""
    return every_privilege() - found.granted


def excess(found: FoundRights) -> frozenset[Privilege]:
    """What is to be revoked."""
    return found.granted - every_privilege()


def differences(found: FoundRights) -> list[RightsDifference]:
    """What is missing, and what is too much."""
    return [
        *(one for role in EVERY_ROLE for one in _of_role(role, found.roles.get(role))),
        *(
            RightsDifference(f"{user} belongs to {OWNER}, and is no role of the service.", by_dba=True)
            for user in found.strange_owners
        ),
        *(
            RightsDifference(f"{table} belongs to {owner}, not to {OWNER}.", by_dba=True)
            for table, owner in sorted(found.owners.items())
            if owner != OWNER
        ),
        *(
            RightsDifference(f"{one[0]} lacks {_named(one, columns)}.", False, one[0], is_missing=True)
            for one, columns in grouped(lacking(found)).items()
        ),
        *(
            RightsDifference(f"{one[0]} has {_named(one, columns)}, and needs it not.", False, one[0])
            for one, columns in grouped(excess(found)).items()
        ),
    ]


def _of_role(name: str, found: FoundRole | None) -> Iterable[RightsDifference]:
    if found is None:
        yield RightsDifference(f"There is no role {name}.", True, name, is_missing=True)
        return
    for word in sorted(found.can - {"log in"}):
        yield RightsDifference(f"{name} is {word}, and needs it not.", True, name)
    if name in NO_LOG_IN and "log in" in found.can:
        yield RightsDifference(f"{name} may log in, and needs it not.", True, name)
    becomes = BECOMES.get(name)
    for role in sorted(set(found.member_of) - {becomes}):
        yield RightsDifference(f"{name} belongs to {role}, and needs it not.", True, name)
    if becomes is not None and not found.member_of.get(becomes):
        yield RightsDifference(f"{name} may not become {becomes}.", True, name, is_missing=True)
    if not found.uses_schema and name != MIGRATE:
        yield RightsDifference(f"{name} lacks USAGE of the schema public.", True, name, is_missing=True)
    if found.makes_tables != (name == OWNER):
        wrong = "lacks" if name == OWNER else "has"
        yield RightsDifference(f"{name} {wrong} CREATE on the schema public.", True, name)
    if found.makes_schemas != (name == DatabaseRole.REBUILD):
        wrong = "lacks" if name == DatabaseRole.REBUILD else "has"
        yield RightsDifference(f"{name} {wrong} CREATE on the database.", True, name)
    for setting in sorted({f"{key}={value}" for key, value in SILENT.items()} - found.told):
        yield RightsDifference(f"{name} lacks the setting {setting}.", True, name)


def grouped(rights: Iterable[Privilege]) -> dict[tuple[str, str, str], list[str]]:
    """Columns by role, table and privilege; no column means the whole table."""
    found: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for one in sorted(rights):
        found[one.role, one.table, one.name] += [one.column] if one.column else []
    return found


def _named(right: tuple[str, str, str], columns: Sequence[str]) -> str:
    _, table, name = right
    of = f" ({', '.join(columns)})" if columns else ""
    return f"{name} of {table}{of}"


def missing_of(role: DatabaseRole, found: FoundRights) -> list[RightsDifference]:
    """What a process of that role cannot do without, and has not."""
    return [one for one in differences(found) if one.role == role and one.is_missing]
