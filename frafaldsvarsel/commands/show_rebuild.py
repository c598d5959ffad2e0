"""How a rebuild is shown: for people, and as one object for programs (docs/command-line.md)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from config.topics import BY_NAME
from frafaldsvarsel.commands.terminal import fail, note, out, show
from ledger.rebuild.rebuild import Rebuilt
from models.eligibility.compare_record import RecordDifference
from streams.rebuild_person_store import PersonStoreRebuild


@dataclass(frozen=True, slots=True, kw_only=True)
class TableAnswer:
    """One table on both sides."""

    table: str
    live: int
    rebuilt: int
    live_hash: str
    rebuilt_hash: str
    differing: int
    only_live: int
    only_rebuilt: int
    different: int
    on_the_way: int
    rows: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovedAnswer:
    """A beginning that retention has taken."""

    topic: str
    partition: int
    first_offset: int
    oldest: datetime | None
    taken_over: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerAnswer:
    """`rebuild ledger --json`."""

    differing: int
    applied: bool
    records: int
    acts: int
    acts_without_place: int
    tables: Sequence[TableAnswer]
    removed: Sequence[RemovedAnswer]


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleAnswer:
    """`rebuild people --json`."""

    people: int
    events: int
    held_hash: str
    rebuilt_hash: str
    differing: int
    differences: Mapping[RecordDifference, int]
    written: int
    removed: Sequence[int]


def ledger_answer(result: Rebuilt, *, applied: bool) -> LedgerAnswer:
    """What a program reads of a rebuild of the ledger."""
    return LedgerAnswer(
        differing=result.differing,
        applied=applied,
        records=result.records,
        acts=result.acts,
        acts_without_place=result.unplaced,
        tables=[
            TableAnswer(
                table=one.table,
                live=one.live,
                rebuilt=one.rebuilt,
                live_hash=one.live_hash,
                rebuilt_hash=one.rebuilt_hash,
                differing=one.differing,
                only_live=one.only_live,
                only_rebuilt=one.only_rebuilt,
                different=one.different,
                on_the_way=one.on_the_way,
                rows=one.rows,
            )
            for one in result.tables
        ],
        removed=[
            RemovedAnswer(
                topic=one.topic,
                partition=one.partition,
                first_offset=one.first,
                oldest=one.oldest,
                taken_over=one.taken_over,
            )
            for one in result.removed
        ],
    )


def people_answer(result: PersonStoreRebuild) -> PeopleAnswer:
    """The same of people's records."""
    return PeopleAnswer(
        people=result.people,
        events=result.events,
        held_hash=result.held_hash,
        rebuilt_hash=result.rebuilt_hash,
        differing=len(result.findings),
        differences=dict(Counter(finding.difference for finding in result.findings)),
        written=result.written,
        removed=result.removed,
    )


def show_ledger(result: Rebuilt, *, applied: bool) -> None:
    """The comparison of the ledger for a person."""
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


def show_people(result: PersonStoreRebuild) -> None:
    """The same for people's records."""
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
