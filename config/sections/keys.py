"""The key ring as settings: each process is handed what it needs of it, and the ring itself is dropped.

A capability signs, opens or seals for its own purposes. Nothing here is ever shown.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Final, TypeVar

from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from pydantic import Field, PlainValidator
from pydantic_core import PydanticCustomError

from config.keyring_faults import opens_nothing
from config.sections.base import Section
from crypto.hmac_tokens import HmacTokens, Purpose
from crypto.keyring import Keyring
from crypto.vault import Vault

CapabilityT = TypeVar("CapabilityT")

VARIABLE: Final = "KEYRING"
_ABOUT: Final = "The service's keys as JSON; normally by …_FILE"


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeKeys:
    """What opens a sender's record and makes a pseudonym of a CPR."""

    vault: Vault = field(repr=False)
    opening: Mapping[str, OKPKey] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeKeys:
    """What signs the links and the return addresses of mails. It opens nothing."""

    links: HmacTokens = field(repr=False)
    recipients: HmacTokens = field(repr=False)
    bounces: HmacTokens = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxKeys:
    """What opens what the ledger has sealed, and knows the service's own log-ins, links and tokens again."""

    vault: Vault = field(repr=False)
    sessions: HmacTokens = field(repr=False)
    links: HmacTokens = field(repr=False)
    access: HmacTokens = field(repr=False)


def _opened(text: object) -> Keyring:
    try:
        keyring = Keyring.model_validate_json(str(text))
        keyring.make_vault()
        keyring.opening_keys()
    except (ValueError, KeyError, JoseError):
        # Nothing of what is wrong with it: that would show some of it.
        raise PydanticCustomError("sentence", "is not a key ring; see docs/operations.md") from None
    return keyring


def _of_ring(make: Callable[[Keyring], CapabilityT]) -> PlainValidator:
    return PlainValidator(lambda text: make(_opened(text)))


def intake_keys(ring: Keyring) -> IntakeKeys:
    """For the stream worker, and for whoever hands a record to it again: of no use with a ring that opens nothing."""
    if opens_nothing(ring):
        raise PydanticCustomError("sentence", "has no key that opens a CPR; `check-config` says why")
    return IntakeKeys(vault=ring.make_vault(), opening=ring.opening_keys())


def notice_keys(ring: Keyring) -> NoticeKeys:
    """For the notifier."""
    return NoticeKeys(
        links=ring.tags(Purpose.LINK),
        recipients=ring.tags(Purpose.RECIPIENT),
        bounces=ring.tags(Purpose.BOUNCE),
    )


def inbox_keys(ring: Keyring) -> InboxKeys:
    """For the inbox and the interface for case systems."""
    return InboxKeys(
        vault=ring.make_vault(),
        sessions=ring.tags(Purpose.SESSION),
        links=ring.tags(Purpose.LINK),
        access=ring.tags(Purpose.ACCESS),
    )


class IntakeKeySection(Section):
    """The ring as intake needs it."""

    intake: Annotated[IntakeKeys, _of_ring(intake_keys)] = Field(
        validation_alias=VARIABLE, description=_ABOUT
    )


class NoticeKeySection(Section):
    """The ring as a notifier needs it."""

    notices: Annotated[NoticeKeys, _of_ring(notice_keys)] = Field(
        validation_alias=VARIABLE, description=_ABOUT
    )


class InboxKeySection(Section):
    """The ring as the inbox needs it."""

    inbox: Annotated[InboxKeys, _of_ring(inbox_keys)] = Field(validation_alias=VARIABLE, description=_ABOUT)


class VaultSection(Section):
    """The ring as somebody needs it who opens what was refused."""

    vault: Annotated[Vault, _of_ring(Keyring.make_vault)] = Field(
        validation_alias=VARIABLE, description=_ABOUT, repr=False
    )


class KeyringSection(Section):
    """The whole ring: for whoever checks it, and for no process."""

    ring: Annotated[Keyring, PlainValidator(_opened)] = Field(
        validation_alias=VARIABLE, description=_ABOUT, repr=False
    )
