"""Whom a process serves, signed for the database: it shows the rows of those units on that connection, until then."""

import hmac
from collections.abc import Collection
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

EVERYWHERE: Final = ("*",)
"""As municipalities: the undecided messages of all."""
_SEPARATORS: Final = frozenset("|;,")


@dataclass(frozen=True, slots=True)
class VisitKey:
    """A key that the database knows under the same id."""

    kid: str
    key: bytes = field(repr=False)

    def token(
        self,
        *,
        units: Collection[str],
        municipalities: Collection[str] = (),
        reader: str = "",
        until: int,
        number: int,
    ) -> str:
        """Good on the connection that drew `number` last, until that second since 1970.

        `reader`: the person who is logged in, whose own rows are shown too; a program has none.

        Raises `ValueError` where a name could be read as two.
        """
        if any(not name or _SEPARATORS.intersection(name) for name in (*units, *municipalities)):
            raise ValueError("the id of a unit or a municipality is empty or holds one of | ; ,")
        content = f"{','.join(sorted(units))};{','.join(sorted(municipalities))};{reader.encode().hex()}"
        signed = f"{self.kid}|{until}|visit {number}|{content}"
        return f"{signed}|{hmac.digest(self.key, signed.encode(), sha256).hex()}"
