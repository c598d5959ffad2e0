"""What a command stands on: the service that it asks, and whether what was typed exists.

The service is found by the environment, or by the folder of a service started with `up`.
"""

import os
import pwd
from pathlib import Path
from typing import Any

import typer
from pydantic import BaseModel

from config.command_environments import role_of
from config.database_roles import DatabaseRole
from config.errors import ConfigError, Fault
from config.key_environment import least_keys
from config.sections.base import PREFIX
from config.sections.servers import ReferenceSection
from config.settings import EnvironmentT, from_environment, is_told, load, told_sections, variables_of
from config.told_sections import ToldSections
from frafaldsvarsel.commands.terminal import fail
from models.ids import UnitId


def settings(kind: type[EnvironmentT], data: Path | None) -> EnvironmentT:
    """What a command needs of the service in `data`, or of the environment; raises `ConfigError`."""
    if data is not None:
        return load(kind, _of_folder(data).environment_of(kind))
    _must_be_told()
    return from_environment(kind)


def settings_as_they_are(kind: type[Any], data: Path | None) -> tuple[ToldSections, tuple[Fault, ...]]:
    """What can be read of `kind`, and what is wrong with the rest; raises `ConfigError` where there are none."""
    if data is not None:
        return told_sections(kind, _of_folder(data).environment_of(kind))
    _must_be_told()
    return told_sections(kind)


def metrics_page(data: Path | None, process: str) -> str | None:
    """Where a process of the service in `data` serves its metrics; None: it is not known."""
    return None if data is None else _of_folder(data).metrics.get(process)


class _Addresses(BaseModel):
    """What `up` writes of itself, as far as commands need it."""

    environment: dict[str, str]
    database_urls: dict[DatabaseRole, str] = {}
    metrics: dict[str, str] = {}

    def environment_of(self, kind: type[Any]) -> dict[str, str]:
        """What a command with the settings `kind` is told: it comes to the database as its own user."""
        url = self.database_urls.get(role_of(kind))
        told = least_keys(kind, self.environment, variables_of(kind))
        return told if url is None else {**told, PREFIX + "DATABASE_URL": url}


def _must_be_told() -> None:
    if not is_told():
        raise ConfigError(
            [Fault(f"Which service? Set {PREFIX}… in the environment, or give --data DIR of a running `up`.")]
        )


def _of_folder(data: Path) -> _Addresses:
    file = data / "addresses.json"
    try:
        return _Addresses.model_validate_json(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise ConfigError(
            [Fault(f"No service has been started in {data}: it holds no addresses.json.")]
        ) from None


def account() -> str:
    """Who is at the terminal: by the account's entry, never by the environment, which anybody may set."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"


def must_be_known(section: ReferenceSection, unit: str) -> None:
    """Ends with 1 where the reference data has no such unit: a slip must not look like an answer."""
    from config.reference.units import units_of
    from frafaldsvarsel.wiring.common import read_reference

    if UnitId(unit) not in units_of(read_reference(section)):
        fail(f"units.csv has no unit {unit}.")
        raise typer.Exit(1)
