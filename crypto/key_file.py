"""A key of the service as a file: one key each, so that rights and mounts say who holds what.

`KeyFile` is what stands in it; nothing of it is ever shown but purpose, name and times.
"""

import re
from base64 import b64decode, b64encode
from datetime import UTC, datetime
from typing import Any, Final, Self

from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from crypto.key_purpose import KeyPurpose
from crypto.month_seal import MonthOpening, MonthSealing
from crypto.pseudonym import KEY_BYTES
from crypto.vault import SIV_KEY_BYTES, Opener, ShreddedKey, SymmetricSeal

SUFFIX: Final = ".json"
MONTH: Final = re.compile(r"\d{4}-(0[1-9]|1[0-2])", re.ASCII)
_KID: Final = r"[A-Za-z0-9_-]{1,32}"
"""No dot: in a sealed value it ends the key's name."""
_SIV: Final = frozenset({KeyPurpose.SEAL, KeyPurpose.PAGE})


class KeyFile(BaseModel):
    """``PURPOSE-KID.json``. Bytes are in base64."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    purpose: KeyPurpose
    kid: str = Field(pattern=rf"^{_KID}$")
    made_at: AwareDatetime
    key: str | None = Field(default=None, repr=False)
    """A secret that is the same on both sides: 32 bytes, of a seal 64."""
    jwk: dict[str, Any] | None = Field(default=None, repr=False)
    """A private key that opens what senders have sealed (X25519)."""
    binding: str | None = Field(default=None, repr=False)
    """Of a month's seal: the secret of both sides."""
    public: str | None = Field(default=None, repr=False)
    """Of a month's seal: what seals."""
    private: str | None = Field(default=None, repr=False)
    """Of a month's seal: what opens. Intake does not have it."""
    seals_before: str | None = Field(default=None, pattern=f"^{MONTH.pattern}$")
    """Of a key from a ring of earlier versions: it seals what the broker got before that month (UTC)."""
    shredded_at: AwareDatetime | None = None
    """The key of a month was destroyed then; nothing else of it is here."""

    @model_validator(mode="after")
    def _sound(self) -> Self:
        month = (self.binding, self.public)
        if self.shredded_at is not None:
            whole = not any((self.key, self.jwk, *month, self.private, self.seals_before))
            whole = whole and self.purpose is KeyPurpose.SEAL
        elif self.purpose is KeyPurpose.OPENING:
            whole = self.jwk is not None and not any((self.key, *month, self.private, self.seals_before))
        elif self.key is not None:
            whole = not any((self.jwk, *month, self.private))
            whole = whole and (self.seals_before is None or self.purpose is KeyPurpose.SEAL)
            size = SIV_KEY_BYTES if self.purpose in _SIV else KEY_BYTES
            whole = whole and len(b64decode(self.key, validate=True)) == size
        else:
            whole = self.purpose is KeyPurpose.SEAL and all(month) and not (self.jwk or self.seals_before)
            whole = whole and MONTH.fullmatch(self.kid) is not None and self._halves_fit()
        if not whole:
            raise ValueError("not a key of this purpose")
        return self

    def _halves_fit(self) -> bool:
        MonthSealing(self.kid, *self._month())
        opening = self._opening()
        return opening is None or opening.public == self._month()[0]

    def _month(self) -> tuple[bytes, bytes]:
        return _bytes(self.public), _bytes(self.binding)

    def _opening(self) -> MonthOpening | None:
        return None if self.private is None else MonthOpening(_bytes(self.private), _bytes(self.binding))

    @property
    def name(self) -> str:
        """What its file is called."""
        return f"{self.purpose}-{self.kid}{SUFFIX}"

    @property
    def is_month(self) -> bool:
        """Whether it is the seal of one month, shredded or not."""
        return self.purpose is KeyPurpose.SEAL and MONTH.fullmatch(self.kid) is not None

    @property
    def secret(self) -> bytes:
        """`key`."""
        return _bytes(self.key)

    @property
    def sealing(self) -> "SymmetricSeal | MonthSealing | None":
        """What seals with it; None: it was shredded."""
        if self.key is not None:
            return SymmetricSeal(self.kid, self.secret)
        return None if self.shredded_at is not None else MonthSealing(self.kid, *self._month())

    @property
    def opener(self) -> Opener | None:
        """What opens with it; None: this is intake's half."""
        if self.key is not None:
            return SymmetricSeal(self.kid, self.secret)
        return ShreddedKey() if self.shredded_at is not None else self._opening()

    @property
    def opening(self) -> OKPKey:
        """The private key that opens a CPR, as it stands, sound or not; raises `ValueError`."""
        try:
            return OKPKey.import_key(self.jwk or {})
        except (JoseError, KeyError, TypeError):
            raise ValueError("not a key of this purpose") from None

    def shredded(self, at: datetime) -> "KeyFile":
        """What is left of it."""
        return KeyFile(purpose=self.purpose, kid=self.kid, made_at=self.made_at, shredded_at=at)

    def sealing_half(self) -> "KeyFile":
        """What intake gets of it."""
        return self if self.private is None else self.model_copy(update={"private": None})


def symmetric(
    purpose: KeyPurpose, kid: str, secret: bytes, made_at: datetime, seals_before: str | None = None
) -> KeyFile:
    """A key that is the same on both sides."""
    return KeyFile(purpose=purpose, kid=kid, made_at=made_at, key=text(secret), seals_before=seals_before)


def text(content: bytes) -> str:
    """Bytes as they stand in the file."""
    return b64encode(content).decode()


def month_of(moment: datetime) -> str:
    """The month by which seals are told apart: in UTC, so that it depends on no table of time zones."""
    return f"{moment.astimezone(UTC):%Y-%m}"


def next_month(month: str) -> str:
    """The one after it."""
    year, number = int(month[:4]), int(month[5:])
    return f"{year + number // 12:04}-{number % 12 + 1:02}"


def begins(month: str) -> datetime:
    """Its first moment."""
    return datetime.fromisoformat(f"{month}-01T00:00:00+00:00")


def _bytes(text: str | None) -> bytes:
    return b64decode(text or "", validate=True)
