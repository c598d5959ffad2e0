"""Named points in the code at which a test injects a fault. Without a folder they are off and cost one comparison.

To inject a fault, a test writes a file to that folder: its name is the point, its content the action. The first
process that reaches the point renames the file and acts. A service that was started without the folder ignores files.
"""

import asyncio
import logging
import os
import signal
from enum import StrEnum
from pathlib import Path
from typing import Final

log = logging.getLogger(__name__)


class Point(StrEnum):
    """The points, in the order of the flow."""

    INTAKE_FETCHED = "intake.fetched"
    INTAKE_JUDGED = "intake.judged"
    MATCH_FETCHED = "match.fetched"
    MATCH_JUDGED = "match.judged"
    FORWARDED = "match.forwarded"
    STREAM_ASSIGNED = "stream.assigned"
    STREAM_REVOKED = "stream.revoked"
    STREAM_SHUTDOWN = "stream.shutdown"
    OUTPUT_BEFORE = "output.before"
    OUTPUT_HALF = "output.half"
    OUTPUT_SENT = "output.sent"
    OUTPUT_ACKNOWLEDGED = "output.acknowledged"
    PEOPLE_BEFORE = "people.before"
    PEOPLE_AFTER = "people.after"
    OFFSETS_BEFORE = "offsets.before"
    OFFSETS_AFTER = "offsets.after"
    LEDGER_FETCHED = "ledger.fetched"
    LEDGER_BEFORE_COMMIT = "ledger.before_commit"
    LEDGER_COMMITTED = "ledger.committed"
    LEDGER_SHUTDOWN = "ledger.shutdown"
    OUTBOX_SENT = "outbox.sent"
    STEPS_BEFORE_COMMIT = "steps.before_commit"
    STEPS_FIRED = "steps.fired"
    ACT_BEFORE_COMMIT = "act.before_commit"
    ACT_COMMITTED = "act.committed"
    NOTIFY_CLAIMED = "notify.claimed"
    MAIL_SENDER = "mail.sender"
    MAIL_RECIPIENT = "mail.recipient"
    MAIL_DATA = "mail.data"
    MAIL_DOT = "mail.dot"
    MAIL_ANSWERED = "mail.answered"
    HOOK_BEFORE = "hook.before"
    HOOK_SENT = "hook.sent"
    HOOK_ANSWERED = "hook.answered"
    NOTIFY_SHUTDOWN = "notify.shutdown"
    ERASE_CUT_OFF = "erase.cut_off"
    ERASE_TOLD = "erase.told"
    ERASE_FORGOTTEN = "erase.forgotten"
    ERASE_BURYING = "erase.burying"
    ERASE_BURIED = "erase.buried"
    GROW_DECIDED = "grow.decided"
    GROW_CARRIED = "grow.carried"
    GROW_MARKED = "grow.marked"
    GROW_PARTITIONS = "grow.partitions"
    GROW_BURIED = "grow.buried"


class FailpointAction(StrEnum):
    """What happens at the point."""

    KILL = "kill"
    RAISE = "raise"
    CANCEL = "cancel"
    STOP = "stop"


class Struck(Exception):
    """The exception of `FailpointAction.RAISE`: nothing in the service expects it."""


_folder: Path | None = None
FIRED: Final = ".fired"


def arm(folder: Path | None) -> None:
    """Read faults from `folder` from now on; each process calls this once, at its start."""
    global _folder
    _folder = folder
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        log.critical(
            "failpoints are armed from %s: this service is being tested, and is not for real use", folder
        )


def reach(point: Point) -> None:
    """Act if there is a file for this point."""
    if _folder is not None:
        _act(_folder, point)


def _act(folder: Path, point: Point) -> None:
    taken = folder / f"{point}.{os.getpid()}{FIRED}"
    try:
        (folder / point).rename(taken)
    except FileNotFoundError:
        return
    action = FailpointAction(taken.read_text("ascii").strip())
    log.warning("struck at %s: %s", point, action)
    match action:
        case FailpointAction.KILL:
            os.kill(os.getpid(), signal.SIGKILL)
        case FailpointAction.STOP:
            os.kill(os.getpid(), signal.SIGSTOP)
        case FailpointAction.RAISE:
            raise Struck(point)
        case FailpointAction.CANCEL:
            task = asyncio.current_task()
            if task is not None:
                task.cancel()
