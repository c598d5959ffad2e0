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
from models.calendar import COPENHAGEN
from models.dead_letter import Kind, Prospect, State, Thing
from models.operator import Operator
from ops.audit.kafka_log import LogUnreachable
from ops.recovery import dead_letters
from ops.recovery.dead_letters import Connection, Selection

if TYPE_CHECKING:
    from ops.recovery.replay import Foreseen

commands = typer.Typer(
    help="What was refused or could not be delivered: list it, show it, replay it, dismiss it.",
    no_args_is_help=True,
)

_ROWS = 50

KindOption = Annotated[Kind | None, typer.Option("--kind", help="input, delivery or conflict.")]
Reason = Annotated[
    str | None, typer.Option("--reason", help="As in the list: docs/reasons.md, refused, exhausted.")
]
Party = Annotated[str | None, typer.Option("--sender", help="A sender's number, or a unit.")]
Since = Annotated[
    str | None,
    typer.Option("--since", help="Not before: a date, or a moment (Danish time without an offset)."),
]
Until = Annotated[str | None, typer.Option("--until", help="Before this date or moment.")]
Ids = Annotated[
    list[str] | None, typer.Option("--id", help="This one; may be given again. Found whatever its state.")
]
Decided = Annotated[bool, typer.Option("--all", help="Those replayed or dismissed too.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do it; without this it is only said what would happen.")]
By = Annotated[str | None, typer.Option("--as", help="Who you are; else the name of your account.")]
_WHY = "Why, for the audit trail. A few words; never a name, a CPR or anything about a person."
Because = Annotated[str, typer.Option("--because", help=_WHY)]
PerhapsBecause = Annotated[str | None, typer.Option("--because", help=_WHY)]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(commands, name="quarantine")


@commands.command("list")
def list_things(
    kind: KindOption = None,
    reason: Reason = None,
    sender: Party = None,
    since: Since = None,
    until: Until = None,
    ids: Ids = None,
    decided: Decided = False,
    data: DataDir = None,
    limit: Annotated[int | None, typer.Option(min=1, help="How many rows; a table shows 50.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """List what waits for somebody's decision, the oldest first."""
    selection = _selection(kind, reason, sender, since, until, ids, decided)
    wanted = limit if as_json or limit is not None else _ROWS
    with _database(settings(data)) as connection:
        found = dead_letters.things(connection, selection, limit=wanted)
    if as_json:
        for thing in found:
            emit(thing.model_dump(mode="json"))
    else:
        empty = "Nothing in quarantine is so." if selection.narrows else "Nothing lies in quarantine."
        show("", _COLUMNS, map(_row, found), empty=empty)
        if limit is None and len(found) == _ROWS:
            note(f"[dim]The first {_ROWS}; --limit N shows more, --json all.[/]")
    if wanted is None or len(found) < wanted:
        _must_be_there(selection, (thing.id for thing in found))


@commands.command("show")
def show_thing(
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
    from ops.recovery.rejected_payloads import Kept

    known = settings(data)
    with _database(known) as connection:
        found = dead_letters.things(connection, Selection(ids=(identity,)))
        if not found:
            fail(f"{identity} is not in quarantine.")
            raise typer.Exit(1)
        (thing,) = found
        dead_letters.opened(connection, thing, _hand(by, because))
        if thing.kind is Kind.DELIVERY:
            tried = dead_letters.attempts(connection, thing.id)
            content = None
        else:
            tried = []
            kept = Kept(known.kafka, known.open_keyring().make_vault())
            try:
                now = datetime.now(UTC)
                if thing.kind is Kind.INPUT:
                    content = kept.refused({thing.place: thing.since}, now)[thing.place]
                else:
                    content = kept.record(thing.place, thing.since, now)
            finally:
                kept.close()
    if as_json:
        emit(as_object(thing, content, tried))
    else:
        present(thing, content, tried)


@commands.command("replay")
def replay(
    kind: KindOption = None,
    reason: Reason = None,
    sender: Party = None,
    since: Since = None,
    until: Until = None,
    ids: Ids = None,
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
    from ops.recovery.rejected_payloads import Kept
    from ops.recovery.replay import Foresight, Replayer

    known = settings(data)
    selection = _narrow(_selection(kind, reason, sender, since, until, ids, decided=False))
    context, contacts = common_wiring.intake_context(known), notifier_wiring.contacts(known)
    kept = Kept(known.kafka, context.vault)
    rows: list[dict[str, Any]] = []
    try:
        with _database(known) as connection:
            if yes:
                _alone(connection)
            foresight = Foresight(connection, kept, context, contacts, datetime.now(UTC))
            foreseen = foresight.of(dead_letters.things(connection, selection))
            replayer = Replayer(connection, known.kafka, _hand(by, because))
            for one in foreseen:
                after = replayer.replay(one) if yes and one.goes(force=force) else None
                rows.append(_replay_row(one, after))
                if as_json:
                    emit(rows[-1])
    finally:
        kept.close()
        # Shown even when the brokers fall silent on the way: what was done, was done.
        if not as_json:
            _show_replay(rows, yes=yes)
    _must_be_there(selection, (row["id"] for row in rows))
    if yes and not all(row["replayed"] for row in rows):
        raise typer.Exit(1)


def _replay_row(foreseen: "Foreseen", after: Thing | None) -> dict[str, Any]:
    return {
        "id": foreseen.thing.id,
        "kind": foreseen.thing.kind,
        "reason": foreseen.thing.reason,
        "prospect": foreseen.prospect,
        "why": foreseen.why,
        "replayed": after is not None,
        "replayed_as": None if after is None else after.replayed_as,
    }


@commands.command("dismiss")
def dismiss(
    because: Because,
    kind: KindOption = None,
    reason: Reason = None,
    sender: Party = None,
    since: Since = None,
    until: Until = None,
    ids: Ids = None,
    by: By = None,
    yes: Yes = False,
    data: DataDir = None,
    as_json: JsonFlag = False,
) -> None:
    """Take things out of the open list for good reason; `list --all` still shows them.

    Exit code 1 when an --id is not there.
    """
    selection = _narrow(_selection(kind, reason, sender, since, until, ids, decided=False))
    hand = _hand(by, because)
    rows = []
    with _database(settings(data)) as connection:
        if yes:
            _alone(connection)
        for thing in dead_letters.things(connection, selection):
            decided = thing.state in (State.REPLAYED, State.DISMISSED)
            if yes and not decided:
                dead_letters.dismiss(connection, thing, hand)
            rows.append(
                {
                    "id": thing.id,
                    "kind": thing.kind,
                    "reason": thing.reason,
                    "state": thing.state,
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


def _said(prospect: Prospect, *, replayed: bool) -> str:
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
    kind: Kind | None,
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


def _hand(by: str | None, because: str | None) -> Operator:
    if because is not None and not because.strip():
        raise typer.BadParameter("say why", param_hint="--because")
    return Operator(by or account(), because)


def _alone(connection: Connection) -> None:
    if not dead_letters.alone(connection):
        fail("Somebody else is at the quarantine; try again when they are done.")
        raise typer.Exit(1)


@contextmanager
def _database(known: Settings) -> Iterator[Connection]:
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


def _row(thing: Thing) -> list[object]:
    return [
        thing.id,
        thing.kind,
        f"{thing.since.astimezone(COPENHAGEN):%Y-%m-%d %H:%M}",
        thing.sender or thing.unit,
        thing.reason,
        _STATES[thing.state],
        escape(_why(thing)),
    ]


def _why(thing: Thing) -> str:
    said = [
        thing.detail,
        thing.task,
        thing.replayed_as and f"as {thing.replayed_as}",
        thing.delivery_status if thing.state is State.REPLAYED else None,
        thing.because and f"“{thing.because}”",
        thing.decided_by,
    ]
    return " · ".join(part for part in said if part)


_STATES: Mapping[State, str] = {
    State.OPEN: "[bold]open[/]",
    State.BEGUN: "[yellow]begun[/]",
    State.REPLAYED: "[green]replayed[/]",
    State.DISMISSED: "[dim]dismissed[/]",
}
