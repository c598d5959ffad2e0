"""Which key seals a record: that of the month in which the broker got it, so that every retry gives the same bytes.

No clock is asked. What came before the first month's key is sealed by that key, or by one of a ring of earlier
versions where it was split; a month that is missing later on is made first, and nothing is sealed otherwise meanwhile.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from crypto.key_file import KeyFile, begins, month_of, next_month
from crypto.month_seal import MonthSealing
from crypto.vault import SymmetricSeal

_LOOKED_AHEAD: Final = 12
"""Months. Nobody makes keys for longer."""


class NoSealKeyError(RuntimeError):
    """There is no key for that month yet: nothing is lost, it is to be made (`keys new seal MONTH`)."""

    def __init__(self, month: str) -> None:
        super().__init__(
            f"no key seals what the broker got in {month}; make it (frafaldsvarsel keys new seal {month})"
        )
        self.month = month


def sealing_key(month: str, keys: Sequence[KeyFile]) -> KeyFile:
    """The key of `keys` that seals what the broker got in `month`; raises `NoSealKeyError`."""
    for key in keys:
        if key.seals_before is not None and month < key.seals_before:
            return key
    months = {key.kid: key for key in keys if key.is_month}
    if month in months:
        return months[month]
    if months and month < min(months):
        return months[min(months)]
    raise NoSealKeyError(month)


def sealed_until(keys: Sequence[KeyFile], now: datetime) -> datetime:
    """When the first month from `now` on begins that no key seals; looks a year ahead."""
    month = month_of(now)
    for _ in range(_LOOKED_AHEAD):
        try:
            sealing_key(month, keys)
        except NoSealKeyError:
            break
        month = next_month(month)
    return begins(month)


class MonthSeals:
    """What intake seals with."""

    def __init__(self, keys: Callable[[], Sequence[KeyFile]]) -> None:
        """`keys`: those of this purpose as they are now; the same object while nothing has changed."""
        self._look = keys
        self._seen: Sequence[KeyFile] = ()
        self._ready: dict[str, tuple[str, SymmetricSeal | MonthSealing | None]] = {}

    def seal(self, plaintext: bytes, purpose: str, appended_at: datetime) -> str:
        """`plaintext` of a record that the broker got at `appended_at`, sealed for `purpose`.

        Of a month whose key was shredded nothing is left but the key's name. Raises `NoSealKeyError`.
        """
        keys, month = self._look(), month_of(appended_at)
        if keys is not self._seen:
            self._seen, self._ready = keys, {}
        if month not in self._ready:
            key = sealing_key(month, keys)
            self._ready[month] = key.kid, key.sealing
        kid, sealing = self._ready[month]
        return f"{kid}." if sealing is None else sealing.seal(plaintext, purpose)

    def until(self, now: datetime) -> datetime:
        """As `sealed_until`, with the keys as they are now."""
        return sealed_until(self._look(), now)
