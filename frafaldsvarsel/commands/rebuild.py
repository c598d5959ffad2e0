"""`rebuild`: what follows from Kafka is made once more and held against what stands; exit code 1 when it differs."""

import asyncio
from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any

import psycopg
import typer
from aiokafka.errors import KafkaError

from config.settings import Settings
from config.topics import BY_NAME
from frafaldsvarsel.commands.account import account
from frafaldsvarsel.commands.context import settings
from frafaldsvarsel.commands.terminal import DataDir, emit, fail, note, out, show
from frafaldsvarsel.wiring import common as common_wiring
from frafaldsvarsel.wiring import ledger as ledger_wiring

if TYPE_CHECKING:
    from ledger.rebuild.rebuild import Rebuilt
    from streams.rebuild_person_store import PersonStoreRebuild

commands = typer.Typer(
    help="Make what follows from Kafka once more, and hold it against what stands.", no_args_is_help=True
)
Json = Annotated[bool, typer.Option("--json", help="One JSON object.")]
By = Annotated[str | None, typer.Option("--as", help="Who you are; else the name of your account.")]
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
    as_json: Json = False,
) -> None:
    """Project Kafka's topics once more, up to where the ledger is, and compare table by table.

    The ledger may run while it is only compared. With --apply nothing is replaced when the ledger moves meanwhile.
    """
    from ledger.rebuild.rebuild import CannotRebuild

    try:
        result = asyncio.run(_ledger(settings(data), apply=apply, by=by or account()))
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
        emit(_ledger_object(result, applied=apply and bool(result.differing)))
    else:
        _show_ledger(result, applied=apply and bool(result.differing))
    if result.differing and not apply:
        raise typer.Exit(1)


async def _ledger(known: Settings, *, apply: bool, by: str) -> "Rebuilt":
    from ledger.rebuild.rebuild import rebuilding
    from ledger.rebuild.replace import replace

    url = known.database_url.get_secret_value()
    async with rebuilding(
        known.kafka, url, ledger_wiring.policy(known), lambda what: note(f"[dim]{what}[/]")
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
    as_json: Json = False,
) -> None:
    """Make every person's record once more from `person-events`, and compare it with `people`.

    Beside a running worker --apply does no harm, but a worker that writes the same person meanwhile wins: its record
    has the higher applied offset. Then run it again.
    """
    from streams.rebuild_person_store import rebuild_person_store

    known = settings(data)
    try:
        result = asyncio.run(
            rebuild_person_store(
                known.kafka, common_wiring.law(known), write=apply, say=lambda what: note(f"[dim]{what}[/]")
            )
        )
    except (KafkaError, TimeoutError) as error:
        fail(f"Kafka does not answer: {type(error).__name__}.")
        raise typer.Exit(EX_UNREACHABLE) from None
    if as_json:
        emit(_people_object(result))
    else:
        _show_people(result)
    if result.removed or (len(result.findings) > result.written):
        raise typer.Exit(1)


def _ledger_object(result: "Rebuilt", *, applied: bool) -> dict[str, Any]:
    return {
        "differing": result.differing,
        "applied": applied,
        "records": result.records,
        "acts": result.acts,
        "acts_without_place": result.unplaced,
        "tables": [
            {
                "table": one.table,
                "live": one.live,
                "rebuilt": one.rebuilt,
                "live_hash": one.live_hash,
                "rebuilt_hash": one.rebuilt_hash,
                "differing": one.differing,
                "only_live": one.only_live,
                "only_rebuilt": one.only_rebuilt,
                "different": one.different,
                "on_the_way": one.on_the_way,
                "rows": one.rows,
            }
            for one in result.tables
        ],
        "removed": [
            {
                "topic": one.topic,
                "partition": one.partition,
                "first_offset": one.first,
                "oldest": one.oldest,
                "taken_over": one.taken_over,
            }
            for one in result.removed
        ],
    }


def _show_ledger(result: "Rebuilt", *, applied: bool) -> None:
    show(
        "",
        ("table", "live", "hash", "rebuilt", "hash", "differing"),
        (
            [
                one.table,
                f"{one.live:,}",
                one.live_hash[:12],
                f"{one.rebuilt:,}",
                one.rebuilt_hash[:12],
                f"[bold red]{one.differing:,}[/]" if one.differing else "0",
            ]
            for one in result.tables
        ),
        empty="",
    )
    for one in result.tables:
        for row in one.rows:
            fail(f"{one.table}: {row}")
        if one.on_the_way:
            note(
                f"{one.table}: {one.on_the_way:,} that were made and taken back on the way are not compared."
            )
    if result.unplaced:
        note(
            f"[yellow]{result.unplaced:,} of {result.acts:,} acts have no place in what was rebuilt: their tasks did "
            "not come out again, or stand otherwise. The acts are kept.[/]"
        )
    for gone in result.removed:
        since = "nothing is left" if gone.oldest is None else f"the oldest is of {gone.oldest:%Y-%m-%d %H:%M}"
        days = BY_NAME[gone.topic].retention_days
        note(
            f"[yellow]{gone.topic}/{gone.partition}: retention ({days} days) has removed the first {gone.first:,} "
            f"records ({since}); {gone.taken_over:,} rows could not be rebuilt and are taken as they stand.[/]"
        )
    if not result.differing:
        out.print(f"[green]✓[/] {result.records:,} records give the same ledger.", highlight=False)
    elif applied:
        out.print(
            f"[green]✓[/] {result.differing:,} rows replaced. Nothing was sent; notices that were missing "
            "wait in the quarantine.",
            highlight=False,
        )
    else:
        out.print(
            f"[bold red]{result.differing:,} rows differ.[/] Stop the ledger, then --apply.", highlight=False
        )


def _people_object(result: "PersonStoreRebuild") -> dict[str, Any]:
    return {
        "people": result.people,
        "events": result.events,
        "held_hash": result.held_hash,
        "rebuilt_hash": result.rebuilt_hash,
        "differing": len(result.findings),
        "differences": dict(Counter(finding.difference for finding in result.findings)),
        "written": result.written,
        "removed": result.removed,
    }


def _show_people(result: "PersonStoreRebuild") -> None:
    out.print(f"people   {result.held_hash[:12]}", highlight=False)
    out.print(f"rebuilt  {result.rebuilt_hash[:12]}  from {result.events:,} events", highlight=False)
    for partition in result.removed:
        fail(f"person-events/{partition} has lost its beginning: what is held there cannot be rebuilt.")
    for difference, number in sorted(Counter(one.difference for one in result.findings).items()):
        fail(f"{number:,} records differ: {difference}")
    if result.findings:
        out.print(f"{len(result.findings):,} differ, {result.written:,} written.", highlight=False)
    elif not result.removed:
        out.print(f"[green]✓[/] {result.people:,} people's records are the same.", highlight=False)
