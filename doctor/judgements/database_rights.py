"""What it means that a process can do more in PostgreSQL than it needs, or less. Pure."""

from collections.abc import Iterable

from doctor.diagnosis import Diagnosis, HealthCheck, fault, fine, warning
from doctor.readers.database_rights import DatabaseRights
from doctor.words import some
from ledger.store.personal_login import DatabaseLogin

_MIGRATE = "`frafaldsvarsel migrate`; what it leaves, a DBA: `frafaldsvarsel migrate --print`."


def database_rights(seen: DatabaseRights) -> Iterable[Diagnosis]:
    """Users first, then what is missing, then what is too much."""
    found = [*_users(seen), *_rights(seen)]
    yield from found or [
        fine(HealthCheck.DATABASE_RIGHTS, "Each role of the database has what it needs, and no more.")
    ]


def _users(seen: DatabaseRights) -> Iterable[Diagnosis]:
    if seen.is_superuser or seen.may_own:
        kind = "a superuser" if seen.is_superuser else "the owner of the tables"
        yield fault(
            HealthCheck.DATABASE_RIGHTS,
            f"These settings come to PostgreSQL as {kind}: nothing limits what this process can do there.",
            "Let DATABASE_URL name the process's own role.",
        )
    if seen.strangers:
        said = some([f"{name} as {user}" for name, user in seen.strangers])
        yield warning(
            HealthCheck.DATABASE_RIGHTS,
            f"Connected as another user than their role: {said}.",
            "Let each process's DATABASE_URL name its own role.",
        )


def _rights(seen: DatabaseRights) -> Iterable[Diagnosis]:
    missing = [one.sentence for one in seen.differences if one.is_missing]
    too_much = [one.sentence for one in seen.differences if not one.is_missing]
    if missing:
        yield fault(HealthCheck.DATABASE_RIGHTS, " ".join(_first(missing)), _MIGRATE)
    if too_much:
        yield warning(HealthCheck.DATABASE_RIGHTS, " ".join(_first(too_much)), _MIGRATE)


def _first(sentences: list[str], most: int = 3) -> list[str]:
    more = len(sentences) - most
    return sentences[:most] + ([f"And {more} more."] if more > 0 else [])


def operators(login: DatabaseLogin) -> Diagnosis:
    """Of whoever runs this look: their commands come to the database in the same way."""
    if login.shared_allowed:
        return warning(
            HealthCheck.OPERATORS,
            "This database lets people name themselves (--as): who did what, and who approved it, is not proved.",
            "For a trial alone. Else: ALTER DATABASE … RESET frafaldsvarsel.shared_logins; personal log-ins.",
        )
    if login.person is None:
        return warning(
            HealthCheck.OPERATORS,
            f"You come to PostgreSQL as {login.role}, which several share: commands that decide something refuse.",
            "Make personal log-ins: docs/operations.md, Personal log-ins.",
        )
    return fine(HealthCheck.OPERATORS, "You come to PostgreSQL in person.")
