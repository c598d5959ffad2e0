"""A case system for local use, made at start: who tries the interface out finds a client, and a file that logs it in.

It overwrites no secret. A real client's secret is shown once by `api-client` and kept nowhere.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from config.api_clients import ApiClient, ClientRight, KeptSecret
from config.key_store import write_new
from crypto.client_secret_hash import hash_secret, new_secret

CLIENT_ID: Final = "case-system"


def clients_file(data: Path) -> Path:
    """The clients' file of a service that runs in `data`."""
    return data / "api" / "clients.json"


def curl_file(data: Path) -> Path:
    """What `curl --config` reads to get a token."""
    return data / "api" / f"{CLIENT_ID}.curl"


def ensure_client(data: Path, units: Iterable[str], api: str) -> None:
    """Make the client of `units` where it is missing, and write how it logs in at `api`; all for the owner's eyes."""
    secret = data / "api" / f"{CLIENT_ID}.secret"
    secret.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_new(secret, new_secret().encode())
    if not clients_file(data).exists():
        client = ApiClient(
            id=CLIENT_ID,
            name="A case system to try out",
            units=tuple(sorted(units)),
            rights=tuple(ClientRight),
            secrets=(KeptSecret(hash=hash_secret(secret.read_text("utf-8"))),),
        )
        content = '{"clients": [' + client.model_dump_json(exclude_none=True) + "]}\n"
        write_new(clients_file(data), content.encode())
    fresh = secret.with_name(f".{CLIENT_ID}.curl.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(
            f'url = "{api}/oauth2/token"\n'
            f'user = "{CLIENT_ID}:{secret.read_text("utf-8")}"\n'
            'data = "grant_type=client_credentials"\n'
        )
    fresh.replace(curl_file(data))
