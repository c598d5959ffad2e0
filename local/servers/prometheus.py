"""Debian's Prometheus beside a service on one machine: it scrapes each process and knows the alert rules."""

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from local.servers.ports import remembered_ports
from local.servers.process import Process, ProcessPlan

RULES: Final = Path(__file__).resolve().parents[2] / "ops" / "alerts.yaml"
_JOB: Final = "frafaldsvarsel-"
_SECONDS: Final = 10
_GRACE_SECONDS: Final = 10.0


class NoPrometheus(RuntimeError):
    """It is not installed, or did not start; the message says what to do."""


def binary() -> str:
    """Its program; raises `NoPrometheus`."""
    found = shutil.which("prometheus")
    if found is None:
        raise NoPrometheus("Prometheus is not installed. On Debian: apt-get install prometheus.")
    return found


def configuration(pages: Mapping[str, str], *, seconds: int = _SECONDS, rules: Path = RULES) -> str:
    """What it is told, in JSON, which is YAML too. `pages`: where each process serves its metrics, by its name;
    processes of one kind, such as ``worker`` and ``worker-2``, are one job.
    """
    jobs: dict[str, list[str]] = {}
    for name, page in pages.items():
        jobs.setdefault(_JOB + name.partition("-")[0], []).append(urlsplit(page).netloc)
    told = {
        "global": {"scrape_interval": f"{seconds}s", "evaluation_interval": f"{seconds}s"},
        "rule_files": [str(rules)],
        "scrape_configs": [
            {"job_name": job, "static_configs": [{"targets": targets}]} for job, targets in jobs.items()
        ],
    }
    return json.dumps(told, indent=1) + "\n"


@contextmanager
def prometheus(
    data: Path, pages: Mapping[str, str], *, seconds: int = _SECONDS, rules: Path = RULES
) -> Iterator[str]:
    """Run it while the caller does, its data in `data`; gives its address. Raises `NoPrometheus`."""
    program = binary()
    folder = data / "prometheus"
    folder.mkdir(parents=True, exist_ok=True)
    port = remembered_ports(folder / "ports.json", ["web"])["web"]
    file = folder / "prometheus.yml"
    file.write_text(configuration(pages, seconds=seconds, rules=rules), "utf-8")
    process = Process(
        ProcessPlan(
            argv=[
                program,
                f"--config.file={file}",
                f"--storage.tsdb.path={folder / 'tsdb'}",
                f"--web.listen-address=127.0.0.1:{port}",
                "--log.level=warn",
            ],
            log=folder / "log",
            env={},
            grace_seconds=_GRACE_SECONDS,
        )
    )
    try:
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.stop()
