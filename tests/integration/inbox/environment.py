"""What an inbox is started with, with keys of its own; nothing that it names need be there."""

from collections.abc import Mapping
from pathlib import Path

from config.senders import base_senders
from config.settings import PREFIX
from publisher.key_files import ensure_keys
from tests.reference import SHIPPED

NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing"


def environment(folder: Path, *, address: str, database: str = NOWHERE) -> Mapping[str, str]:
    """Settings by their variables; the keys are made in `folder` where they are not there."""
    ensure_keys(folder, base_senders(SHIPPED))
    values = {
        "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
        "DATABASE_URL": database,
        "KEYS_DIR": str(folder / "keys" / "service" / "inbox"),
        "SENDERS_DIR": str(folder / "senders"),
        "INBOX_URL": address,
        "OIDC_ISSUER": "http://127.0.0.1:1",
        "OIDC_CLIENT_SECRET": "made-up",
        "TRAIL_WAIT_SECONDS": "0",  # nobody keeps the chain
    }
    return {PREFIX + name: value for name, value in values.items()}
