"""The service's keys in memory, made by chance, and what each process does with its own."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from joserfc.jwk import OKPKey

from config.key_store import KeyStore
from config.sections.keys import InboxKeys
from crypto.hmac_tokens import HmacTokens
from crypto.intake_vault import IntakeVault
from crypto.key_file import KeyFile
from crypto.key_purpose import KeyPurpose
from crypto.month_seals import MonthSeals
from crypto.new_keys import new_key
from crypto.pseudonym import ContentHashes, Pseudonyms
from crypto.vault import PageSeal, SealOpener, SymmetricSeal
from crypto.visit_token import VisitKey

MADE_AT: Final = datetime(2022, 1, 1, tzinfo=UTC)
ONE_MONTH: Final = "9999-12"
"""What comes before the first month's key is sealed by it: one key, whatever a test's clock says."""


@dataclass(frozen=True)
class ServiceKeys:
    """A key of each purpose."""

    keys: tuple[KeyFile, ...] = field(repr=False)

    def of(self, purpose: KeyPurpose) -> tuple[KeyFile, ...]:
        """Those of a purpose."""
        return tuple(one for one in self.keys if one.purpose is purpose)

    def tags(self, purpose: KeyPurpose) -> HmacTokens:
        """What signs for a purpose."""
        keys = self.of(purpose)
        return HmacTokens.of_derived({one.kid: one.secret for one in keys}, keys[-1].kid)

    @property
    def pseudonyms(self) -> Pseudonyms:
        """What finds a person."""
        return Pseudonyms(self.of(KeyPurpose.PSEUDONYM)[0].secret)

    @property
    def vault(self) -> IntakeVault:
        """What intake has."""
        seals = tuple(one.sealing_half() for one in self.of(KeyPurpose.SEAL))
        hashes = ContentHashes(self.of(KeyPurpose.FINGERPRINT)[0].secret)
        return IntakeVault(pseudonyms=self.pseudonyms, hashes=hashes, seals=MonthSeals(lambda: seals))

    @property
    def opener(self) -> SealOpener:
        """What opens what intake has sealed."""
        openers = {one.kid: one.opener for one in self.of(KeyPurpose.SEAL)}
        return SealOpener({kid: opener for kid, opener in openers.items() if opener is not None})

    @property
    def pages(self) -> PageSeal:
        """What the pages seal with."""
        (key,) = self.of(KeyPurpose.PAGE)
        return PageSeal({key.kid: SymmetricSeal(key.kid, key.secret)}, key.kid)

    @property
    def visits(self) -> tuple[VisitKey, ...]:
        """What the database knows of the inbox."""
        return tuple(VisitKey(one.kid, one.secret) for one in self.of(KeyPurpose.VISIT))

    @property
    def inbox(self) -> InboxKeys:
        """What the inbox has."""
        return InboxKeys(
            opener=self.opener,
            pseudonyms=self.pseudonyms,
            pages=self.pages,
            sessions=self.tags(KeyPurpose.SESSION),
            links=self.tags(KeyPurpose.LINK),
            access=self.tags(KeyPurpose.ACCESS),
            visit=self.visits[-1],
        )

    @property
    def opening_keys(self) -> Mapping[str, OKPKey]:
        """What opens what senders have sealed."""
        return {str(one.opening.kid): one.opening for one in self.of(KeyPurpose.OPENING)}

    def public_key(self) -> dict[str, Any]:
        """What senders seal to."""
        return self.of(KeyPurpose.OPENING)[-1].opening.as_dict(private=False)


def made_keys(*months: str) -> ServiceKeys:
    """A key of each purpose, and of the seals one for each of `months`."""
    names = {KeyPurpose.SEAL: months or (ONE_MONTH,), KeyPurpose.OPENING: ("1",)}
    return ServiceKeys(
        tuple(new_key(purpose, kid, MADE_AT) for purpose in KeyPurpose for kid in names.get(purpose, ("k1",)))
    )


def stored_keys(data: Path) -> ServiceKeys:
    """Those of the service in the folder `data`."""
    store = KeyStore(data / "keys" / "service")
    return ServiceKeys(tuple(key for purpose in KeyPurpose for key in store.of(purpose)))
