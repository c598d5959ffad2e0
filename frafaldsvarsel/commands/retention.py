"""`retention`: what is kept for how long, what would go, and the night that takes it (docs/decisions/0060)."""

import asyncio
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Annotated, Final

import typer

from config.command_environments import HoldEnvironment, RetentionEnvironment
from config.reference.retention import retention_rules
from frafaldsvarsel.commands.context import settings
from frafaldsvarsel.commands.database import database, operator
from frafaldsvarsel.commands.erase import carry_out, typed_person
from frafaldsvarsel.commands.terminal import Because, By, DataDir, JsonFlag, emit, fail, out, show
from infra.postgres import SyncConnection
from models.retention import HeldBack, RetentionClass

if TYPE_CHECKING:
    from ops.retention.log import LogView
    from ops.retention.plan import ClassPlan, RetentionPlan

commands = typer.Typer(help="What goes when its time is over, and what is held back.", no_args_is_help=True)
EX_UNKNOWN: Final = 1
HeldTask = Annotated[
    str | None,
    typer.Argument(
        help="The task: FV-XXXX-XXXX-XXXX. Without it the CPR is asked for, or read from standard input."
    ),
]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(commands, name="retention")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanAnswer:
    """`retention plan --json`: one class."""

    kind: RetentionClass
    rule: str
    months_kept: int
    would_go: dict[str, int]
    """By month."""
    held: dict[str, int]
    nothing_goes_because: HeldBack | None
    overdue: int
    readers: list[str]


@commands.command("plan")
def plan(data: DataDir = None, as_json: JsonFlag = False) -> None:
    """Show what would go today, by class and month, who still reads it, and what holds it back. Changes nothing."""
    from ops.retention.readers import READERS

    known = settings(RetentionEnvironment, data)
    with database(known.database) as connection:
        found = _plan(known, connection, _look(known))
    if as_json:
        for one in found.classes:
            emit(_answer(one))
        return
    show(
        "What would go today",
        ("class", "kept", "would go", "held back", "overdue", "nothing goes because", "rule"),
        (
            (
                one.rule.of,
                f"{one.rule.months} months",
                _by_month(one),
                ", ".join(f"{number} {reason}" for reason, number in one.held.items()),
                one.overdue or "",
                one.objection or "",
                one.rule.version,
            )
            for one in found.classes
        ),
        empty="There is no class.",
    )
    for one in found.classes:
        if one.would_go:
            for reader in READERS[one.rule.of]:
                out.print(f"{one.rule.of}: {reader}", markup=False, highlight=False, soft_wrap=True)


def _by_month(one: "ClassPlan") -> str:
    months = list(one.months.items())
    said = ", ".join(f"{month}: {number}" for month, number in months[:3])
    return said + (f", … in all {one.would_go}" if len(months) > 3 else "")


def _answer(one: "ClassPlan") -> PlanAnswer:
    from ops.retention.readers import READERS

    return PlanAnswer(
        kind=one.rule.of,
        rule=one.rule.version,
        months_kept=one.rule.months,
        would_go=dict(one.months),
        held={reason.value: number for reason, number in one.held.items()},
        nothing_goes_because=one.objection,
        overdue=one.overdue,
        readers=list(READERS[one.rule.of]),
    )


@commands.command("accept")
def accept(
    kind: Annotated[RetentionClass, typer.Argument(metavar="CLASS", help="As `retention plan` lists it.")],
    because: Because,
    by: By = None,
    data: DataDir = None,
) -> None:
    """Note that you have looked at a class's plan: a week later it is carried out, as long as its rule stands."""
    from frafaldsvarsel.wiring.common import read_reference
    from ledger.store import retention as store

    known = settings(RetentionEnvironment, data)
    with database(known.database) as connection:
        today = _today(connection)
        rule = retention_rules(read_reference(known.reference), today)[kind]
        if rule.authorisation is None:
            fail(f"retention.csv names no authorisation for {kind}: nothing is deleted without one.")
            raise typer.Exit(EX_UNKNOWN)
        new = store.accept(connection, rule, operator(connection, by, because))
    out.print(
        f"{rule.version}: " + ("carried out in a week." if new else "was accepted before."), highlight=False
    )


@commands.command("run")
def run(
    people: Annotated[int, typer.Option(min=1, help="At most so many people.")] = 1000,
    rows: Annotated[int, typer.Option(min=1, help="At most so many rows of each class.")] = 100_000,
    data: DataDir = None,
) -> None:
    """Take what is past its time. Run it each night; interrupted, the next one goes on."""
    from aiokafka.errors import KafkaError

    from ops.retention import night

    known = settings(RetentionEnvironment, data)
    with database(known.database, unreachable=2) as connection:
        try:
            _carry_out_asked(known, connection)
            today, log = _today(connection), _look(known)
            found = _plan(known, connection, log)
            asked = night.ask(connection, found.ready, most=people)
            if asked is not None:
                _carry_out_asked(known, connection)
            taken = night.take_rows(connection, found, log, today=today, most=rows)
            gone = min(len(found.ready), people)
            after = _plan(known, connection, _look(known))
        except (KafkaError, TimeoutError) as error:
            fail(f"Kafka does not answer ({type(error).__name__}); run this again when it does.")
            raise typer.Exit(2) from None
        night.note(connection, after, taken)
    overdue = sum(one.overdue for one in after.classes)
    said = ", ".join(f"{name} {number}" for name, number in {"people": gone, **taken}.items() if number)
    out.print(f"Taken: {said or 'nothing'}. Overdue: {overdue}.", highlight=False)


def _carry_out_asked(known: RetentionEnvironment, connection: SyncConnection) -> None:
    """What retention has asked for, today or in a night that was cut off; people's own requests are `erase run`'s."""
    from ops.recovery.erasure_requests import approved

    for one in approved(connection):
        if one.by_rule:
            out.print(asyncio.run(carry_out(known, connection, one)), highlight=False)


@commands.command("hold")
def hold(
    because: Because,
    ground: Annotated[
        str, typer.Option(help="The legal ground: a paragraph, a case at a court, a complaint.")
    ],
    reference: HeldTask = None,
    by: By = None,
    data: DataDir = None,
) -> None:
    """Keep a person, with all tasks, whatever the time: neither retention nor an erasure takes them away."""
    from ledger.store import retention as store

    known = settings(HoldEnvironment, data)
    with database(known.database) as connection:
        who = operator(connection, by, because)
        try:
            if reference is not None:
                store.hold_task(connection, reference.upper(), ground, who)
            else:
                store.hold_person(connection, typed_person(known.keys), ground, who)
        except store.Unknown as error:
            fail(str(error))
            raise typer.Exit(EX_UNKNOWN) from None
    out.print("On hold.")


@commands.command("release")
def release(because: Because, reference: HeldTask = None, by: By = None, data: DataDir = None) -> None:
    """Take a hold away: of a task those laid on it, of a person all."""
    from ledger.store import retention as store

    known = settings(HoldEnvironment, data)
    with database(known.database) as connection:
        who = operator(connection, by, because)
        try:
            if reference is not None:
                number = store.release_task(connection, reference.upper(), who)
            else:
                number = store.release_person(connection, typed_person(known.keys), who)
        except store.Unknown as error:
            fail(str(error))
            raise typer.Exit(EX_UNKNOWN) from None
    if not number:
        fail("There is no hold.")
        raise typer.Exit(EX_UNKNOWN)
    out.print("Released.")


def _look(known: RetentionEnvironment) -> "LogView":
    from frafaldsvarsel.wiring.common import stream_mac
    from ops.retention.log import look

    return asyncio.run(look(known.kafka, stream_mac(known.stream)))


def _plan(known: RetentionEnvironment, connection: SyncConnection, log: "LogView") -> "RetentionPlan":
    from frafaldsvarsel.wiring.common import read_reference
    from ledger.store.retention import clock
    from ops.retention.plan import plan as planned

    today = _today(connection)
    rules = retention_rules(read_reference(known.reference), today)
    return planned(connection, log, rules, today=today, now=clock(connection))


def _today(connection: SyncConnection) -> date:
    from ledger.store.retention import clock
    from models.calendar import copenhagen_date

    return copenhagen_date(clock(connection))
