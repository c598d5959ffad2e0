"""What intake makes of a record that it has opened: the person's id, the fingerprint, and the seal."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from crypto.month_seals import MonthSeals
from crypto.pseudonym import ContentHashes, Pseudonyms


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeVault:
    """Everything is deterministic: a replay gives the same bytes. It opens nothing that it has sealed."""

    pseudonyms: Pseudonyms = field(repr=False)
    hashes: ContentHashes = field(repr=False)
    seals: MonthSeals = field(repr=False)

    def person_id(self, cpr: str) -> str:
        """As `Pseudonyms`."""
        return self.pseudonyms.person_id(cpr)

    def fingerprint(self, content: Mapping[str, Any]) -> str:
        """As `ContentHashes`."""
        return self.hashes.fingerprint(content)

    def seal(self, plaintext: bytes, purpose: str, appended_at: datetime) -> str:
        """As `MonthSeals`."""
        return self.seals.seal(plaintext, purpose, appended_at)
