"""Who may send: institutions, municipalities and the residence register, each with dated keys."""

from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import AwareDatetime, Field, StringConstraints

from models.base import Frozen


class SenderKind(StrEnum):
    """What a sender is decides which events it may send."""

    INSTITUTION = "institution"
    MUNICIPALITY = "municipality"
    REGISTER = "register"


SenderCode = Annotated[
    str,
    StringConstraints(pattern=r"^([0-9]{6}|[0-9]{4}|REG-[A-Z]{2,10})$"),
    Field(description="Six digits: institution; four: municipality; REG-…: register"),
]


class VerificationKey(Frozen):
    """A public Ed25519 key (JWK members `kty`, `crv`, `x`, `kid`) and the moments at which it is valid."""

    kty: str = "OKP"
    crv: str = "Ed25519"
    x: str
    kid: str
    valid_from: AwareDatetime
    valid_to: AwareDatetime | None = Field(default=None, description="Not valid from this moment on")


class Sender(Frozen):
    """One entry of the senders' register."""

    number: SenderCode
    kind: SenderKind
    name: str
    cvr: Annotated[str, StringConstraints(pattern=r"^[0-9]{8}$")]
    valid_from: date = date(2022, 1, 1)
    valid_to: date | None = None
    successor: SenderCode | None = None
    keys: tuple[VerificationKey, ...] = ()

    @property
    def source(self) -> str:
        """The CloudEvents ``source`` of everything that it sends."""
        return f"urn:oio:cvr-nr:{self.cvr}"


def kind_of(number: str) -> SenderKind:
    """The kind that a sender's number names."""
    if number.startswith("REG-"):
        return SenderKind.REGISTER
    return SenderKind.INSTITUTION if len(number) == 6 else SenderKind.MUNICIPALITY
