"""What the interface for case systems is handed: settings in, the application out. Part of the composition root."""

from collections.abc import Container, Iterable
from datetime import UTC, datetime

from fastapi import FastAPI

from api.app import build
from api.dependencies import ApiDependencies
from config.api_clients import ClientRegister, read_api_clients
from config.errors import ConfigError, Fault
from config.reference.law import law_of
from config.reference.tables import Reference
from config.reference.units import municipalities_of
from config.sections.keys import InboxKeys
from config.sections.pages import ApiSection
from ledger.actions.chain_wait import NO_WAIT, ChainWait
from ledger.actions.perform import Rules
from ledger.queries.visit import ServedConnections


def api_app(
    section: ApiSection,
    keys: InboxKeys,
    reference: Reference,
    rules: Rules,
    served: ServedConnections,
    chained: ChainWait = NO_WAIT,
) -> FastAPI | None:
    """The interface, to be mounted at ``/api/v1``; None where no client has been set. Raises `ConfigError`.

    `served`: connections in autocommit; their pool is opened and closed by the process that mounts the application.
    """
    if section.clients_file is None:
        return None
    return build(
        ApiDependencies(
            served=served,
            clients=ClientRegister(section.clients_file, rules.units),
            tags=keys.access,
            opener=keys.opener,
            page_seal=keys.pages,
            rules=rules,
            municipalities=list(municipalities_of(reference)),
            unit_on=law_of(reference).unit_on,
            chained=chained,
            clock=lambda: datetime.now(UTC),
        )
    )


def api_faults(section: ApiSection, units: Container[str]) -> Iterable[Fault]:
    """What is wrong in the clients' file."""
    if section.clients_file is None:
        return ()
    try:
        read_api_clients(section.clients_file, units)
    except ConfigError as error:
        return error.faults
    return ()
