"""Access tokens: short-lived, signed by the service for itself, opaque to whoever holds one.

A token says who holds it, for which units and with which rights. What the client may do is asked again at every use,
so a token never gives more than the register does at that moment.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Final

from pydantic import Field, ValidationError

from config.api_clients import ApiClient, ClientRight
from crypto import base64url
from crypto.hmac_tokens import HmacTokens
from models.base import Frozen

LIFETIME: Final = timedelta(minutes=10)
UNIT_SCOPE: Final = "unit:"
_FORM: Final = "fv1"
_TAG_BYTES: Final = 32
_LONGEST: Final = 4096


class _Content(Frozen):
    client: str
    units: tuple[str, ...]
    rights: tuple[ClientRight, ...]
    until: Annotated[int, Field(ge=0)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What a request may do."""

    client: ApiClient
    units: frozenset[str]
    rights: frozenset[ClientRight]

    @property
    def scope(self) -> str:
        """As OAuth says it."""
        return " ".join([*sorted(self.rights), *(UNIT_SCOPE + unit for unit in sorted(self.units))])


class ScopeError(ValueError):
    """The scope asks for what the client does not have, or for nothing."""


def grant(client: ApiClient, scope: str | None) -> Grant:
    """What `client` gets when it asks for `scope`: all that it has, or the named part. Raises `ScopeError`."""
    asked = (scope or "").split()
    rights = _part([word for word in asked if not word.startswith(UNIT_SCOPE)], client.rights)
    units = _part(
        [word.removeprefix(UNIT_SCOPE) for word in asked if word.startswith(UNIT_SCOPE)], client.units
    )
    return Grant(client=client, units=units, rights=frozenset(ClientRight(right) for right in rights))


def _part(asked: Collection[str], held: Collection[str]) -> frozenset[str]:
    if not asked:
        return frozenset(held)
    if not set(asked) <= set(held):
        raise ScopeError("the client does not have all of this")
    return frozenset(asked)


def make_token(tags: HmacTokens, granted: Grant, *, now: datetime, lifetime: timedelta = LIFETIME) -> str:
    """A token for `granted`; `tags` of `Purpose.ACCESS`."""
    content = _Content(
        client=granted.client.id,
        units=tuple(sorted(granted.units)),
        rights=tuple(sorted(granted.rights)),
        until=int((now + lifetime).timestamp()),
    )
    body = base64url.encode(content.model_dump_json().encode())
    return f"{_FORM}.{body}.{base64url.encode(tags.make(body.encode(), _TAG_BYTES))}"


def client_of(tags: HmacTokens, token: str, *, now: datetime) -> _Content | None:
    """What a token of ours says that has not expired."""
    form, _, rest = token.partition(".")
    body, _, tag = rest.partition(".")
    if form != _FORM or len(token) > _LONGEST:
        return None
    try:
        made = base64url.decode(tag)
        # The last sign has bits to spare: a token is written in one way alone.
        if base64url.encode(made) != tag or not tags.fits(body.encode("ascii"), made):
            return None
        content = _Content.model_validate_json(base64url.decode(body))
    except (ValueError, ValidationError):
        return None
    return content if now.timestamp() < content.until else None


def granted(content: _Content, client: ApiClient) -> Grant:
    """What the token still gives: the client may have lost something since it was made."""
    return Grant(
        client=client,
        units=frozenset(content.units) & frozenset(client.units),
        rights=frozenset(content.rights) & frozenset(client.rights),
    )
