"""`probe`: a made-up message through the whole chain, and leg by leg how long it took."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

import typer

from config.environments import ProbeEnvironment
from frafaldsvarsel.commands.context import settings
from frafaldsvarsel.commands.terminal import DataDir, JsonObjectFlag, emit, fail, out, show
from infra import logging as logs


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeAnswer:
    """`canary --once --json`: what came of one canary."""

    message_id: str
    home: bool
    seconds: float
    legs: Mapping[str, float]
    lost_at: str | None
    why: str | None


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("canary")(canary_command)


def canary_command(
    data: DataDir = None,
    once: Annotated[bool, typer.Option("--once", help="Send one, say what came of it, and end.")] = False,
    as_json: JsonObjectFlag = False,
) -> None:
    """Send a made-up message through the whole chain, over and over; with --once exit code 1 when it is lost."""
    from frafaldsvarsel.processes.probe import run_canary
    from frafaldsvarsel.wiring import probe as probe_wiring
    from infra.metrics import Metrics
    from ops.probe.metrics import CANARY_METRICS
    from ops.probe.probe import Probe
    from ops.probe.trace import ABOUT, ProbeRun

    known = settings(ProbeEnvironment, data)
    if not once:
        logs.configure(form=known.log.form)
        raise typer.Exit(run_canary(known))
    logs.configure("CRITICAL")
    configured = probe_wiring.probe_settings(known)

    async def fly() -> ProbeRun:
        canary = Probe(configured, Metrics(CANARY_METRICS), monotonic=time.monotonic)
        try:
            return await canary.fly(datetime.now(UTC))
        finally:
            await canary.close()

    flight = asyncio.run(fly())
    if as_json:
        emit(
            ProbeAnswer(
                message_id=flight.message_id,
                home=flight.home,
                seconds=round(flight.total, 3),
                legs={leg: round(seconds, 3) for leg, seconds in flight.seconds.items()},
                lost_at=flight.lost_at,
                why=flight.why,
            )
        )
    else:
        rows = ([leg, f"{seconds:.2f} s", ABOUT[leg]] for leg, seconds in flight.seconds.items())
        show("", ("leg", "took", "it is over when"), rows, empty="It has come over no leg.")
        if flight.lost_at is None:
            out.print(f"[green]✓[/] Home in {flight.total:.1f} seconds.", highlight=False)
    if flight.lost_at is not None:
        if not as_json:
            fail(f"Lost: not over the leg {flight.lost_at}: {flight.why}.")
        raise typer.Exit(1)
