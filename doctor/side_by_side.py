"""Asks several servers at once: one that hangs costs seconds, and keeps nobody from hearing the others."""

import threading
import time
from collections.abc import Callable, Sequence


class NotSeen(RuntimeError):
    """It cannot be looked at; the message is a sentence for a person, and holds no secret."""


def side_by_side(ways: Sequence[Callable[[], None]], seconds: float) -> list[str]:
    """Run all; for each a sentence: why it did not come to its end within `seconds`, or empty. Never raises."""
    why = [f"There was no answer within {seconds:.0f} seconds."] * len(ways)

    def run(number: int) -> None:
        try:
            ways[number]()
        except NotSeen as error:
            said = str(error)
        except Exception as error:  # the others must be seen; what an error says may hold a secret
            said = f"The look at it broke off: {type(error).__name__}."
        else:
            said = ""
        why[number] = said

    # Daemons: one that hangs in a system call must not keep the command from ending.
    threads = [
        threading.Thread(target=run, args=(number,), name="look", daemon=True) for number in range(len(ways))
    ]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + seconds
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    return list(why)
