"""Whether a client's secret is right, at a bounded cost: each check takes 16 MiB and a processor for a moment.

A right secret is never refused because others were wrong. What was found is remembered under a key of the process, so
that who logs in again, rightly or wrongly, costs nothing; the secret itself is not kept.
"""

import asyncio
import hmac
import secrets
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from crypto.client_secret_hash import fits

_AT_ONCE: Final = 2
_MOST_WAITING: Final = 8
"""Of those from where failures come too fast; they are checked one by one."""
_MOST_WRONG: Final = 256
_CHECKS: Final = 2
"""As many for everybody, so that the time tells nothing of whether there is such a client."""


class TooBusy(RuntimeError):
    """Too many wait from where only failures came: try again later."""


@dataclass(slots=True)
class SecretCheck:
    """Of one process."""

    _key: bytes = field(default_factory=lambda: secrets.token_bytes(32), init=False, repr=False)
    _right: dict[str, bytes] = field(default_factory=dict, init=False, repr=False)
    """By hash, the mark of the secret that fits it."""
    _wrong: OrderedDict[tuple[str, ...], None] = field(default_factory=OrderedDict, init=False, repr=False)
    _running: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE), init=False)
    _suspects: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1), init=False)
    _waiting: int = field(default=0, init=False)

    async def is_right(self, secret: str, hashes: Sequence[str], *, suspect: bool) -> bool:
        """Whether `secret` fits one of `hashes`; `suspect`: failures come too fast from there. Raises `TooBusy`."""
        mark = hmac.digest(self._key, secret.encode("utf-8", "surrogatepass"), sha256)
        if any(hmac.compare_digest(self._right.get(kept, b""), mark) for kept in hashes):
            return True
        wrong = (*hashes, mark.hex())
        if wrong in self._wrong:
            self._wrong.move_to_end(wrong)
            return False
        if not suspect:
            return await self._checked(secret, hashes, mark)
        if self._waiting >= _MOST_WAITING:
            raise TooBusy("too many wait to be checked")
        self._waiting += 1
        try:
            async with self._suspects:
                return await self._checked(secret, hashes, mark)
        finally:
            self._waiting -= 1

    async def _checked(self, secret: str, hashes: Sequence[str], mark: bytes) -> bool:
        async with self._running:
            kept = [*hashes, None, None][:_CHECKS]
            found = [await asyncio.to_thread(fits, secret, each) for each in kept]
        right = [each for each, fitted in zip(kept, found, strict=True) if fitted and each is not None]
        self._right |= dict.fromkeys(right, mark)
        if not right:
            self._wrong[(*hashes, mark.hex())] = None
            if len(self._wrong) > _MOST_WRONG:
                self._wrong.popitem(last=False)
        return bool(right)
