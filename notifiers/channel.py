"""The whole contract of a channel: it sends one notice and says what came of it.

It never retries what may have been sent, never decides what follows, and raises for no notice and no server.
"""

from typing import Protocol

from typing_extensions import TypeVar

from models.notifications.delivery import SendAttempt
from notifiers.content.mail_message import Mail

Notice_contra = TypeVar("Notice_contra", contravariant=True, default=Mail)


class ChannelSender(Protocol[Notice_contra]):
    """`ChannelSender` is one for mails, `Channel[Hook]` one for webhooks."""

    async def send(self, mail: Notice_contra, /) -> SendAttempt: ...

    async def aclose(self) -> None: ...
