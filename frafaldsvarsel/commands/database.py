"""A command's connection to the ledger, who acts over it, and the sentence for a server that does not answer."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import typer

from config.sections.servers import DatabaseAddress
from frafaldsvarsel.commands.context import account
from frafaldsvarsel.commands.terminal import fail
from infra.postgres import SyncConnection
from ledger.store.personal_login import who_is_logged_in
from models.operator import Operator


@contextmanager
def database(address: DatabaseAddress, *, unreachable: int = 1) -> Iterator[SyncConnection]:
    """A connection in autocommit; ends with `unreachable` where PostgreSQL does not answer."""
    try:
        with psycopg.connect(address.url.get_secret_value(), autocommit=True) as connection:
            yield connection
    except psycopg.OperationalError:
        fail("PostgreSQL does not answer.")
        raise typer.Exit(unreachable) from None


def said(because: str | None) -> None:
    """A reason that is given says something."""
    if because is not None and not because.strip():
        raise typer.BadParameter("say why", param_hint="--because")


def operator(connection: SyncConnection, by: str | None, because: str | None) -> Operator:
    """Who decides, and why: who is logged in to the database; ends with 1 where that is nobody in person.

    `by` counts only where the database lets people name themselves.
    """
    said(because)
    try:
        login = who_is_logged_in(connection)
    except psycopg.errors.UndefinedFunction:
        fail("The database's schema is older than this command: run frafaldsvarsel migrate first.")
        raise typer.Exit(1) from None
    if login.person is not None:
        if by not in (None, login.person):
            fail(f"You are {login.person}: that is who has logged in to the database. Leave --as out.")
            raise typer.Exit(1)
        return Operator(login.person, because)
    if not login.shared_allowed:
        fail(
            f"{login.role} is a log-in that several share, so nobody could say who did this. "
            "Log in to the database as yourself: docs/operations.md, Personal log-ins."
        )
        raise typer.Exit(1)
    return Operator(by or account(), because)
