"""Chooses local ports that stay the same between starts, so that a restarted server is found where it was.

It must not choose ephemeral ports: a client that retries against a stopped server can be given that very
port as its own source port, connect to itself, and keep the server from ever binding it again.

A chosen port is free until its server starts, and that may be a minute later. So all programs of one user
take the next number of one file: what one has chosen comes up for another only after the whole range.
"""

import fcntl
import json
import os
import socket
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import chain
from pathlib import Path
from typing import Final

# Below every usual ephemeral range (Linux begins at 32768, the IANA range at 49152).
RANGE: Final = range(20_000, 32_000)
ATTEMPTS: Final = 500


def remembered_ports(file: Path, names: Sequence[str]) -> dict[str, int]:
    """Name → a port on 127.0.0.1 that is free now; the one in `file` when that is still free."""
    known = _read(file)
    with ExitStack() as held:
        chosen = {name: _hold(held, known.get(name)) for name in names}
    if chosen != known:
        write_whole(file, json.dumps(chosen))
    return chosen


def write_whole(file: Path, text: str) -> None:
    """Write so that a reader sees the old content or the new, never half of it."""
    fresh = file.with_name(f".{file.name}.new")
    fresh.write_text(text, "utf-8")
    fresh.replace(file)


def _read(file: Path) -> dict[str, int]:
    try:
        content = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(name): int(port) for name, port in content.items()} if isinstance(content, dict) else {}


def _hold(held: ExitStack, wanted: int | None) -> int:
    for port in chain([wanted] if wanted else [], _next_ports()):
        probe = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
        # As the servers do: a connection in TIME_WAIT is no reason to move to another port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            # Only listening conflicts with another holder that has set the same option.
            probe.listen(1)
        except OSError:
            continue
        return port
    raise RuntimeError(f"No free port on 127.0.0.1 was found in {RANGE.start}-{RANGE.stop - 1}.")


def _next_ports() -> Iterator[int]:
    """Ports that no program of this user has been given lately, at most `ATTEMPTS`."""
    counter = Path(tempfile.gettempdir()) / f"frafaldsvarsel-ports-{os.getuid()}"
    for _ in range(ATTEMPTS):
        with counter.open("a+b", buffering=0) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            # The length is the number: one more byte cannot be read half written.
            given = file.seek(0, os.SEEK_END)
            file.write(b".")
        yield RANGE[given % len(RANGE)]
