"""The units' webhook secrets: a file for each unit, a ``whsec_…`` a line, the newest first.

Read at every attempt, so that a secret is exchanged without a restart: put the new one above the old one, wait
until the unit has it, remove the old one. Never logged.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from notifiers.webhook.sign import parse_secret

_MOST: Final = 4
_FILE_NAME: Final = re.compile(r"[a-z0-9-]{1,40}")


class NoSecret(Exception):
    """A person must put it there; the message may be shown."""


@dataclass(frozen=True, slots=True)
class SecretFiles:
    """The folder that the setting names."""

    directory: Path | None

    def of(self, unit_id: str) -> tuple[bytes, ...]:
        """The unit's secrets, one at least; raises `NoSecret`."""
        if self.directory is None or not _FILE_NAME.fullmatch(unit_id):
            raise NoSecret("no folder with webhook secrets is set")
        try:
            text = (self.directory / unit_id).read_text(encoding="ascii")
        except (OSError, UnicodeDecodeError):
            raise NoSecret("the secret file of the unit cannot be read") from None
        try:
            found = tuple(parse_secret(line.strip()) for line in text.splitlines() if line.strip())
        except ValueError:
            raise NoSecret("the secret file of the unit holds something else") from None
        if not 1 <= len(found) <= _MOST:
            raise NoSecret("the secret file of the unit holds no secret, or too many")
        return found
