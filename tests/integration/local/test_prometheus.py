"""Debian's Prometheus reads what a process serves, knows the rules, and ends with its caller."""

import json
import shutil
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from infra.health import Health
from infra.watch_server import WatchServer
from local.servers.prometheus import prometheus

pytestmark = pytest.mark.skipif(
    shutil.which("prometheus") is None, reason="Debian's prometheus is not installed"
)


def asked(address: str) -> Any:
    """Its answer; None while there is none."""
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310 - our own address
            return json.load(answer)["data"]
    except OSError:
        return None


def test_it_scrapes_each_process_and_holds_the_rules(tmp_path: Path) -> None:
    server = WatchServer(0, CollectorRegistry(), Health())
    try:
        pages = {"worker": f"http://127.0.0.1:{server.port}/metrics"}
        with prometheus(tmp_path, pages, seconds=1) as address:
            end = time.monotonic() + 60
            while True:
                found = asked(f"{address}api/v1/query?query=up")
                if found and [one["value"][1] for one in found["result"]] == ["1"]:
                    break
                assert time.monotonic() < end, found
                time.sleep(0.2)
            assert found["result"][0]["metric"]["job"] == "frafaldsvarsel-worker"
            groups = asked(f"{address}api/v1/rules")["groups"]
            assert len(groups[0]["rules"]) > 20
        assert asked(f"{address}api/v1/query?query=up") is None
    finally:
        server.stop()
