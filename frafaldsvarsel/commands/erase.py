"""`erase`: takes everything about one person out of the service. One asks, another approves (docs/decisions/0054)."""

import asyncio
import time
from typing import TYPE_CHECKING, Annotated
from uuid import UUID, uuid4

import typer

from config.command_environments import DatabaseEnvironment, EraseAskEnvironment, EraseRunEnvironment
from frafaldsvarsel.commands.context import operator, settings
from frafaldsvarsel.commands.database import database
from frafaldsvarsel.commands.terminal import Because, By, DataDir, fail, out
from infra.postgres import SyncConnection

if TYPE_CHECKING:
    from ops.recovery.erasure_requests import ErasureRequest

commands = typer.Typer(help="Erases a person: asked by one, approved by another.", no_args_is_help=True)
_WAIT_SECONDS = 120.0
_LOOK_SECONDS = 0.5
_STAYS = {
    "person-events": "the word that the person is erased, for ever; records of before, until they are compacted "
    "(eight days), where `topics apply` has turned compaction on",
    "decisions": "the mark for the ledger, for ever; records of before, until they are compacted (eight days)",
    "people": "the gravestone, for ever; the record of before, until it is compacted",
    "applied": "what was applied, without content: 365 days",
}


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(commands, name="erase")


@commands.command("request")
def request(
    ground: Annotated[str, typer.Option(help="The legal ground: a paragraph, or an article of the GDPR.")],
    because: Because,
    by: By = None,
    data: DataDir = None,
) -> None:
    """Ask that a person be erased. The CPR is asked for, or read from standard input; never give it as an argument."""
    from ops.recovery.erasure_requests import CannotErase, ask

    known = settings(EraseAskEnvironment, data)
    person, number = _person(known), uuid4()
    with database(known.database) as connection:
        try:
            people = ask(connection, number, person, ground, operator(by, because))
        except CannotErase as error:
            fail(str(error))
            raise typer.Exit(1) from None
    numbers = "one number" if len(people) == 1 else f"{len(people)} numbers"
    out.print(f"Asked for, under {numbers}: {number}. Another person approves it: erase approve {number}")


@commands.command("approve")
def approve(
    number: Annotated[UUID, typer.Argument(metavar="REQUEST", help="As `erase request` has printed it.")],
    because: Because,
    by: By = None,
    data: DataDir = None,
) -> None:
    """Approve what another has asked for."""
    from ops.recovery.erasure_requests import approve as confirm

    known = settings(DatabaseEnvironment, data)
    with database(known.database) as connection:
        if not confirm(connection, number, operator(by, because)):
            fail("There is no such request that waits, or it is your own: another person must approve it.")
            raise typer.Exit(1)
    out.print("Approved; erase run carries it out.")


@commands.command("run")
def run(data: DataDir = None) -> None:
    """Carry out what is approved. Interrupted, or where a part is away, run it again: it goes on where it was."""
    from aiokafka.errors import KafkaError

    from ops.recovery.erasure_requests import approved

    known = settings(EraseRunEnvironment, data)
    with database(known.database) as connection:
        due = approved(connection)
        for one in due:
            try:
                out.print(asyncio.run(_carry_out(known, connection, one)))
            except (KafkaError, TimeoutError) as error:
                fail(
                    f"{one.id}: Kafka does not take it ({type(error).__name__}); run this again when it does."
                )
                raise typer.Exit(2) from None
    out.print(f"{len(due)} carried out." if due else "Nothing is approved and waits.")


async def _carry_out(known: EraseRunEnvironment, connection: SyncConnection, one: "ErasureRequest") -> str:
    """The cut-off, the word to match, the ledger's transaction, the tombstones: each is noted, or shows."""
    from frafaldsvarsel.wiring.common import stream_mac
    from ops.recovery.erasure_log import ErasureLog
    from ops.recovery.erasure_requests import done, has_forgotten, set_cut_off

    async with ErasureLog(known.kafka, stream_mac(known.stream)) as log:
        origin = one.origin
        if origin is None:
            origin = await log.cut_off(one.people, str(one.id))
            set_cut_off(connection, one.id, origin)
        cut_off = origin.appended_at
        if not has_forgotten(connection, one.people, cut_off):
            await log.tell_match(one.people, origin, str(one.id))
            end = time.monotonic() + _WAIT_SECONDS
            while not has_forgotten(connection, one.people, cut_off):
                if time.monotonic() > end:
                    fail(f"{one.id}: worker or ledger has not come to it. Run this again when they have.")
                    raise typer.Exit(2)
                await asyncio.sleep(_LOOK_SECONDS)
        buried = await log.bury(one.people, cut_off)
    done(connection, one.id)
    return f"{one.id}: erased, {buried} records buried."


@commands.command("verify")
def verify(data: DataDir = None) -> None:
    """Say where a person's pseudonym still stands on Kafka, why, and until when. The CPR is asked for."""
    from frafaldsvarsel.wiring.common import stream_mac
    from ops.recovery.erasure_log import ErasureLog

    known = settings(EraseAskEnvironment, data)
    person = _person(known)

    async def look() -> dict[str, int]:
        async with ErasureLog(known.kafka, stream_mac(known.stream)) as log:
            return await log.left((person,))

    for topic, number in sorted(asyncio.run(look()).items()):
        out.print(f"{topic}: {number}" + (f" ({_STAYS[topic]})" if number else ""), highlight=False)


def _person(known: EraseAskEnvironment) -> str:
    """The pseudonym of the CPR that is typed, or comes on standard input; neither is shown."""
    import sys

    from models.cpr import NotAPerson, normalise

    typed = typer.prompt("CPR", hide_input=True) if sys.stdin.isatty() else sys.stdin.readline()
    try:
        return known.keys.pseudonyms.person_id(normalise(typed.strip()))
    except NotAPerson:
        fail("That is no CPR.")
        raise typer.Exit(1) from None
