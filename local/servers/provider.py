"""The demo's OpenID provider as a process of its own, as whoever starts it sees it; `provider_server.py` runs in it.

Apart, so that whoever starts it does not load what it runs on.
"""

import os
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter

from local.servers.ports import remembered_ports, write_whole
from local.servers.process import READY_SECONDS, Process, ProcessPlan, Server
from models.base import Frozen

READY: Final = "ready.json"
PEOPLE_FILE: Final = "people.json"
CLIENT_ID: Final = "frafaldsvarsel"


class Person(Frozen):
    """Somebody made up who can log in."""

    subject: str
    name: str
    about: str
    """For the page on which one chooses."""
    rights: tuple[Mapping[str, Any], ...]
    """As the inbox reads them: ``{"role": …, "units": […]}``."""


PEOPLE: Final = TypeAdapter(tuple[Person, ...])


class DemoProvider(Server):
    """The provider as a process of its own."""

    def __init__(self, data: Path, people: tuple[Person, ...], *, client_secret_file: Path) -> None:
        """`people` may log in; the inbox's secret is made in `client_secret_file` where there is none."""
        self.data: Final = data.resolve()
        self._people = people
        self._secret_file = client_secret_file
        self._port: int | None = None

    @property
    def issuer(self) -> str:
        """The provider's name and address; the same at every start, as long as the port is free."""
        if self._port is None:
            self.data.mkdir(parents=True, exist_ok=True)
            self._port = remembered_ports(self.data / "ports.json", ("provider",))["provider"]
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Start the process; see `wait_ready`."""
        if self.pid is not None:
            return
        self.data.mkdir(parents=True, exist_ok=True)
        (self.data / READY).unlink(missing_ok=True)
        write_whole(self.data / PEOPLE_FILE, PEOPLE.dump_json(self._people).decode())
        if not self._secret_file.exists():
            self._secret_file.parent.mkdir(parents=True, exist_ok=True)
            self._secret_file.touch(mode=0o600)
            self._secret_file.write_text(secrets.token_urlsafe(32), "utf-8")
        root = Path(__file__).resolve().parents[2]
        argv = [sys.executable, "-m", "local.servers.provider_server"]
        argv += ["--data", str(self.data), "--secret", str(self._secret_file), "--issuer", self.issuer]
        env = {**os.environ, "PYTHONPATH": str(root)}
        self._process = Process(
            ProcessPlan(argv=argv, log=self.data / "provider.log", env=env, grace_seconds=5)
        )

    def wait_ready(self, timeout: float = READY_SECONDS) -> None:
        """Return when people can log in."""
        if self._process is None:
            raise RuntimeError("The provider has not been started.")
        self._process.wait_for(self.data / READY, "The OpenID provider", timeout)
