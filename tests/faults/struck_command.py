"""A command as an operator runs it under load: killed at its own points, and run again until it ends well."""

import os
import subprocess
import sys
import time
from typing import Final

from config.command_environments import COMMANDS, role_of
from config.key_environment import least_keys
from config.settings import PREFIX, variables_of
from infra.failpoints import FailpointAction, Point
from tests.faults.cells import Run
from tests.paths import ROOT

_TRIES: Final = 12
_ASKED: Final = 40
_TRY_SECONDS: Final = 170.0


class StruckCommand:
    """One of `tests.faults.command_child.COMMANDS`."""

    def __init__(self, run: Run, command: str) -> None:
        self._run, self._rig, self._command = run, run.rig, command
        self._points = run.rig.data / f"{command.partition(' ')[0]}-failpoints"
        self._points.mkdir(exist_ok=True)
        self.deaths = 0

    def strike(self, point: Point) -> None:
        """The command is killed when it comes by; no other process."""
        (self._points / point).write_text(FailpointAction.KILL, "ascii")

    def start(self) -> "subprocess.Popen[bytes]":
        """In a process of its own, past the proxies."""
        rig, kind = self._rig, COMMANDS[self._command]
        told = rig._environment(rig.direct, rig.database.url_of("faults", role_of(kind)))
        told = least_keys(kind, told, variables_of(kind))
        inherited = {name: held for name, held in os.environ.items() if not name.startswith(PREFIX)}
        code = {"PYTHONPATH": str(ROOT), "PYTHONSAFEPATH": "1"}
        with (rig.data / "logs" / f"{self._command.partition(' ')[0]}.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "tests.faults.command_child", str(self._points), self._command],
                env=inherited | told | code,
                stdout=log,
                stderr=log,
            )

    def die_at(self, point: Point) -> None:
        """Run it until it is killed there: it may have to be asked more than once to begin."""
        self.strike(point)
        for _ in range(_ASKED):
            code = self.start().wait(_TRY_SECONDS)
            if code < 0:
                self.deaths += 1
                return
            time.sleep(1)
        self._run.left_out.append(f"{self._command} was not struck at {point}")

    def finish(self, process: "subprocess.Popen[bytes]") -> None:
        """Run it again until it ends well."""
        for _ in range(_TRIES):
            code = process.wait(_TRY_SECONDS)
            if code == 0:
                return
            self.deaths += code < 0
            time.sleep(0.3)
            process = self.start()
        self._run.left_out.append(f"{self._command} does not come to its end")
