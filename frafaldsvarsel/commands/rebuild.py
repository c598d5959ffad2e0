"""`rebuild`: what follows from Kafka is made once more and held against what stands; exit code 1 when it differs."""

import asyncio
from typing import TYPE_CHECKING, Annotated

import psycopg
import typer
from aiokafka.errors import KafkaError

from config.command_environments import RebuildEnvironment, RebuildPeopleEnvironment
from config.reference.law import law_of
from frafaldsvarsel.commands.context import settings
from frafaldsvarsel.commands.database import database, operator
from frafaldsvarsel.commands.terminal import By, DataDir, JsonObjectFlag, emit, fail, note
from frafaldsvarsel.wiring.common import read_reference, stream_mac

if TYPE_CHECKING:
    from ledger.rebuild.rebuild import Rebuilt

commands = typer.Typer(
    help="Make what follows from Kafka once more, and hold it against what stands.", no_args_is_help=True
)
EX_UNREACHABLE = 2


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(commands, name="rebuild")


@commands.command("ledger")
def ledger(
    apply: Annotated[
        bool,
        typer.Option("--apply", help="Put the rebuilt content in its place. Stop the ledger first."),
    ] = False,
    by: By = None,
    data: DataDir = None,
    as_json: JsonObjectFlag = False,
) -> None:
    """Project Kafka's topics once more, up to where the ledger is, and compare table by table.

    The ledger may run while it is only compared. With --apply nothing is replaced when the ledger moves meanwhile.
    """
    from frafaldsvarsel.commands.show_rebuild import ledger_answer, show_ledger
    from ledger.rebuild.rebuild import CannotRebuild

    known, who = settings(RebuildEnvironment, data), ""
    if apply:
        with database(known.database, unreachable=EX_UNREACHABLE) as connection:
            who = operator(connection, by, None).by
    try:
        result = asyncio.run(_ledger(known, apply=apply, by=who))
    except CannotRebuild as error:
        fail(str(error))
        raise typer.Exit(EX_UNREACHABLE) from None
    except psycopg.Error as error:
        if isinstance(error, psycopg.OperationalError) and error.sqlstate is None:
            fail("PostgreSQL does not answer.")
            raise typer.Exit(EX_UNREACHABLE) from None
        fail(f"PostgreSQL does not go along: {type(error).__name__} {error.sqlstate or ''}".rstrip() + ".")
        raise typer.Exit(EX_UNREACHABLE) from None
    except (KafkaError, TimeoutError) as error:
        fail(f"Kafka does not answer: {type(error).__name__}.")
        raise typer.Exit(EX_UNREACHABLE) from None
    if as_json:
        emit(ledger_answer(result, applied=apply and bool(result.differing)))
    else:
        show_ledger(result, applied=apply and bool(result.differing))
    if result.differing and not apply:
        raise typer.Exit(1)


async def _ledger(known: RebuildEnvironment, *, apply: bool, by: str) -> "Rebuilt":
    from frafaldsvarsel.wiring.ledger import policy
    from ledger.rebuild.rebuild import rebuilding
    from ledger.rebuild.replace import replace

    url = known.database.url.get_secret_value()
    set_by_units = policy(read_reference(known.reference))
    mac = stream_mac(known.stream)
    async with rebuilding(
        known.kafka, url, set_by_units, lambda what: note(f"[dim]{what}[/]"), mac
    ) as result:
        if apply and result.differing:
            await replace(url, result, by)
        return result


@commands.command("people")
def people(
    apply: Annotated[
        bool, typer.Option("--apply", help="Write the records that differ. Surest while no worker runs.")
    ] = False,
    data: DataDir = None,
    as_json: JsonObjectFlag = False,
) -> None:
    """Make every person's record once more from `person-events`, and compare it with `people`.

    Beside a running worker --apply does no harm, but a worker that writes the same person meanwhile wins: its record
    has the higher applied offset. Then run it again.
    """
    from frafaldsvarsel.commands.show_rebuild import people_answer, show_people
    from streams.rebuild_person_store import rebuild_person_store

    known = settings(RebuildPeopleEnvironment, data)
    law = law_of(read_reference(known.reference))
    try:
        result = asyncio.run(
            rebuild_person_store(
                known.kafka,
                law,
                write=apply,
                say=lambda what: note(f"[dim]{what}[/]"),
                mac=stream_mac(known.stream),
            )
        )
    except (KafkaError, TimeoutError) as error:
        fail(f"Kafka does not answer: {type(error).__name__}.")
        raise typer.Exit(EX_UNREACHABLE) from None
    if as_json:
        emit(people_answer(result))
    else:
        show_people(result)
    if result.removed or (len(result.findings) > result.written):
        raise typer.Exit(1)
