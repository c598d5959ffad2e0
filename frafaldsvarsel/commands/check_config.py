"""`check-config`: whatever a person must mend before a process can begin."""

from dataclasses import fields
from datetime import UTC, datetime

import typer

from config.every_environment import EveryEnvironment
from config.reference.law import law_of
from config.told_sections import ToldSections
from frafaldsvarsel.commands.context import settings
from frafaldsvarsel.commands.terminal import EX_CONFIG, DataDir, fail, note, out
from frafaldsvarsel.wiring.law import law_warning
from frafaldsvarsel.wiring.soundness import soundness
from models.calendar import copenhagen_date
from models.eligibility.law_horizon import law_horizon


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("check-config")(check_config)


def check_config(data: DataDir = None) -> None:
    """Validate the settings and all reference data; a sentence for each fault."""
    known = settings(EveryEnvironment, data)
    now = datetime.now(UTC)
    found = soundness(ToldSections(getattr(known, field.name) for field in fields(known)), now)
    for one in found.faults:
        fail(str(one.fault))
    if found.faults or found.reference is None:
        raise typer.Exit(EX_CONFIG)
    if known.intake.published_keys_taken:
        out.print(
            "[yellow]![/] The published test keys are taken: right for trying things out, and nowhere else."
        )
    horizon = law_horizon(law_of(found.reference), copenhagen_date(now))
    if horizon is not None:
        note(f"[yellow]![/] {law_warning(horizon)}")
    out.print("[green]✓[/] Settings, keys, senders, law, units and routes are sound.")
