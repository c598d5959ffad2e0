"""`erase`: takes everything about one person out of the service. One asks, another approves (docs/decisions/0054)."""

import asyncio
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import uuid4

import typer

from config.command_environments import (
    EraseAskEnvironment,
    EraseRunEnvironment,
    EraseVerifyEnvironment,
)
from config.sections.keys import LookupKeySection
from frafaldsvarsel.commands.context import settings
from frafaldsvarsel.commands.database import database, operator
from frafaldsvarsel.commands.terminal import Because, By, DataDir, fail, out, typed_cpr
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
    "dump": "a backup of before: your own retention of backups; restored, it forgets when the ledger reads on",
    "pages write-ahead log": "what was written before: until the server uses the file again, and in your archive of it",
    "pages pg_statistic": "a sample of a column: until the next ANALYZE, or autovacuum's",
    "pages": "rows and index entries that were deleted: until their place is used again; VACUUM FULL takes them away",
    "table erasure_requests": "an erasure that is asked for and not done yet",
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
    person, number = typed_person(known.keys), uuid4()
    with database(known.database) as connection:
        try:
            people = ask(connection, number, person, ground, operator(connection, by, because))
        except CannotErase as error:
            fail(str(error))
            raise typer.Exit(1) from None
    numbers = "one number" if len(people) == 1 else f"{len(people)} numbers"
    out.print(f"Asked for, under {numbers}. Another person approves it: requests approve {number}")


@commands.command("run")
def run(data: DataDir = None) -> None:
    """Carry out what is approved. Interrupted, or where a part is away, run it again: it goes on where it was."""
    from aiokafka.errors import KafkaError

    from ops.recovery.erasure_requests import CannotErase, approved

    known = settings(EraseRunEnvironment, data)
    refused = 0
    with database(known.database) as connection:
        due = approved(connection)
        for one in due:
            try:
                out.print(asyncio.run(carry_out(known, connection, one)))
            except CannotErase as error:
                refused += 1
                fail(f"{one.id}: not erased. {error}")
            except (KafkaError, TimeoutError) as error:
                fail(
                    f"{one.id}: Kafka does not take it ({type(error).__name__}); run this again when it does."
                )
                raise typer.Exit(2) from None
    out.print(f"{len(due) - refused} carried out." if due else "Nothing is approved and waits.")
    if refused:
        raise typer.Exit(1)


async def carry_out(known: EraseRunEnvironment, connection: SyncConnection, one: "ErasureRequest") -> str:
    """The cut-off, the word to match, the ledger's transaction, the tombstones: each is noted, or shows.

    What may have come in between asking and this is asked once more before the cut-off; raises `CannotErase`.
    """
    from frafaldsvarsel.wiring.common import stream_mac
    from ops.recovery.erasure_log import ErasureLog
    from ops.recovery.erasure_requests import done, has_forgotten, refuse_if_changed, set_cut_off

    if one.origin is None:
        refuse_if_changed(connection, one)
    async with ErasureLog(known.kafka, stream_mac(known.stream)) as log:
        origin = one.origin
        if origin is None:
            origin = await log.cut_off(one.people, str(one.id), one.before)
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


@commands.command("again")
def again(data: DataDir = None) -> None:
    """After a backup of Kafka or PostgreSQL was restored: whoever `erasures` names and match knows is erased again."""
    from aiokafka.errors import KafkaError

    known = settings(EraseRunEnvironment, data)
    try:
        said, numbers = asyncio.run(_erase_again(known))
    except (KafkaError, TimeoutError) as error:
        fail(f"Kafka does not take it ({type(error).__name__}); run this again when it does.")
        raise typer.Exit(2) from None
    out.print(
        f"{said} erasures were lacking, of {numbers} numbers, and are said again." if said else "None lacks."
    )
    out.print(
        "Run it again when worker and ledger have come to them: it buries what is left, and says none lacks."
    )


async def _erase_again(known: EraseRunEnvironment) -> tuple[int, int]:
    from frafaldsvarsel.wiring.common import stream_mac
    from ops.recovery import erasure_again
    from ops.recovery.erasure_log import ErasureLog

    mac = stream_mac(known.stream)
    said = await erasure_again.said_erasures(known.kafka, mac)
    cut_offs = await erasure_again.cut_offs(known.kafka, mac)
    lacking = erasure_again.lacking(said, cut_offs)
    async with ErasureLog(known.kafka, mac) as log:
        for one in lacking:
            await log.tell_match(one.people, one.origin, one.request)
        for people, cut_off in erasure_again.to_bury(said, cut_offs):
            await log.bury(people, cut_off)
    return len(lacking), sum(len(one.people) for one in lacking)


@commands.command("verify")
def verify(
    dump: Annotated[
        Path | None, typer.Option(help="A file of pg_dump, plain or not: it is searched as bytes.")
    ] = None,
    segments: Annotated[
        Path | None,
        typer.Option(help="A broker's folder: the raw segments of its topics are searched as bytes."),
    ] = None,
    pages: Annotated[
        Path | None,
        typer.Option(help="PostgreSQL's data directory: its pages and its log are searched as bytes."),
    ] = None,
    data: DataDir = None,
) -> None:
    """Say where a person's pseudonym still stands, why, and until when: Kafka, PostgreSQL, the auditor's index.

    The CPR is asked for. Ends with 1 where it stands somewhere without a reason.
    """
    from frafaldsvarsel.wiring.common import stream_mac
    from ops.recovery.erasure_log import ErasureLog
    from ops.recovery.erasure_pages import in_pages
    from ops.recovery.erasure_search import in_file, in_index, in_segments, in_tables

    known = settings(EraseVerifyEnvironment, data)
    person = typed_person(known.keys)

    async def look() -> dict[str, int]:
        async with ErasureLog(known.kafka, stream_mac(known.stream)) as log:
            return await log.left((person,))

    found = {f"topic {topic}": number for topic, number in asyncio.run(look()).items()}
    with database(known.database) as connection:
        tables = in_tables(connection, person)
        in_files = {} if pages is None else in_pages(connection, pages, person)
    found |= {f"table {table}": number for table, number in tables.rows.items()}
    found |= {f"pages {name}": number for name, number in in_files.items()}
    if known.audit.file is not None:
        found["auditor's index"] = in_index(known.audit.file, person)
    if dump is not None:
        found["dump"] = in_file(dump, person)
    if segments is not None:
        found |= {f"segments {topic}": number for topic, number in in_segments(segments, person).items()}
    if tables.not_read:
        out.print(
            f"Not looked at, for want of rights: {', '.join(tables.not_read)}.",
            highlight=False,
            soft_wrap=True,
        )
    unexplained = 0
    for place, number in sorted(found.items()):
        reason = stays(place) if number else None
        unexplained += bool(number) and reason is None
        said = f" ({reason or 'without a reason: not erased, or not yet'})" if number else ""
        out.print(f"{place}: {number}{said}", highlight=False, soft_wrap=True)
    if unexplained:
        raise typer.Exit(1)


def stays(place: str) -> str | None:
    """Why a pseudonym may still stand at `place` after an erasure, and until when; None: it may not."""
    kind, _, name = place.partition(" ")
    if kind == "pages":
        return _STAYS.get(place, _STAYS[kind])
    return _STAYS.get(name if kind in ("topic", "segments") else place)


def typed_person(keys: LookupKeySection) -> str:
    """The pseudonym of the CPR that is typed, or comes on standard input; neither is shown."""
    from models.cpr import NotAPerson, normalise

    try:
        return keys.pseudonyms.person_id(normalise(typed_cpr()))
    except NotAPerson:
        fail("That is no CPR.")
        raise typer.Exit(1) from None
