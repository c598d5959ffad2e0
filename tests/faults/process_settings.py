"""What the service's processes are told on the rig: as in production, but for patience that a cell can wait for."""

from pathlib import Path
from typing import Final

SESSION_SECONDS: Final = 6
LEASE_SECONDS: Final = 8
BOUNCES: Final = "bounce@frafaldsvarsel.example"
"""Where mails come back to: into the folder `maildir`."""


def usual(data: Path, *, nodes: int, smtp_port: int) -> dict[str, str]:
    """Settings by name, without the prefix; where Kafka and PostgreSQL are is the rig's to add."""
    keys = data / "keys"
    return {
        "REPLICATION_FACTOR": str(nodes),
        "MIN_INSYNC_REPLICAS": str(min(nodes, 2)),
        "KEY_STORE": str(keys / "service"),
        "STREAM_KEYS_FILE": str(keys / "stream.key.json"),
        "STREAM_MAC_REQUIRED_FROM": "2022-01-01T00:00:00Z",
        "SENDERS_DIR": str(data / "senders"),
        "SESSION_TIMEOUT_SECONDS": str(SESSION_SECONDS),
        "SMTP_HOST": "localhost",
        "SMTP_PORT": str(smtp_port),
        "SMTP_CA_FILE": str(data / "relay.pem"),
        "SMTP_TIMEOUT_SECONDS": "2",
        "SMTP_ANSWER_TIMEOUT_SECONDS": "4",
        "DATABASE_TIMEOUT_SECONDS": "4",
        "MAIL_LEASE_SECONDS": str(LEASE_SECONDS),
        "MAIL_RETRY_SECONDS": "1",
        "MAIL_FROM": "frafaldsvarsel@frafaldsvarsel.example",
        "BOUNCE_ADDRESS": BOUNCES,
        "BOUNCE_MAILDIR": str(data / "maildir"),
        "INBOX_URL": "https://frafaldsvarsel.example",
    }
