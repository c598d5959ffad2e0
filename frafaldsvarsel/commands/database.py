"""A command's connection to the ledger, and the sentence for a server that does not answer."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import typer

from config.sections.servers import DatabaseAddress
from frafaldsvarsel.commands.terminal import fail
from infra.postgres import SyncConnection


@contextmanager
def database(address: DatabaseAddress, *, unreachable: int = 1) -> Iterator[SyncConnection]:
    """A connection in autocommit; ends with `unreachable` where PostgreSQL does not answer."""
    try:
        with psycopg.connect(address.url.get_secret_value(), autocommit=True) as connection:
            yield connection
    except psycopg.OperationalError:
        fail("PostgreSQL does not answer.")
        raise typer.Exit(unreachable) from None
