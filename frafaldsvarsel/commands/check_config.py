"""`check-config`: whatever a person must mend before a process can begin."""

from datetime import UTC, datetime

import typer

from config.environments import EveryEnvironment
from config.keyring_faults import ring_faults
from config.reference.checks.all import reference_faults
from config.reference.checks.law import confirmations_to_come
from config.reference.csv_reader import DATA
from config.reference.law import law_of
from config.reference.tables import read_reference
from frafaldsvarsel.commands.context import settings
from frafaldsvarsel.commands.terminal import EX_CONFIG, DataDir, fail, note, out
from frafaldsvarsel.wiring import common as common_wiring
from frafaldsvarsel.wiring import ledger as ledger_wiring
from frafaldsvarsel.wiring import notices as notices_wiring
from frafaldsvarsel.wiring import probe as probe_wiring
from frafaldsvarsel.wiring.api import api_faults
from frafaldsvarsel.wiring.law import law_warning
from models.calendar import copenhagen_date
from models.eligibility.law_horizon import law_horizon


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("check-config")(check_config)


def check_config(data: DataDir = None) -> None:
    """Validate the settings and all reference data; a sentence for each fault."""
    known = settings(EveryEnvironment, data)
    now = datetime.now(UTC)
    reference = read_reference(known.reference.directory or DATA)
    faults = [str(fault) for fault in reference_faults(reference)]
    if not faults:
        notices_wiring.smtp(known.smtp)
        if known.interval.seconds is not None and known.probe.keys_dir is not None:
            probe_wiring.known_probe(known.probe, reference)
        faults = [
            str(fault)
            for fault in (
                *confirmations_to_come(reference, copenhagen_date(now)),
                *ring_faults(known.keyring.ring, published_keys_taken=known.intake.published_keys_taken),
                *common_wiring.register_faults(
                    known.senders,
                    now=now,
                    published_keys_taken=known.intake.published_keys_taken,
                ),
                *notices_wiring.channel_faults(known.bounces, known.webhooks, reference),
                *api_faults(known.api, ledger_wiring.rules(reference).units),
            )
        ]
    for sentence in faults:
        fail(sentence)
    if faults:
        raise typer.Exit(EX_CONFIG)
    if known.intake.published_keys_taken:
        out.print(
            "[yellow]![/] The published test keys are taken: right for trying things out, and nowhere else."
        )
    horizon = law_horizon(law_of(reference), copenhagen_date(now))
    if horizon is not None:
        note(f"[yellow]![/] {law_warning(horizon)}")
    out.print("[green]✓[/] Settings, keys, senders, law, units and routes are sound.")
