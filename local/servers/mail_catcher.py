"""The mail catcher as a process of its own, as whoever starts it sees it; `catcher_server.py` is what runs in it.

Apart, so that whoever starts it does not load what it runs on.
"""

import json
import os
import sys
from pathlib import Path
from typing import Final

from local.servers.mailbox import CaughtMail, MailHead, count_mails, read_mails
from local.servers.process import Process, ProcessPlan, Server, yielding

__all__ = ["Catcher", "CaughtMail", "MailHead", "count_mails", "read_mails"]

READY: Final = "ready.json"
CA: Final = "ca.pem"


class Catcher(Server):
    """The mail catcher as a process of its own; `data` outlives it."""

    def __init__(self, data: Path) -> None:
        """Mails lie in `data/mail`, the certificate authority to trust in `data/ca.pem`."""
        self.data: Final = data.resolve()
        self.ca_file: Final = self.data / CA

    @property
    def smtp_port(self) -> int:
        """On 127.0.0.1 and `localhost`; known when ready."""
        return self._ready()["smtp"]

    @property
    def pages_url(self) -> str:
        """Where a person reads the mails; known when ready."""
        return f"http://127.0.0.1:{self._ready()['pages']}/"

    def start(self) -> None:
        """Start the process; see `wait_ready`."""
        if self.pid is not None:
            return
        self.data.mkdir(parents=True, exist_ok=True)
        (self.data / READY).unlink(missing_ok=True)
        root = Path(__file__).resolve().parents[2]
        # Reading is the receiver's work: on one machine it waits for ours.
        argv = [
            *yielding(10),
            sys.executable,
            "-m",
            "local.servers.catcher_server",
            "--data",
            str(self.data),
        ]
        env = {**os.environ, "PYTHONPATH": str(root)}
        self._process = Process(
            ProcessPlan(argv=argv, log=self.data / "catcher.log", env=env, grace_seconds=5)
        )

    def wait_ready(self, timeout: float = 30.0) -> None:
        """Return when mail is accepted."""
        if self._process is None:
            raise RuntimeError("The mail catcher has not been started.")
        self._process.wait_for(self.data / READY, "The mail catcher", timeout)

    def _ready(self) -> dict[str, int]:
        try:
            return {name: int(port) for name, port in json.loads((self.data / READY).read_text()).items()}
        except FileNotFoundError:
            raise RuntimeError("The mail catcher is not ready, so its ports are not known.") from None
