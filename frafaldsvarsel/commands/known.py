"""Whether a name that was typed is one that there is: a slip must not look like an answer."""

import typer

from config.settings import Settings
from frafaldsvarsel.commands.terminal import fail


def must_be_known(known: Settings, unit: str) -> None:
    """Ends with 1 where the reference data has no such unit."""
    from frafaldsvarsel.wiring.notifier import knows_unit

    if not knows_unit(known, unit):
        fail(f"units.csv has no unit {unit}.")
        raise typer.Exit(1)


def nothing_of(known: Settings, unit: str | None) -> None:
    """Nothing was found of `unit`: of one that was taken out of the data there may still be old things to list."""
    if unit is not None:
        must_be_known(known, unit)
