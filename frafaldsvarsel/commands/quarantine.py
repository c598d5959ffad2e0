"""`quarantine`: what was refused or could not be delivered is listed, shown, replayed and dismissed."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import psycopg
import typer
from rich.markup import escape

from config.settings import Settings
from frafaldsvarsel.commands.account import account
from frafaldsvarsel.commands.context import settings
from frafaldsvarsel.commands.terminal import DataDir, JsonFlag, emit, fail, note, out, show
from frafaldsvarsel.wiring import common as common_wiring
from frafaldsvarsel.wiring import notifier as notifier_wiring
from infra.postgres import SyncConnection
from models.calendar import COPENHAGEN
from models.dead_letter import DeadLetter, DeadLetterKind, DeadLetterState, ReplayOutcome
from models.operator import Operator
from ops.audit.kafka_log import LogUnreachable
from ops.recovery import dead_letters, failed_deliveries
from ops.recovery.dead_letters import Selection

if TYPE_CHECKING:
    from ops.recovery.replay import ReplayPlan

commands = typer.Typer(
    help="What was refused or could not be delivered: list it, show it, replay it, dismiss it.",
    no_args_is_help=True,
)

_ROWS = 50

KindOption = Annotated[DeadLetterKind | None, typer.Option("--kind", help="input, delivery or conflict.")]
ReasonOption = Annotated[
    str | None, typer.Option("--reason", help="As in the list: docs/reasons.md, refused, exhausted.")
]
Party = Annotated[str | None, typer.Option("--sender", help="A sender's number, or a unit.")]
Since = Annotated[
    str | None,
    typer.Option("--since", help="Not before: a date, or a moment (Danish time without an offset)."),
]
Until = Annotated[str | None, typer.Option("--until", help="Before this date or moment.")]
IdsArgument = Annotated[
    list[str] | None, typer.Option("--id", help="This one; may be given again. Found whatever its state.")
]
DecidedOption = Annotated[bool, typer.Option("--all", help="Those replayed or dismissed too.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do it; without this it is only said what would happen.")]
By = Annotated[str | None, typer.Option("--as", help="Who you are; else the name of your account.")]
_WHY = "Why, for the audit trail. A few words; never a name, a CPR or anything about a person."
Because = Annotated[str, typer.Option("--because", help=_WHY)]
PerhapsBecause = Annotated[str | None, typer.Option("--because", help=_WHY)]


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
    limit: Annotated[int | None, typer.Option(min=1, help="How many rows; a table shows 50.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """List what waits for somebody's decision, the oldest first."""
    selection = _selection(kind, reason, sender, since, until, ids, decided)
    wanted = limit if as_json or limit is not None else _ROWS
    with _database(settings(data)) as connection:
        found = dead_letters.dead_letters(connection, selection, limit=wanted)
    if as_json:
        for dead_letter in found:
            emit(dead_letter.model_dump(mode="json"))
    else:
        empty = "Nothing in quarantine is so." if selection.narrows else "Nothing lies in quarantine."
        show("", _COLUMNS, map(_row, found), empty=empty)
        if limit is None and len(found) == _ROWS:
            note(f"[dim]The first {_ROWS}; --limit N shows more, --json all.[/]")
    if wanted is None or len(found) < wanted:
        _must_be_there(selection, (dead_letter.id for dead_letter in found))


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

    known = settings(data)
    with _database(known) as connection:
        found = dead_letters.dead_letters(connection, Selection(ids=(identity,)))
        if not found:
            fail(f"{identity} is not in quarantine.")
            raise typer.Exit(1)
        (dead_letter,) = found
        dead_letters.opened(connection, dead_letter, _operator(by, because))
        if dead_letter.kind is DeadLetterKind.DELIVERY:
            tried = failed_deliveries.attempts(connection, dead_letter.id)
            content = None
        else:
            tried = []
            payloads = RejectedPayloads(known.kafka, known.open_keyring().make_vault())
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
    """Say what a replay would come to now, and with --yes let it happen.

    Exit code 1 when something that was selected has not been replayed, or an --id is not there.
    """
    from ops.recovery.rejected_payloads import RejectedPayloads
    from ops.recovery.replay import Replayer, ReplayPlanner

    known = settings(data)
    selection = _narrow(_selection(kind, reason, sender, since, until, ids, decided=False))
    context, contacts = common_wiring.intake_context(known), notifier_wiring.contacts(known)
    payloads = RejectedPayloads(known.kafka, context.vault)
    rows: list[dict[str, Any]] = []
    try:
        with _database(known) as connection:
            if yes:
                _alone(connection)
            planner = ReplayPlanner(connection, payloads, context, contacts, datetime.now(UTC))
            plan = planner.of(dead_letters.dead_letters(connection, selection))
            replayer = Replayer(connection, known.kafka, _operator(by, because))
            for one in plan:
                after = replayer.replay(one) if yes and one.goes(force=force) else None
                rows.append(_replay_row(one, after))
                if as_json:
                    emit(rows[-1])
    finally:
        payloads.close()
        # Shown even when the brokers fall silent on the way: what was done, was done.
        if not as_json:
            _show_replay(rows, yes=yes)
    _must_be_there(selection, (row["id"] for row in rows))
    if yes and not all(row["replayed"] for row in rows):
        raise typer.Exit(1)


def _replay_row(plan: "ReplayPlan", after: DeadLetter | None) -> dict[str, Any]:
    return {
        "id": plan.dead_letter.id,
        "kind": plan.dead_letter.kind,
        "reason": plan.dead_letter.reason,
        "prospect": plan.prospect,
        "why": plan.why,
        "replayed": after is not None,
        "replayed_as": None if after is None else after.replayed_as,
    }


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
    selection = _narrow(_selection(kind, reason, sender, since, until, ids, decided=False))
    operator = _operator(by, because)
    rows = []
    with _database(settings(data)) as connection:
        if yes:
            _alone(connection)
        for dead_letter in dead_letters.dead_letters(connection, selection):
            decided = dead_letter.state in (DeadLetterState.REPLAYED, DeadLetterState.DISMISSED)
            if yes and not decided:
                dead_letters.dismiss(connection, dead_letter, operator)
            rows.append(
                {
                    "id": dead_letter.id,
                    "kind": dead_letter.kind,
                    "reason": dead_letter.reason,
                    "state": dead_letter.state,
                    "dismissed": yes and not decided,
                }
            )
    if as_json:
        for row in rows:
            emit(row)
    else:
        show(
            "",
            ("id", "kind", "reason", "state"),
            (
                [row["id"], row["kind"], row["reason"], "dismissed" if row["dismissed"] else row["state"]]
                for row in rows
            ),
            empty="Nothing in quarantine is so.",
        )
        _say_dry(rows, yes=yes, word="dismissed")
    _must_be_there(selection, (str(row["id"]) for row in rows))


def _show_replay(rows: list[dict[str, Any]], *, yes: bool) -> None:
    show(
        "",
        ("id", "kind", "reason", "now" if not yes else "came to", "why"),
        (
            [
                row["id"],
                row["kind"],
                row["reason"],
                _said(row["prospect"], replayed=bool(row["replayed"])),
                escape(str(row["replayed_as"] or row["why"] or "")),
            ]
            for row in rows
        ),
        empty="Nothing in quarantine is so.",
    )
    _say_dry(rows, yes=yes, word="replayed")


def _said(prospect: ReplayOutcome, *, replayed: bool) -> str:
    if replayed:
        return "[green]replayed[/]"
    colour = "green" if prospect.worthwhile else "yellow"
    return f"[{colour}]{prospect.replace('_', ' ')}[/]"


def _must_be_there(selection: Selection, found: Iterable[str]) -> None:
    """Ends with 1 where an id that was asked for is not among what was found: a slip must not look like done."""
    there = set(found)
    missing = [identity for identity in dict.fromkeys(selection.ids) if identity not in there]
    wanted = " with what else was asked for" if replace(selection, ids=()).narrows else ""
    for identity in missing:
        fail(f"{identity} is not in quarantine{wanted}.")
    if missing:
        raise typer.Exit(1)


def _say_dry(rows: list[dict[str, Any]], *, yes: bool, word: str) -> None:
    if not rows:
        return
    if not yes:
        note(f"[dim]Nothing has been {word}: --yes does it.[/]")
        return
    done = sum(bool(row[word]) for row in rows)
    out.print(f"{done} of {len(rows)} {word}.", highlight=False)


def _selection(
    kind: DeadLetterKind | None,
    reason: str | None,
    party: str | None,
    since: str | None,
    until: str | None,
    ids: list[str] | None,
    decided: bool,
) -> Selection:
    return Selection(
        kind=kind,
        reason=reason,
        party=party,
        since=_moment(since, "--since"),
        until=_moment(until, "--until"),
        ids=tuple(ids or ()),
        decided_too=decided,
    )


def _narrow(selection: Selection) -> Selection:
    if not selection.narrows:
        fail("Which? Give --id, --kind, --reason, --sender, --since or --until.")
        raise typer.Exit(2)
    return selection


def _moment(text: str | None, option: str) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            "a date or a moment: 2026-10-02, 2026-10-02T14:00", param_hint=option
        ) from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=COPENHAGEN)


def _operator(by: str | None, because: str | None) -> Operator:
    if because is not None and not because.strip():
        raise typer.BadParameter("say why", param_hint="--because")
    return Operator(by or account(), because)


def _alone(connection: SyncConnection) -> None:
    if not dead_letters.alone(connection):
        fail("Somebody else is at the quarantine; try again when they are done.")
        raise typer.Exit(1)


@contextmanager
def _database(known: Settings) -> Iterator[SyncConnection]:
    """A connection, and the sentences for servers that do not answer."""
    try:
        with psycopg.connect(known.database_url.get_secret_value(), autocommit=True) as connection:
            yield connection
    except psycopg.errors.UndefinedTable:
        fail("The database's schema is older than this command: start the ledger of this version first.")
        raise typer.Exit(1) from None
    except psycopg.OperationalError:
        fail("PostgreSQL does not answer.")
        raise typer.Exit(1) from None
    except psycopg.Error as error:
        # Not its words: they can hold a row's values.
        fail(f"PostgreSQL does not go along: {type(error).__name__} {error.sqlstate or ''}".rstrip() + ".")
        raise typer.Exit(1) from None
    except LogUnreachable as error:
        fail(str(error))
        raise typer.Exit(1) from None


_COLUMNS = ("id", "kind", "since", "from / unit", "reason", "state", "why")


def _row(dead_letter: DeadLetter) -> list[object]:
    return [
        dead_letter.id,
        dead_letter.kind,
        f"{dead_letter.since.astimezone(COPENHAGEN):%Y-%m-%d %H:%M}",
        dead_letter.sender or dead_letter.unit,
        dead_letter.reason,
        _STATES[dead_letter.state],
        escape(_why(dead_letter)),
    ]


def _why(dead_letter: DeadLetter) -> str:
    said = [
        dead_letter.detail,
        dead_letter.task,
        dead_letter.replayed_as and f"as {dead_letter.replayed_as}",
        dead_letter.delivery_status if dead_letter.state is DeadLetterState.REPLAYED else None,
        dead_letter.because and f"“{dead_letter.because}”",
        dead_letter.decided_by,
    ]
    return " · ".join(part for part in said if part)


_STATES: Mapping[DeadLetterState, str] = {
    DeadLetterState.OPEN: "[bold]open[/]",
    DeadLetterState.BEGUN: "[yellow]begun[/]",
    DeadLetterState.REPLAYED: "[green]replayed[/]",
    DeadLetterState.DISMISSED: "[dim]dismissed[/]",
}
