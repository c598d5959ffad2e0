"""What the processes of a service on one machine are told: the environment of each, made from its servers."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from config.command_environments import role_of
from config.database_roles import MIGRATE, DatabaseRole
from config.environments import PROCESSES
from config.key_environment import least_keys
from config.key_folder import HeldKeys
from config.sections.base import PREFIX
from config.sections.keys import visit_keys
from config.sections.traces import TracesSection
from config.settings import sections_of, variables_of
from crypto.key_purpose import KeyHolder
from crypto.visit_token import VisitKey
from frafaldsvarsel.api_client_setup import clients_file
from ledger.schema.apply_rights import bring_up
from local.servers.kafka import Broker
from local.servers.mail_catcher import Catcher
from local.servers.postgres import Database
from local.servers.provider import CLIENT_ID, DemoProvider

DATABASE: Final = "postgres"
"""The server's first one: nothing else is in it."""
ROLES: Final[Mapping[str, DatabaseRole]] = {
    name.partition(" ")[0]: role_of(kind)
    for name, kind in PROCESSES.items()
    if "database" in sections_of(kind)
}
"""By the kind of a process; who is not here has no use for the database."""


def visits_of(data: Path) -> tuple[VisitKey, ...]:
    """What the database must know of the inbox whose keys are in `data`."""
    return visit_keys(HeldKeys(data / "keys" / "service" / KeyHolder.MIGRATE, KeyHolder.MIGRATE))


def bring_up_database(data: Path, database: Database) -> None:
    """Schema, roles and rights, as the superuser, who makes the roles too; people may name themselves."""
    bring_up(database.url, visit_keys=visits_of(data), shared_logins=True)


def settings_of(kind: str) -> type[Any]:
    """What a process of that kind reads, as the supervisor starts it."""
    return PROCESSES[{"audit": "audit --heal", "trail": "trail keep"}.get(kind, kind)]


def process_environment(
    data: Path,
    *,
    broker: Broker,
    database: Database,
    role: DatabaseRole | None,
    catcher: Catcher,
    provider: DemoProvider | None,
    inbox_pages: str,
    canary: bool,
    metrics_pages: Mapping[str, str],
    reference: Path,
    kind: type[Any] | None = None,
) -> dict[str, str]:
    """The settings of every process, which comes to the database as `role`, or not at all; of the keys it gets those
    that the settings `kind` have, and without that it gets all. What else tells one from another is added at launch."""
    keys = data / "keys"
    stream_keys = keys / "stream.key.json"
    values = {
        "KAFKA_BOOTSTRAP_SERVERS": broker.bootstrap,
        "REPLICATION_FACTOR": "1",
        "MIN_INSYNC_REPLICAS": "1",
        "KEY_STORE": str(keys / "service"),
        "STREAM_KEYS_FILE": str(stream_keys),
        # A folder of a version before has older records, which have none.
        "STREAM_MAC_REQUIRED_FROM": datetime.fromtimestamp(stream_keys.stat().st_mtime, UTC).isoformat(),
        "TRAIL_KEY_FILE": str(keys / "trail.key.json"),
        "TRAIL_PUBLIC_KEYS_FILE": str(keys / "trail.public.json"),
        "TRAIL_FILE": str(data / "trail.roots"),
        "SENDERS_DIR": str(data / "senders"),
        "REFERENCE_DIR": str(reference),
        "WORKER_DATA_DIR": str(data / "worker"),
        "SESSION_TIMEOUT_SECONDS": "6",
        "GRACE_SECONDS": "20",
        "AUDIT_FILE": str(data / "audit.notes"),
        "SMTP_HOST": "localhost",
        "SMTP_PORT": str(catcher.smtp_port),
        "SMTP_CA_FILE": str(catcher.ca_file),
        "MAIL_GATHER": "false",  # what is played must come to rest
        "MAIL_FROM": "frafaldsvarsel@frafaldsvarsel.example",
        "INBOX_URL": inbox_pages.rstrip("/"),
        "INBOX_PORT": str(urlsplit(inbox_pages).port),
        "OPERATOR_METRICS_ADDRESSES": ",".join(f"{name}={page}" for name, page in metrics_pages.items()),
        "API_CLIENTS_FILE": str(clients_file(data)),
        "CANARY_KEYS_DIR": str(keys),
        # Everybody in it is made up: an integrator may send the contract's vectors here.
        "PUBLISHED_KEYS_TAKEN": "true",
    }
    if role is not None:
        values["DATABASE_URL"] = database.url_of(DATABASE, role)
    if role is DatabaseRole.OPERATOR:
        values["MIGRATE_DATABASE_URL"] = database.url_of(DATABASE, MIGRATE)
    if provider is not None:
        values["OIDC_ISSUER"] = provider.issuer
        values["OIDC_CLIENT_ID"] = CLIENT_ID
        values["OIDC_CLIENT_SECRET_FILE"] = str(keys / "inbox.secret")
    if canary:
        values["CANARY_SECONDS"] = "60"
    # Whoever runs it may have a collector, and brings it by the same names.
    told = {
        name: os.environ[PREFIX + name] for name in TracesSection.variables() if PREFIX + name in os.environ
    }
    everything = {PREFIX + name: value for name, value in {**values, **told}.items()}
    return everything if kind is None else least_keys(kind, everything, variables_of(kind))
