"""The service's key ring as a file: the vault's secrets and the X25519 keys that open a CPR."""

import secrets
from base64 import b64decode, b64encode
from typing import Any

from joserfc.jwk import OKPKey
from pydantic import BaseModel, ConfigDict, Field

from crypto.hmac_tokens import HmacTokens, Purpose
from crypto.vault import Vault


class Keyring(BaseModel):
    """``service.key.json``: for the service alone. `vault`: base64 of 32 bytes by key id, in order."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    vault: dict[str, str] = Field(repr=False)
    vault_active: str
    opening: tuple[dict[str, Any], ...] = Field(repr=False)
    """Private JWKs (X25519), the current one last."""

    def make_vault(self) -> Vault:
        """The vault of these keys."""
        return Vault({kid: b64decode(key) for kid, key in self.vault.items()}, self.vault_active)

    def tags(self, purpose: Purpose) -> HmacTokens:
        """What the service signs for itself, for this purpose."""
        keys = {kid: b64decode(key) for kid, key in self.vault.items()}
        return HmacTokens(keys, self.vault_active, purpose)

    def opening_jwks(self) -> tuple[OKPKey, ...]:
        """The opening keys as they stand, sound or not."""
        return tuple(OKPKey.import_key(key) for key in self.opening)

    def opening_keys(self) -> dict[str, OKPKey]:
        """The private keys that open a CPR, by key id."""
        return {key["kid"]: OKPKey.import_key(key) for key in self.opening}

    def public_key(self) -> dict[str, Any]:
        """The public JWK that senders seal to."""
        return OKPKey.import_key(self.opening[-1]).as_dict(private=False)


def new_keyring() -> Keyring:
    """A ring with one key of each kind, for local use."""
    opening = OKPKey.generate_key("X25519", {"kid": "service-1", "use": "enc"})
    return Keyring(
        vault={"v1": b64encode(secrets.token_bytes(32)).decode()},
        vault_active="v1",
        opening=(opening.as_dict(private=True),),
    )


def new_signing_key(kid: str) -> OKPKey:
    """A private Ed25519 key for a sender."""
    return OKPKey.generate_key("Ed25519", {"kid": kid, "use": "sig"})
