"""`check-config`: whatever a person must mend before a process can begin."""

import typer

from config.check import check_reference_data
from config.tables import DATA
from frafaldsvarsel import compose, compose_canary, compose_notices
from frafaldsvarsel.api_parts import api_faults
from frafaldsvarsel.cli.environment import settings
from frafaldsvarsel.cli.terminal import EX_CONFIG, DataDir, fail, out


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("check-config")(check_config)


def check_config(data: DataDir = None) -> None:
    """Validate the settings and all reference data; a sentence for each fault."""
    known = settings(data)
    directory = known.reference_dir or DATA
    faults = [str(fault) for fault in check_reference_data(directory)]
    if not faults:
        known.open_keyring().make_vault()
        compose_notices.smtp(known)
        if known.canary_seconds is not None and known.canary_keys_dir is not None:
            compose_canary.canary(known)
        faults = [
            str(fault)
            for fault in (
                *compose.register_faults(known),
                *compose_notices.channel_faults(known),
                *api_faults(known),
            )
        ]
    for sentence in faults:
        fail(sentence)
    if faults:
        raise typer.Exit(EX_CONFIG)
    out.print("[green]✓[/] Settings, keys, senders, law, units and routes are sound.")
