"""The mail catcher as a process of its own, as whoever starts it sees it; `catcher_server.py` is what runs in it.

Apart, so that whoever starts it does not load what it runs on.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from local.servers.mailbox import CaughtMail, MailHead, count_mails, read_mails
from local.servers.ports import remembered_ports
from local.servers.process import READY_SECONDS, Process, ProcessPlan, Server, yielding

__all__ = ["Catcher", "CaughtMail", "MailHead", "count_mails", "read_mails"]

READY: Final = "ready.json"
CA: Final = "ca.pem"


class Catcher(Server):
    """The mail catcher as a process of its own; `data` outlives it."""

    def __init__(self, data: Path) -> None:
        """Mails lie in `data/mail`, the certificate authority to trust in `data/ca.pem`."""
        self.data: Final = data.resolve()
        self.ca_file: Final = self.data / CA
        self._ports: Mapping[str, int] = {}

    @property
    def smtp_port(self) -> int:
        """On 127.0.0.1 and `localhost`; known from the first start on."""
        return self._port("smtp")

    @property
    def pages_url(self) -> str:
        """Where a person reads the mails; known from the first start on."""
        return f"http://127.0.0.1:{self._port('pages')}/"

    def start(self) -> None:
        """Start the process; see `wait_ready`."""
        if self.pid is not None:
            return
        self.data.mkdir(parents=True, exist_ok=True)
        (self.data / READY).unlink(missing_ok=True)
        # Chosen here and once: who has been told of them goes on with them while it is started again.
        self._ports = self._ports or remembered_ports(self.data / "ports.json", ("smtp", "pages"))
        root = Path(__file__).resolve().parents[2]
        # Reading is the receiver's work: on one machine it waits for ours.
        argv = [
            *yielding(10),
            sys.executable,
            "-m",
            "local.servers.catcher_server",
            "--data",
            str(self.data),
            *(f"--{name}={port}" for name, port in self._ports.items()),
        ]
        env = {**os.environ, "PYTHONPATH": str(root)}
        self._process = Process(
            ProcessPlan(argv=argv, log=self.data / "catcher.log", env=env, grace_seconds=5)
        )

    def wait_ready(self, timeout: float = READY_SECONDS) -> None:
        """Return when mail is accepted."""
        if self._process is None:
            raise RuntimeError("The mail catcher has not been started.")
        self._process.wait_for(self.data / READY, "The mail catcher", timeout)

    def _port(self, name: str) -> int:
        if not self._ports:
            raise RuntimeError("The mail catcher has not been started yet, so its ports are not known.")
        return self._ports[name]
