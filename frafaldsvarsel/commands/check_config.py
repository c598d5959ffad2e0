"""`check-config`: whatever a person must mend before a process can begin."""

import typer

from config.reference.checks.all import check_reference_data
from config.reference.csv_reader import DATA
from frafaldsvarsel.commands.context import settings
from frafaldsvarsel.commands.terminal import EX_CONFIG, DataDir, fail, out
from frafaldsvarsel.wiring import common as common_wiring
from frafaldsvarsel.wiring import notifier as notifier_wiring
from frafaldsvarsel.wiring import probe as probe_wiring
from frafaldsvarsel.wiring.api import api_faults


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
        notifier_wiring.smtp(known)
        if known.canary_seconds is not None and known.canary_keys_dir is not None:
            probe_wiring.probe(known)
        faults = [
            str(fault)
            for fault in (
                *common_wiring.register_faults(known),
                *notifier_wiring.channel_faults(known),
                *api_faults(known),
            )
        ]
    for sentence in faults:
        fail(sentence)
    if faults:
        raise typer.Exit(EX_CONFIG)
    out.print("[green]✓[/] Settings, keys, senders, law, units and routes are sound.")
