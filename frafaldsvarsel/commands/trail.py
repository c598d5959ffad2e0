"""`trail`: keeps the audit trail's chain, and shows whether the trail is the one that was written."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from config.command_environments import TrailRestartEnvironment, TrailVerifyEnvironment
from config.environments import TrailEnvironment
from frafaldsvarsel.commands.context import settings
from frafaldsvarsel.commands.database import database, operator
from frafaldsvarsel.commands.terminal import Because, By, DataDir, JsonObjectFlag, emit, fail, out
from infra import logging as logs

if TYPE_CHECKING:
    from ops.trail.verify import TrailFinding

commands = typer.Typer(help="The audit trail: its chain, and the proof of it.", no_args_is_help=True)
_MOST_SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailAnswer:
    """`trail verify --json`."""

    verified_at: str
    links: int
    """Rows that are chained."""
    root: str
    erased: int
    """Of these, rows that an erasure has emptied, as it should."""
    signed: int
    """Signed roots that were held against the chain."""
    signed_to: int
    """The furthest row that a signed root stands for; what came later is chained, and not signed yet."""
    restarts: int
    """Restores that people have said: what was signed beyond them is not held against the trail."""
    not_ours: int
    """Lines in the places of signed roots that none of the known keys has signed."""
    places_away: Sequence[str]
    findings: "Sequence[TrailFinding]"


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(commands, name="trail")


@commands.command("keep")
def keep(
    data: DataDir = None,
    metrics_port: Annotated[
        int | None, typer.Option(min=1, help="Serve metrics here; else the setting.")
    ] = None,
) -> None:
    """Chain every row of the audit trail within a second, and sign the root outside the database each minute."""
    from frafaldsvarsel.processes.trail import run_trail

    known = settings(TrailEnvironment, data)
    logs.configure(form=known.log.form)
    run_trail(known, metrics_port)


@commands.command("verify")
def verify(data: DataDir = None, as_json: JsonObjectFlag = False) -> None:
    """Hold every row against the chain, and the chain against every root that was signed.

    Exit code 1 where one differs, 2 where a server does not answer.
    """
    from frafaldsvarsel.wiring.trail import public_keys, sinks
    from ops.trail.keeper import LINKED_WITHIN
    from ops.trail.keeper import verify as hold
    from ops.trail.sinks import gather
    from ops.trail.verify import TrailReader

    known = settings(TrailVerifyEnvironment, data)
    keys, at = public_keys(known.trail_public), datetime.now(UTC)
    gathered = gather(tuple(sinks(known.kafka, known.trail)), keys)
    reader = TrailReader(gathered.roots)
    with database(known.database, unreachable=2) as connection:
        findings = hold(connection, at - LINKED_WITHIN, reader)
    answer = TrailAnswer(
        verified_at=at.isoformat(timespec="seconds"),
        links=reader.links,
        root=reader.root.hex(),
        erased=reader.erased,
        signed=len(gathered.roots),
        signed_to=max((one.n for one in gathered.roots), default=0),
        restarts=sum(one.restart is not None for one in gathered.roots),
        not_ours=gathered.not_ours,
        places_away=gathered.away,
        findings=findings,
    )
    if as_json:
        emit(answer)
    else:
        _show(answer)
    if findings:
        raise typer.Exit(1)
    if gathered.away:
        raise typer.Exit(2)


@commands.command("restart")
def restart(because: Because, by: By = None, data: DataDir = None) -> None:
    """Say that an older copy of the database was restored: what was signed beyond it is not held against the trail.

    The word of it is signed itself, and `trail verify` counts it for ever.
    """
    from frafaldsvarsel.wiring.trail import signer, sinks
    from ops.trail.restart import NothingToRestart, restart_chain
    from ops.trail.sinks import SinkAway

    known = settings(TrailRestartEnvironment, data)
    try:
        with database(known.database, unreachable=2) as connection:
            lost = restart_chain(
                connection,
                tuple(sinks(known.kafka, known.trail)),
                signer(known.trail_key),
                by=operator(connection, by, because).by,
                because=because,
                now=datetime.now(UTC),
            )
    except (NothingToRestart, SinkAway) as error:
        fail(str(error))
        raise typer.Exit(1) from None
    out.print(f"The chain goes on. {lost} rows that were signed are gone, as you say.", highlight=False)


def _show(answer: TrailAnswer) -> None:
    sound = not answer.findings
    out.print(
        f"{'[green]✓[/]' if sound else '[bold red]✗[/]'} {answer.links} rows are chained"
        f"{'' if sound else f'; {len(answer.findings)} findings'}. Root {answer.root[:16]}…",
        highlight=False,
    )
    out.print(
        f"  {answer.signed} signed roots were held against it, up to row {answer.signed_to}.", highlight=False
    )
    if answer.erased:
        out.print(
            f"  {answer.erased} rows were emptied by erasures, or when their time was over, as the chain says.",
            highlight=False,
        )
    if answer.restarts:
        out.print(f"  {answer.restarts} times people said that an older copy was restored.", highlight=False)
    if answer.not_ours:
        out.print(f"  {answer.not_ours} lines beside the signed roots are of no known key.", highlight=False)
    for place in answer.places_away:
        fail(f"The signed roots in the {place} could not be read.")
    for finding in answer.findings[:_MOST_SHOWN]:
        where = "" if finding.n is None else f" at link {finding.n}"
        what = "" if finding.audit_id is None else f" (row {finding.audit_id})"
        fail(f"{finding.fault.replace('_', ' ')}{where}{what}")
    if len(answer.findings) > _MOST_SHOWN:
        fail(f"… and {len(answer.findings) - _MOST_SHOWN} more.")
