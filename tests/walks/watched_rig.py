"""The rig of the fault tests with all that watches it: lag, auditor, and a real Prometheus that scrapes each."""

import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from config.settings import PREFIX
from local.servers.ports import remembered_ports
from local.servers.prometheus import RULES, prometheus
from tests.faults.rig import LEDGERS, NOTIFIERS, WORKERS, Rig
from tests.walks.alarms import Alarms
from tests.walks.operator import Seen, command, look
from tests.walks.shortened import write_shortened

LAG: Final = "lag-1"
AUDIT: Final = "audit-1"
LAG_SECONDS: Final = 1
"""Ten looks are the window of a consumer's status: ten seconds here, a hundred in production."""
AUDIT_SECONDS: Final = 2
PASSWORD: Final = "made-up"
"""By which the relay lets a notifier in."""
_SCRAPE_SECONDS: Final = 1
_UP_SECONDS: Final = 60.0


@dataclass(frozen=True)
class WatchedRig:
    """A rig, and what rings for it."""

    rig: Rig
    alarms: Alarms
    ports: dict[str, int]

    @property
    def told(self) -> Mapping[str, str]:
        """The settings of somebody who may look at everything, on the ways that the service's processes have."""
        return self.rig.environment("doctor")

    def command(self, *words: str) -> str:
        """What a person does by the command line."""
        return command(self.told, *words)

    def look(self, process: str = "") -> Seen:
        """What a person sees there; with the settings of `process`, where one is named."""
        own = {PREFIX + name: held for name, held in self.rig.children.own.get(process, {}).items()}
        return look({**self.told, **own}, self.audit_metrics)

    @property
    def audit_metrics(self) -> str:
        """Where the auditor serves its metrics."""
        return f"http://127.0.0.1:{self.ports[AUDIT]}/metrics"


@contextmanager
def watched_rig(data: Path, jars: Path) -> Iterator[WatchedRig]:
    """Start everything, and wait until each is ready and scraped."""
    with Rig(data, jars) as rig:
        rig.drain()
        names = (*WORKERS, *LEDGERS, *NOTIFIERS, LAG, AUDIT)
        ports = remembered_ports(data / "metrics.ports", names)
        children = rig.children
        more = {LAG: {"LAG_SECONDS": str(LAG_SECONDS)}, AUDIT: {"AUDIT_FILE": str(data / "watch.sqlite")}}
        children.own = {
            name: {"METRICS_PORT": str(port), **more.get(name, {})} for name, port in ports.items()
        }
        children.modules[AUDIT] = ("frafaldsvarsel", "audit", "--watch", str(AUDIT_SECONDS))
        rig.environment_more = {"SMTP_USERNAME": "service", "SMTP_PASSWORD": PASSWORD}
        rig.relay.server.logins, rig.relay.server.password = "PLAIN", PASSWORD
        children.hold(*WORKERS, *LEDGERS, *NOTIFIERS)
        children.add(LAG, AUDIT)
        children.release(*WORKERS, *LEDGERS, *NOTIFIERS)
        children.wait_ready(*WORKERS, *LEDGERS, *NOTIFIERS, LAG)
        pages = {name: f"http://127.0.0.1:{port}/metrics" for name, port in ports.items()}
        _wait_served(pages[AUDIT])
        rules = write_shortened(RULES, data / "alerts.yaml")
        with prometheus(data, pages, seconds=_SCRAPE_SECONDS, rules=rules) as address:
            _wait_served(f"{address}-/ready")
            yield WatchedRig(rig, Alarms(address), ports)


def _wait_served(address: str) -> None:
    end = time.monotonic() + _UP_SECONDS
    while True:
        try:
            urllib.request.urlopen(address, timeout=5).close()  # noqa: S310 - our own address
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)
        else:
            return
