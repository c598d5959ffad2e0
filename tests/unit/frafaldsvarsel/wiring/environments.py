"""What each process is told, with all that it must be told, and how it is composed of it. Nothing need be there."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from config.environments import (
    InboxEnvironment,
    LedgerEnvironment,
    NotifierEnvironment,
    ProbeEnvironment,
    TrailEnvironment,
    WorkerEnvironment,
)
from config.every_environment import EveryEnvironment
from config.key_environment import KEY_VARIABLES, least_keys
from config.senders import base_senders
from config.settings import PREFIX, SECRETS, variables_of
from frafaldsvarsel.api_client_setup import ensure_client
from frafaldsvarsel.wiring.inbox import inbox_app
from frafaldsvarsel.wiring.ledger import ledger_parts
from frafaldsvarsel.wiring.notifier import channel, notifier_parts, webhook_channel
from frafaldsvarsel.wiring.probe import probe_settings
from frafaldsvarsel.wiring.trail import keeper
from frafaldsvarsel.wiring.worker import worker_parts
from infra.metrics import Metrics
from ops.trail.metrics import TRAIL_METRICS
from publisher.key_files import ensure_keys
from tests.reference import SHIPPED


def _notifier(settings: NotifierEnvironment) -> None:
    notifier_parts(settings, process="one")
    channel(settings.smtp)
    webhook_channel(settings.webhooks)


def _trail(settings: TrailEnvironment) -> None:
    keeper(settings, Metrics(TRAIL_METRICS), lambda: datetime.now(UTC))


COMPOSED: Final[Mapping[str, tuple[type[Any], Callable[[Any], object]]]] = {
    "worker": (WorkerEnvironment, worker_parts),
    "ledger": (LedgerEnvironment, ledger_parts),
    "notify": (NotifierEnvironment, _notifier),
    "inbox": (InboxEnvironment, inbox_app),
    "canary": (ProbeEnvironment, probe_settings),
    "trail keep": (TrailEnvironment, _trail),
}
"""By process: its settings, and what makes its parts of them. The audit has an oracle of its own, on purpose."""


def told(folder: Path, kind: type[Any] = EveryEnvironment) -> dict[str, str]:
    """Every variable that some process must be told, of the keys those of `kind`; files are made in `folder`."""
    if not (folder / "maildir").exists():
        ensure_keys(folder, base_senders(SHIPPED))
        ensure_client(folder, ["jc-0101"], "http://127.0.0.1/api/v1")
        (folder / "maildir" / "new").mkdir(parents=True)
    values = {
        "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
        "DATABASE_URL": "postgresql://nobody.invalid/none",
        "KEY_STORE": str(folder / "keys" / "service"),
        "SENDERS_DIR": str(folder / "senders"),
        "TRAIL_KEY": (folder / "keys" / "trail.key.json").read_text("utf-8"),
        "TRAIL_PUBLIC_KEYS": (folder / "keys" / "trail.public.json").read_text("utf-8"),
        "CANARY_KEYS_DIR": str(folder / "keys"),
        "OIDC_ISSUER": "https://log-in.example",
        "OIDC_CLIENT_SECRET": "made-up",
        "API_CLIENTS_FILE": str(folder / "api" / "clients.json"),
        "BOUNCE_ADDRESS": "bounce@frafaldsvarsel.example",
        "BOUNCE_MAILDIR": str(folder / "maildir"),
    }
    everything = {PREFIX + name: value for name, value in values.items()}
    return least_keys(kind, everything, variables_of(kind))


def poisoned(folder: Path, kind: type[Any], everything: tuple[str, ...]) -> dict[str, str]:
    """What `kind` must be told, and for every other variable a value that nothing can be made of."""
    own = set(variables_of(kind))
    good = {name: value for name, value in told(folder, kind).items() if name.removeprefix(PREFIX) in own}
    bad = {PREFIX + name: "\x00 of nothing" for name in everything if name not in {*own, *KEY_VARIABLES}}
    files = {PREFIX + name + "_FILE": "/nowhere" for name in SECRETS - own - {*KEY_VARIABLES}}
    return good | bad | files
