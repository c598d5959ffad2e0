"""The interface is there when its clients are set, and a fault of their file is one of the configuration."""

import json
from pathlib import Path

import pytest
from fastapi import FastAPI
from psycopg_pool import AsyncConnectionPool

from config.api_clients import read_api_clients
from config.errors import ConfigError, Fault
from config.reference.units import units_of
from config.sections.pages import ApiSection
from crypto.client_secret_hash import fits, hash_secret
from frafaldsvarsel.api_client_setup import clients_file, curl_file, ensure_client
from frafaldsvarsel.wiring.api import api_app, api_faults
from frafaldsvarsel.wiring.ledger import rules
from ledger.queries.visit import ServedConnections
from tests.keys import made_keys
from tests.reference import SHIPPED

UNIT = next(iter(units_of(SHIPPED)))


def app(clients: Path | None) -> FastAPI | None:
    """The interface as it is composed, on a pool that is never opened."""
    pool = AsyncConnectionPool("postgresql://not-used", open=False)
    section, keys = ApiSection(clients_file=clients), made_keys().inbox
    return api_app(section, keys, SHIPPED, rules(SHIPPED), ServedConnections(pool, keys.visit))


def faults(clients: Path | None) -> list[Fault]:
    return list(api_faults(ApiSection(clients_file=clients), [UNIT]))


def written(folder: Path, unit: str) -> Path:
    """A file of one client."""
    entry = {
        "id": "case-system",
        "name": "Sagssystem",
        "units": [unit],
        "rights": ["tasks:read"],
        "secrets": [{"hash": hash_secret("secret")}],
    }
    file = folder / "clients.json"
    file.write_text(json.dumps({"clients": [entry]}), encoding="utf-8")
    return file


async def test_without_clients_there_is_no_interface(tmp_path: Path) -> None:
    assert app(None) is None
    assert faults(None) == []
    assert app(written(tmp_path, UNIT)) is not None
    assert faults(written(tmp_path, UNIT)) == []


async def test_a_fault_of_the_file_stops_the_process_and_is_said_by_check_config(tmp_path: Path) -> None:
    spoilt = written(tmp_path, "unit-of-nobody")
    with pytest.raises(ConfigError, match="unit-of-nobody"):
        app(spoilt)
    (fault,) = faults(spoilt)
    assert fault.sentence == "client case-system has the unit unit-of-nobody, which is not known."


def test_a_client_for_local_use_is_made_once_for_the_owners_eyes_and_fits_its_secret(tmp_path: Path) -> None:
    for port in (8001, 8002):
        ensure_client(tmp_path, [UNIT], f"http://127.0.0.1:{port}/api/v1")
        secret = (tmp_path / "api" / "case-system.secret").read_text()
    clients = read_api_clients(clients_file(tmp_path), [UNIT])
    assert list(clients) == ["case-system"]
    assert clients["case-system"].units == (UNIT,)
    assert fits(secret, clients["case-system"].secrets[0].hash)
    assert curl_file(tmp_path).read_text() == (
        'url = "http://127.0.0.1:8002/api/v1/oauth2/token"\n'
        f'user = "case-system:{secret}"\n'
        'data = "grant_type=client_credentials"\n'
    )
    for file in (tmp_path / "api").iterdir():
        assert file.stat().st_mode & 0o777 == 0o600, file.name
