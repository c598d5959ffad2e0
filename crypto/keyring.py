"""The key ring of earlier versions, which was one for everything: read to be split, and for nothing else.

What follows from it stays as it was: the ids of people, and all that was sealed, signed and sent to senders.
"""

import re
from base64 import b64decode
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import BaseModel, ConfigDict, Field

from crypto.hmac_tokens import derived
from crypto.key_file import KeyFile, symmetric
from crypto.key_purpose import TAGS, KeyPurpose
from crypto.pseudonym import KEY_BYTES
from crypto.vault import SIV_KEY_BYTES


class Keyring(BaseModel):
    """``service.key.json``. `vault`: base64 of 32 bytes by key id, in order."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    vault: dict[str, str] = Field(repr=False)
    vault_active: str
    opening: tuple[dict[str, Any], ...] = Field(repr=False)
    """Private JWKs (X25519), the current one last."""

    def split(self, made_at: datetime, seals_before: str) -> tuple[KeyFile, ...]:
        """The ring as keys for one purpose each; raises `ValueError`.

        The active key seals what the broker got before the month `seals_before`. None of the keys that are made of a
        secret tells it, nor another of them.
        """
        keys = {kid: b64decode(key) for kid, key in self.vault.items()}
        if self.vault_active not in keys or any(len(key) != KEY_BYTES for key in keys.values()):
            raise ValueError("not a key ring")
        return (*self._of_vault(keys, made_at, seals_before), *self._of_opening(made_at))

    def _of_vault(self, keys: dict[str, bytes], made_at: datetime, seals_before: str) -> Iterator[KeyFile]:
        # The first made them for ever, whichever sealed.
        kid, first = next(iter(keys.items()))
        for purpose in (KeyPurpose.PSEUDONYM, KeyPurpose.FINGERPRINT):
            yield symmetric(purpose, kid, _derive(first, purpose.encode(), KEY_BYTES), made_at)
        # The one that was made last signs: the others are older, in their order.
        others = [kid for kid in keys if kid != self.vault_active]
        for age, kid in enumerate((*others, self.vault_active), start=-len(others)):
            at, is_active = made_at + timedelta(seconds=age), kid == self.vault_active
            seal = _derive(keys[kid], b"seal", SIV_KEY_BYTES)
            yield symmetric(KeyPurpose.SEAL, kid, seal, at, seals_before if is_active else None)
            for purpose, tag in TAGS.items():
                yield symmetric(purpose, kid, derived(keys[kid], tag), at)

    def _of_opening(self, made_at: datetime) -> Iterator[KeyFile]:
        for number, jwk in enumerate(self.opening, start=1):
            # The name of its file; what senders call it stands in it as it did.
            kid = _NO_NAME.sub("-", str(jwk.get("kid", "")))[:24] or "none"
            at = made_at + timedelta(seconds=number - len(self.opening))
            yield KeyFile(purpose=KeyPurpose.OPENING, kid=f"{number}-{kid}", made_at=at, jwk=jwk)


_NO_NAME: Final = re.compile("[^A-Za-z0-9_-]")


def _derive(key: bytes, purpose: bytes, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=None, info=b"frafaldsvarsel " + purpose).derive(key)
