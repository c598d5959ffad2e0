"""`quarantine`: what was refused or could not be delivered is listed, shown, replayed and dismissed."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import psycopg
import typer

from config.command_environments import DatabaseEnvironment, OpenEnvironment, ReplayEnvironment
from config.sections.servers import DatabaseAddress
from frafaldsvarsel.commands.context import settings
from frafaldsvarsel.commands.database import database, operator, said
from frafaldsvarsel.commands.listing import first, present
from frafaldsvarsel.commands.requests import approved
from frafaldsvarsel.commands.selection import (
    DecidedOption,
    IdsArgument,
    KindOption,
    Party,
    ReasonOption,
    Since,
    Until,
    must_be_there,
    narrow,
    selection,
)
from frafaldsvarsel.commands.show_quarantine import (
    COLUMNS,
    NOTHING,
    DismissAnswer,
    ReplayAnswer,
    show_dismissal,
    show_replay,
)
from frafaldsvarsel.commands.terminal import (
    Because,
    By,
    DataDir,
    JsonFlag,
    Limit,
    PerhapsBecause,
    emit,
    fail,
)
from infra.postgres import SyncConnection
from models.dead_letter import DeadLetter, DeadLetterKind, DeadLetterState
from models.operator import Operator
from ops.audit.kafka_log import LogUnreachable
from ops.recovery import dead_letters, failed_deliveries
from ops.recovery.dead_letters import Selection
from ops.recovery.requests import RequestKind

if TYPE_CHECKING:
    from ops.recovery.replay_plan import ReplayPlan

commands = typer.Typer(
    help="What was refused or could not be delivered: list it, show it, replay it, dismiss it.",
    no_args_is_help=True,
)

_RECORDS = frozenset({DeadLetterKind.INPUT, DeadLetterKind.LEFT_OUT})
_WAITS = "waits for a second person"
Yes = Annotated[bool, typer.Option("--yes", help="Do it; without this it is only said what would happen.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(commands, name="quarantine")


@commands.command("list")
def list_dead_letters(
    kind: KindOption = None,
    reason: ReasonOption = None,
    sender: Party = None,
    since: Since = None,
    until: Until = None,
    ids: IdsArgument = None,
    decided: DecidedOption = False,
    data: DataDir = None,
    limit: Limit = None,
    as_json: JsonFlag = False,
) -> None:
    """List what waits for somebody's decision, the oldest first."""
    chosen = selection(kind, reason, sender, since, until, ids, decided)
    wanted = first(limit, as_json=as_json)
    with _database(settings(DatabaseEnvironment, data).database) as connection:
        found = dead_letters.dead_letters(connection, chosen, limit=wanted)
    empty = NOTHING if chosen.narrows else "Nothing lies in quarantine."
    present(found, COLUMNS, as_json=as_json, empty=empty, cut=limit is None)
    if wanted is None or len(found) < wanted:
        must_be_there(chosen, (dead_letter.id for dead_letter in found))


@commands.command("show")
def show_dead_letter(
    identity: Annotated[str, typer.Argument(metavar="ID", help="As in the list.")],
    because: Because,
    by: By = None,
    data: DataDir = None,
    as_json: JsonFlag = False,
) -> None:
    """Open one thing. Who opened it and why is in the audit trail before anything is opened.

    What was refused may hold a CPR, names and free text in the clear: do not keep what you see here.
    """
    from frafaldsvarsel.commands.show_thing import as_object, present
    from ops.recovery.rejected_payloads import RejectedPayloads

    known = settings(OpenEnvironment, data)
    with _database(known.database) as connection:
        found = dead_letters.dead_letters(connection, Selection(ids=(identity,)))
        if not found:
            fail(f"{identity} is not in quarantine.")
            raise typer.Exit(1)
        (dead_letter,) = found
        dead_letters.opened(connection, dead_letter, operator(connection, by, because))
        if dead_letter.kind in (DeadLetterKind.DELIVERY, DeadLetterKind.BOUNCE):
            tried = failed_deliveries.attempts(connection, dead_letter.delivery)
            content = None
        else:
            tried = []
            payloads = RejectedPayloads(known.kafka, known.keys.opener)
            try:
                now = datetime.now(UTC)
                if dead_letter.kind is DeadLetterKind.INPUT:
                    content = payloads.refused({dead_letter.place: dead_letter.since}, now)[dead_letter.place]
                else:
                    content = payloads.record(dead_letter.place, dead_letter.since, now)
            finally:
                payloads.close()
    if as_json:
        emit(as_object(dead_letter, content, tried))
    else:
        present(dead_letter, content, tried)


@commands.command("replay")
def replay(
    kind: KindOption = None,
    reason: ReasonOption = None,
    sender: Party = None,
    since: Since = None,
    until: Until = None,
    ids: IdsArgument = None,
    because: PerhapsBecause = None,
    by: By = None,
    yes: Yes = False,
    force: Annotated[
        bool, typer.Option("--force", help="Also what would be refused again, or was replayed before.")
    ] = False,
    data: DataDir = None,
    as_json: JsonFlag = False,
) -> None:
    """Say what a replay would come to now, and with --yes let it happen: a notice at once, a record when another
    person has approved it (`requests approve`).

    Exit code 1 when something that was selected has not been replayed, or an --id is not there.
    """
    from frafaldsvarsel.wiring.common import intake_context, read_reference, stream_mac
    from frafaldsvarsel.wiring.notices import contacts
    from ops.recovery.rejected_payloads import RejectedPayloads
    from ops.recovery.replay import Replayer, ReplayPlanner

    said(because)
    known = settings(ReplayEnvironment, data)
    chosen = narrow(selection(kind, reason, sender, since, until, ids, decided=False))
    context, reached = intake_context(known), contacts(read_reference(known.reference))
    payloads = RejectedPayloads(known.kafka, known.keys.replay.opener)
    answers: list[ReplayAnswer] = []
    try:
        with _database(known.database) as connection:
            who = _alone(connection, by, because) if yes else None
            planner = ReplayPlanner(connection, payloads, context, reached, datetime.now(UTC))
            plan = planner.of(dead_letters.dead_letters(connection, chosen))
            replayer = Replayer(connection, known.kafka, who, stream_mac(known.stream)) if who else None
            going = [one for one in plan if one.goes(force=force)]
            held = _held_back(connection, going, who) if who else frozenset()
            for one in plan:
                waits = one.dead_letter.id in held
                after = replayer.replay(one) if replayer and one in going and not waits else None
                answers.append(_answer(one, after, held=waits))
                if as_json:
                    emit(answers[-1])
    finally:
        payloads.close()
        # Shown even when the brokers fall silent on the way: what was done, was done.
        if not as_json:
            show_replay(answers, yes=yes)
    must_be_there(chosen, (one.id for one in answers))
    if yes and not all(one.replayed for one in answers):
        raise typer.Exit(1)


def _held_back(connection: SyncConnection, going: "Sequence[ReplayPlan]", who: Operator) -> frozenset[str]:
    """Ids of records, for a second person must approve those; a notice goes at once."""
    records = {
        f"{one.kind}/{one.id}": one for one in (plan.dead_letter for plan in going) if one.kind in _RECORDS
    }
    decided = {
        thing: one.decided_at if one.state in (DeadLetterState.REPLAYED, DeadLetterState.DISMISSED) else None
        for thing, one in records.items()
    }
    good = frozenset(approved(connection, RequestKind.REPLAY, decided, who))
    return frozenset(one.id for thing, one in records.items() if thing not in good)


def _answer(plan: "ReplayPlan", after: DeadLetter | None, *, held: bool) -> ReplayAnswer:
    return ReplayAnswer(
        id=plan.dead_letter.id,
        kind=plan.dead_letter.kind,
        reason=plan.dead_letter.reason,
        prospect=plan.prospect,
        why=_WAITS if held else plan.why,
        replayed=after is not None,
        replayed_as=None if after is None else after.replayed_as,
    )


@commands.command("dismiss")
def dismiss(
    because: Because,
    kind: KindOption = None,
    reason: ReasonOption = None,
    sender: Party = None,
    since: Since = None,
    until: Until = None,
    ids: IdsArgument = None,
    by: By = None,
    yes: Yes = False,
    data: DataDir = None,
    as_json: JsonFlag = False,
) -> None:
    """Take things out of the open list for good reason; `list --all` still shows them.

    Exit code 1 when an --id is not there.
    """
    chosen = narrow(selection(kind, reason, sender, since, until, ids, decided=False))
    said(because)
    answers = []
    with _database(settings(DatabaseEnvironment, data).database) as connection:
        who = _alone(connection, by, because) if yes else None
        for dead_letter in dead_letters.dead_letters(connection, chosen):
            decided = dead_letter.state in (DeadLetterState.REPLAYED, DeadLetterState.DISMISSED)
            if who is not None and not decided:
                dead_letters.dismiss(connection, dead_letter, who)
            answers.append(
                DismissAnswer(
                    id=dead_letter.id,
                    kind=dead_letter.kind,
                    reason=dead_letter.reason,
                    state=dead_letter.state,
                    dismissed=yes and not decided,
                )
            )
    if as_json:
        for one in answers:
            emit(one)
    else:
        show_dismissal(answers, yes=yes)
    must_be_there(chosen, (one.id for one in answers))


def _alone(connection: SyncConnection, by: str | None, because: str | None) -> Operator:
    """Whoever decides now, and nobody beside them."""
    who = operator(connection, by, because)
    if not dead_letters.alone(connection):
        fail("Somebody else is at the quarantine; try again when they are done.")
        raise typer.Exit(1)
    return who


@contextmanager
def _database(address: DatabaseAddress) -> Iterator[SyncConnection]:
    """A connection, and the sentences for servers that do not answer."""
    try:
        with database(address) as connection:
            yield connection
    except psycopg.errors.UndefinedTable:
        fail("The database's schema is older than this command: start the ledger of this version first.")
        raise typer.Exit(1) from None
    except psycopg.Error as error:
        # Not its words: they can hold a row's values.
        fail(f"PostgreSQL does not go along: {type(error).__name__} {error.sqlstate or ''}".rstrip() + ".")
        raise typer.Exit(1) from None
    except LogUnreachable as error:
        fail(str(error))
        raise typer.Exit(1) from None
