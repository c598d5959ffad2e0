"""What the interface for case systems is handed: settings in, the application out. Part of the composition root."""

from collections.abc import Iterable
from datetime import UTC, datetime

from fastapi import FastAPI

from api.app import build
from api.dependencies import ApiDependencies
from config.api_clients import ClientRegister, read_api_clients
from config.errors import ConfigError, Fault
from config.reference.checks.all import sound_reference
from config.settings import Settings
from crypto.hmac_tokens import Purpose
from frafaldsvarsel.wiring import common as common_wiring
from frafaldsvarsel.wiring import ledger as ledger_wiring
from infra.postgres import Pool


def api_app(settings: Settings, pool: Pool) -> FastAPI | None:
    """The interface, to be mounted at ``/api/v1``; None where no client has been set. Raises `ConfigError`.

    `pool`: of connections in autocommit; it is opened and closed by the process that mounts the application.
    """
    if settings.api_clients_file is None:
        return None
    keyring = settings.open_keyring()
    rules, directory = ledger_wiring.rules(settings), common_wiring.reference_dir(settings)
    return build(
        ApiDependencies(
            pool=pool,
            clients=ClientRegister(settings.api_clients_file, rules.units),
            tags=keyring.tags(Purpose.ACCESS),
            vault=keyring.make_vault(),
            rules=rules,
            municipalities=[row.code for row in sound_reference(directory).municipalities.rows],
            unit_on=common_wiring.law(settings).unit_on,
            clock=lambda: datetime.now(UTC),
        )
    )


def api_faults(settings: Settings) -> Iterable[Fault]:
    """What is wrong in the clients' file."""
    if settings.api_clients_file is None:
        return ()
    try:
        read_api_clients(settings.api_clients_file, ledger_wiring.rules(settings).units)
    except ConfigError as error:
        return error.faults
    return ()
