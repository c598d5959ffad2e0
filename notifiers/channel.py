"""The whole contract of a channel: it sends one notice and says what came of it.

It never retries what may have been sent, never decides what follows, and raises for no mail and no server.
"""

from typing import Protocol

from models.outcome import Attempt
from notifiers.message import Mail


class Channel(Protocol):
    async def send(self, mail: Mail) -> Attempt: ...

    async def aclose(self) -> None: ...
