"""A third channel, for the tests alone: a notice is a line of a log. It shows what a further channel has to bring."""

import asyncio
from collections.abc import Callable
from typing import ClassVar
from uuid import UUID

from models.base import Frozen
from models.notifications.delivery import Channel, Scope, SendAttempt, SendOutcome


class LogLine(Frozen):
    """What would be kept in `deliveries.frozen`."""

    # A channel of its own would be a word in the enum, and in the CHECK of the tables that hold it.
    channel: ClassVar[Channel] = Channel.WEBHOOK

    id: UUID
    log: str
    text: str

    @property
    def wire(self) -> bytes:
        """The same bytes at every attempt."""
        return f"{self.id} {self.text}\n".encode()


class LogChannel:
    """Writes a line, and says what came of it; it never tries again, and raises for no notice and no log."""

    def __init__(self, write: Callable[[str, bytes], None]) -> None:
        self._write = write

    async def send(self, line: LogLine) -> SendAttempt:
        """One line, once."""
        await asyncio.sleep(0)  # it can be cancelled, as every sending
        try:
            self._write(line.log, line.wire)
        except TimeoutError:
            return SendAttempt(outcome=SendOutcome.INDETERMINATE, detail="written, and not confirmed")
        except BlockingIOError:
            return SendAttempt(outcome=SendOutcome.TRY_AGAIN, detail="the log is busy")
        except FileNotFoundError:
            return SendAttempt(outcome=SendOutcome.REFUSED, detail="there is no such log")
        except OSError:
            return SendAttempt(
                outcome=SendOutcome.MISCONFIGURED, detail="the log may not be written", scope=Scope.RELAY
            )
        return SendAttempt(outcome=SendOutcome.DELIVERED, detail="written")

    async def aclose(self) -> None:
        """Nothing is held open."""


class MisbehavingLog:
    """A log that treats its next writings as it is told."""

    FAULTS: ClassVar[dict[str, type[OSError] | None]] = {
        "well": None,
        "later": BlockingIOError,
        "refused": FileNotFoundError,
        "no answer": TimeoutError,
        "mend": PermissionError,
    }

    def __init__(self, case: str, times: int) -> None:
        self.lines: list[bytes] = []
        self._fault = self.FAULTS[case]
        self._times = times

    def write(self, log: str, line: bytes) -> None:
        """As the operating system would."""
        fault, self._times = (self._fault if self._times > 0 else None), self._times - 1
        if fault is None or fault is TimeoutError:
            self.lines.append(line)
        if fault is not None:
            raise fault(log)
