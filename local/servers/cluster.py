"""Runs several real brokers as one cluster, so that the loss of one can be tried and not only believed.

It must not be used where one broker is enough: each node is a Java process of its own.
"""

import json
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from local.servers.kafka import Broker, Quorum, new_cluster_id
from local.servers.ports import remembered_ports, write_whole
from local.servers.process import READY_SECONDS


class Cluster:
    """`nodes` combined brokers and controllers with a fixed quorum; topics get up to three replicas."""

    def __init__(
        self, data: Path, jars: Path, *, nodes: int = 3, settings: Mapping[str, str] | None = None
    ) -> None:
        """`settings` are added to every node's properties."""
        self._data: Final = data.resolve()
        self._jars: Final = jars
        self._ids: Final = range(1, nodes + 1)
        self._settings: Final = settings
        self.brokers: Mapping[int, Broker] = {}

    @property
    def bootstrap(self) -> str:
        """All nodes, so that a client finds the cluster whichever node is lost."""
        return ",".join(broker.bootstrap for broker in self.brokers.values())

    def start(self) -> None:
        """Start every node that does not run."""
        if not self.brokers:
            self._data.mkdir(parents=True, exist_ok=True)
            self.brokers = self._assemble()
        # Together: a controller waits for its quorum, and the formatting of each takes a second.
        with ThreadPoolExecutor(len(self._ids)) as pool:
            list(pool.map(Broker.start, self.brokers.values()))

    def wait_ready(self, timeout: float = 2 * READY_SECONDS) -> None:
        """Return when every node answers and knows all the others."""
        end = time.monotonic() + timeout
        for broker in self.brokers.values():
            broker.wait_ready(max(1.0, end - time.monotonic()), brokers=len(self._ids))

    def stop(self) -> None:
        """Stop all nodes at once: the last ones alone would wait for a quorum that cannot come."""
        if self.brokers:
            with ThreadPoolExecutor(len(self._ids)) as pool:
                list(pool.map(Broker.stop, self.brokers.values()))

    def kill(self) -> None:
        """SIGKILL for all nodes."""
        for broker in self.brokers.values():
            broker.kill()

    def _assemble(self) -> dict[int, Broker]:
        names = [f"{role}-{node}" for node in self._ids for role in ("broker", "controller")]
        ports = remembered_ports(self._data / "ports.json", names)
        quorum = Quorum(
            cluster_id=self._cluster_id(),
            controllers={node: ports[f"controller-{node}"] for node in self._ids},
        )
        return {
            node: Broker(
                self._data / f"node-{node}",
                self._jars,
                node_id=node,
                quorum=quorum,
                ports={"broker": ports[f"broker-{node}"], "controller": ports[f"controller-{node}"]},
                settings=self._settings,
            )
            for node in self._ids
        }

    def _cluster_id(self) -> str:
        file = self._data / "cluster.json"
        if not file.exists():
            write_whole(file, json.dumps({"cluster_id": new_cluster_id()}))
        return str(json.loads(file.read_text("utf-8"))["cluster_id"])
