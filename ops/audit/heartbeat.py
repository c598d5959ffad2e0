"""The sign of life that is given only while everything is accounted for: its absence is the alarm.

It follows no redirect: whoever answers for the address must not be able to send us elsewhere.
"""

import http.client
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import SecretStr

_SECONDS: Final = 10.0
_SCHEMES: Final = ("http://", "https://")


class HeartbeatFailed(RuntimeError):
    """It did not reach its place; the message names no address, for it may hold a secret."""


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """Where it goes: a file that is touched, an address that is asked, both or neither."""

    file: Path | None = None
    url: SecretStr | None = None

    @property
    def is_set(self) -> bool:
        """Whether there is anywhere to give it to."""
        return self.file is not None or self.url is not None

    def beat(self, seconds: float = _SECONDS) -> bool:
        """Give it; returns whether there is anywhere to give it to. Raises `HeartbeatFailed`."""
        if self.file is not None:
            try:
                self.file.touch()
            except OSError as error:
                raise HeartbeatFailed(f"the file cannot be touched: {error.strerror}") from None
        if self.url is not None:
            _ask(self.url.get_secret_value(), seconds)
        return self.is_set


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        """Not followed; the answer counts as a failure."""


def _ask(url: str, seconds: float) -> None:
    if not url.startswith(_SCHEMES):
        raise HeartbeatFailed("the address is neither http nor https")
    # No proxy from the environment, no redirect: the request goes where the setting says.
    opener = urllib.request.build_opener(_Stay, urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=seconds) as answer:
            answer.read(1)
    except urllib.error.HTTPError as error:
        raise HeartbeatFailed(f"the answer was {error.code}") from None
    except (OSError, http.client.HTTPException) as error:
        raise HeartbeatFailed(f"no answer: {type(error).__name__}") from None
