"""What the harness asks of the brokers and tells them, by a process of its own.

librdkafka's admin client aborts its process when a question to a group's coordinator runs out of time in a bad
moment (confluentinc/librdkafka#4605, #3663: `rd_kafka_enq_once_del_source_return`). Here that costs one question.
"""

import json
import os
import select
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any, Final

from tests.paths import ROOT

_PATIENCE: Final = 40.0
"""Longer than any question of the child's own."""

At = tuple[str, int]
"""Topic and partition."""


class AdminError(RuntimeError):
    """The brokers refused, or did not answer, or whoever asked has died. To ask again begins with a new client."""


class Admin:
    """One question at a time, from whichever thread. After a failure the next question has a new process."""

    def __init__(self, servers: str) -> None:
        self._servers = servers
        self._child: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def close(self) -> None:
        """End the process."""
        with self._lock:
            self._end()

    def ends(self, places: Iterable[At]) -> dict[At, int]:
        """One after the last offset of each partition."""
        return {(topic, part): offset for topic, part, offset in self._ask("ends", places=list(places))}

    def committed(self, group: str, places: Iterable[At]) -> dict[At, int]:
        """How far the group has come; 0 where it has committed nothing."""
        found = self._ask("committed", group=group, places=list(places))
        return {(topic, part): max(offset, 0) for topic, part, offset in found}

    def in_sync(self, topics: Iterable[str]) -> list[int]:
        """How many copies of each partition are whole."""
        found: list[int] = self._ask("in_sync", topics=list(topics))
        return found

    def delete_group(self, group: str) -> None:
        """Forget a group that nobody is in."""
        self._ask("delete_group", group=group)

    def move(self, group: str, offsets: Mapping[At, int]) -> None:
        """Set what a group that nobody is in has committed."""
        self._ask("move", group=group, offsets=[(*place, offset) for place, offset in offsets.items()])

    def delete_records(self, before: Mapping[At, int]) -> None:
        """Remove what stands before these offsets."""
        self._ask("delete_records", offsets=[(*place, offset) for place, offset in before.items()])

    def alter_topics(self, topics: Iterable[str], settings: Mapping[str, str]) -> None:
        """Change these settings of the topics, and no others."""
        self._ask("alter_topics", topics=list(topics), settings=dict(settings))

    def alter_broker(self, node: int, settings: Mapping[str, str]) -> None:
        """Change these settings of a running broker, and no others."""
        self._ask("alter_broker", node=node, settings=dict(settings))

    def set_password(self, user: str, password: str) -> None:
        """Let a user in (SCRAM-SHA-512)."""
        self._ask("set_password", user=user, password=password)

    def delete_password(self, user: str) -> None:
        """Whoever logs in under this name from now on is refused."""
        self._ask("delete_password", user=user)

    def grant(self, user: str, rights: Iterable[tuple[str, str, str]]) -> None:
        """Kind of resource, its name (`*`: all of them), operation."""
        self._ask("grant", user=user, rights=list(rights))

    def revoke(self, user: str, rights: Iterable[tuple[str, str, str]]) -> None:
        """Take the rights back."""
        self._ask("revoke", user=user, rights=list(rights))

    def _ask(self, what: str, **given: Any) -> Any:
        with self._lock:
            try:
                child = self._child or self._begin()
                assert child.stdin is not None
                child.stdin.write(json.dumps([what, given]).encode() + b"\n")
                child.stdin.flush()
                answer = json.loads(self._line(child))
            except (OSError, ValueError) as error:
                self._end()
                raise AdminError(f"{what}: whoever asked has died or does not answer: {error}") from None
            if "error" in answer:
                # librdkafka keeps the epoch of a leader from before its restart, and asks with it for ever.
                self._end()
                raise AdminError(f"{what}: {answer['error']}")
            return answer["found"]

    def _line(self, child: "subprocess.Popen[bytes]") -> bytes:
        assert child.stdout is not None
        whole, deadline = b"", time.monotonic() + _PATIENCE
        while not whole.endswith(b"\n"):
            ready, _, _ = select.select([child.stdout], [], [], max(0.0, deadline - time.monotonic()))
            said = os.read(child.stdout.fileno(), 1 << 20) if ready else b""
            if not said:
                raise OSError(f"exit code {child.poll()}" if ready else f"{_PATIENCE:.0f} s of silence")
            whole += said
        return whole

    def _begin(self) -> "subprocess.Popen[bytes]":
        self._child = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.admin_child", self._servers],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=ROOT,
            # Ctrl+C is the harness's to hear.
            start_new_session=True,
        )
        return self._child

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        child.kill()
        child.wait()
        for stream in (child.stdin, child.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()
