"""What only a superuser may do, as SQL: roles, what PostgreSQL logs of them, who owns what is there already.

Run again it changes nothing. It sets no password, and takes none away: how each role logs in is the DBA's.
"""

from collections.abc import Iterable
from typing import Final, LiteralString

from config.database_roles import EVERY_ROLE, MIGRATE, NO_LOG_IN, OWNER, DatabaseRole
from ledger.schema.found_rights import grouped
from ledger.schema.owners import BY_TABLE, FUNCTIONS, SEQUENCES, VIEWS
from ledger.schema.rights import SILENT, Privilege, every_privilege

_PROCESSES: Final = ", ".join(DatabaseRole)
_TOGETHER: Final = ", ".join(EVERY_ROLE)


def _quoted_list(names: Iterable[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)


SHORT_WAIT: Final = "SET LOCAL lock_timeout = '2s'"
MAKE_ROLE: Final = (
    "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN "
    "CREATE ROLE {role} {log_in}; END IF; END $$"
)
NO_POWERS: Final = "ALTER ROLE {role} NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"
SILENCE: Final = "ALTER ROLE {role} SET {name} = '{value}'"
STAY_OUT: Final = tuple(f"ALTER ROLE {role} NOLOGIN" for role in NO_LOG_IN)
MAY_ACT: Final = f"GRANT {DatabaseRole.ACT} TO {DatabaseRole.INBOX} WITH INHERIT FALSE, SET TRUE"
MAY_BECOME: Final = f"GRANT {OWNER} TO {MIGRATE} WITH INHERIT FALSE, SET TRUE"
ON_DATABASE: Final = f"""
DO $$ BEGIN
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO {_TOGETHER}', current_database());
    EXECUTE format('GRANT CREATE ON DATABASE %I TO {DatabaseRole.REBUILD}', current_database());
    EXECUTE format('REVOKE CREATE, TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
END $$
"""
ON_SCHEMA: Final = (
    "REVOKE ALL ON SCHEMA public FROM PUBLIC",
    f"GRANT USAGE ON SCHEMA public TO {_PROCESSES}",
    f"GRANT USAGE, CREATE ON SCHEMA public TO {OWNER}",
)
TAKE_OVER: Final[str] = f"""
DO $$ DECLARE thing record; BEGIN
    FOR thing IN
        SELECT CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END AS kind,
               c.oid::regclass::text AS name, pg_get_userbyid(c.relowner) AS owner
        FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'v', 'S')
          AND c.relname IN ({_quoted_list((*BY_TABLE, *VIEWS, *SEQUENCES))})
          AND pg_get_userbyid(c.relowner) <> '{OWNER}'
        UNION ALL
        SELECT 'FUNCTION', p.oid::regprocedure::text, pg_get_userbyid(p.proowner) FROM pg_proc p
        WHERE p.pronamespace = 'public'::regnamespace AND p.proname IN ({_quoted_list(FUNCTIONS)})
          AND pg_get_userbyid(p.proowner) <> '{OWNER}'
    LOOP
        IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = thing.owner) THEN
            EXECUTE format('GRANT {OWNER} TO %I WITH INHERIT TRUE', thing.owner);
        END IF;
        EXECUTE format('ALTER %s %s OWNER TO {OWNER}', thing.kind, thing.name);
    END LOOP;
END $$
"""
"""Of a database that one user made and used: its processes go on beside the new ones, for their user belongs to the
owner until somebody takes that back."""
ALLOW_SHARED_LOGINS: Final = """
DO $$ BEGIN
    EXECUTE format('ALTER DATABASE %I SET frafaldsvarsel.shared_logins = on', current_database());
END $$
"""
"""People may name themselves, for a trial. Only a superuser or the database's owner can say so, and no session."""


def _set_up() -> Iterable[str]:
    yield SHORT_WAIT
    for role in EVERY_ROLE:
        yield MAKE_ROLE.format(role=role, log_in="NOLOGIN" if role in NO_LOG_IN else "LOGIN")
        yield NO_POWERS.format(role=role)
        for name, value in SILENT.items():
            yield SILENCE.format(role=role, name=name, value=value)
    yield from (*STAY_OUT, MAY_BECOME, MAY_ACT, ON_DATABASE, *ON_SCHEMA, TAKE_OVER)


SET_UP: Final[LiteralString] = ";\n".join(one.strip() for one in _set_up()) + ";\n"
"""In one transaction. Nothing in it comes from outside."""


def grants(rights: Iterable[Privilege]) -> list[str]:
    """Statements that give them."""
    return [_one("GRANT", "TO", *one, columns) for one, columns in grouped(rights).items()]


def revokes(rights: Iterable[Privilege]) -> list[str]:
    """Statements that take them away, and from whom they were handed on to. That of a whole table takes the columns'
    with it: grant afterwards."""
    return [_one("REVOKE", "FROM", *one, columns) + " CASCADE" for one, columns in grouped(rights).items()]


def _one(verb: str, to: str, role: str, table: str, name: str, columns: list[str]) -> str:
    of = f" ({', '.join(map(_quoted, columns))})" if columns else ""
    return f"{verb} {name}{of} ON {_quoted(table)} {to} {role}"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def script() -> str:
    """The whole of it, to be read, or to be run by a DBA."""
    return "\n".join(
        [
            "-- 1. By a superuser, in the service's database: before the first `frafaldsvarsel migrate`, and again",
            "-- whenever `frafaldsvarsel migrate --check` says that something of it is missing. Then give each role",
            "-- its way to log in: a password (\\password), a certificate, …",
            "BEGIN;",
            SET_UP + "COMMIT;",
            "",
            "-- 2. By `frafaldsvarsel migrate`, after the migrations; here to be read.",
            f"SET ROLE {OWNER};",
            *(f"{statement};" for statement in grants(every_privilege())),
            "RESET ROLE;",
            "",
        ]
    )
