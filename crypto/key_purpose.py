"""What each key of the service is for, and who holds it: one purpose a key, and nobody more than they need."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from crypto.hmac_tokens import Purpose


class KeyPurpose(StrEnum):
    """What a key does. The names of key files begin with it."""

    PSEUDONYM = "pseudonym"
    """Makes a person's id of a CPR; one, for ever."""
    FINGERPRINT = "fingerprint"
    """Makes the keyed hash of an event's content; one, for ever."""
    SEAL = "seal"
    """Seals what the stream must not see, a key for each month of the broker's append time."""
    OPENING = "opening"
    """Opens what senders have sealed to the service."""
    PAGE = "page"
    """Seals what the pages hand to a browser and get back."""
    VISIT = "visit"
    """Proves to the database whom the inbox serves."""
    SESSION = "session"
    ACCESS = "access"
    LINK = "link"
    RECIPIENT = "recipient"
    BOUNCE = "bounce"


class KeyHolder(StrEnum):
    """Who has a folder of keys. The folders of a key store are called so."""

    INTAKE = "intake"
    """`worker`, `audit --heal`, `redecide`. It seals and does not open."""
    NOTIFY = "notify"
    INBOX = "inbox"
    """The pages and the interface for case systems."""
    REPLAY = "replay"
    """`quarantine replay`: opens what was refused, and judges it as intake does."""
    OPENER = "opener"
    """`quarantine show`: opens the bytes of what was refused."""
    LOOKUP = "lookup"
    """Commands that find a person by CPR."""
    MIGRATE = "migrate"
    """`migrate`: hands the database what knows the inbox's visits."""


_JUDGES: Final = frozenset(
    {KeyPurpose.PSEUDONYM, KeyPurpose.FINGERPRINT, KeyPurpose.SEAL, KeyPurpose.OPENING}
)
HELD: Final[Mapping[KeyHolder, frozenset[KeyPurpose]]] = {
    KeyHolder.INTAKE: _JUDGES,
    KeyHolder.NOTIFY: frozenset({KeyPurpose.LINK, KeyPurpose.RECIPIENT, KeyPurpose.BOUNCE}),
    KeyHolder.INBOX: frozenset(
        {
            KeyPurpose.PSEUDONYM,
            KeyPurpose.SEAL,
            KeyPurpose.PAGE,
            KeyPurpose.VISIT,
            KeyPurpose.SESSION,
            KeyPurpose.ACCESS,
            KeyPurpose.LINK,
        }
    ),
    KeyHolder.REPLAY: _JUDGES,
    KeyHolder.OPENER: frozenset({KeyPurpose.SEAL}),
    KeyHolder.LOOKUP: frozenset({KeyPurpose.PSEUDONYM}),
    KeyHolder.MIGRATE: frozenset({KeyPurpose.VISIT}),
}
"""All that a holder needs; each of them it must have, and no other."""
TAGS: Final[Mapping[KeyPurpose, Purpose]] = {
    KeyPurpose.SESSION: Purpose.SESSION,
    KeyPurpose.ACCESS: Purpose.ACCESS,
    KeyPurpose.LINK: Purpose.LINK,
    KeyPurpose.RECIPIENT: Purpose.RECIPIENT,
    KeyPurpose.BOUNCE: Purpose.BOUNCE,
}
"""The purposes of which a key signs, as `crypto.hmac_tokens` names them."""
ONE_FOR_EVER: Final = frozenset({KeyPurpose.PSEUDONYM, KeyPurpose.FINGERPRINT})
"""Another one would give every person another id, and every repeat another content."""
BY_MONTH: Final = frozenset({KeyPurpose.SEAL, KeyPurpose.OPENING})
