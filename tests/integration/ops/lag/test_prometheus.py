"""A real Prometheus with our rules scrapes the lag: an alert rings when its trouble comes, and is over when it goes."""

import asyncio
import json
import shutil
import subprocess
import time
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any, Final

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from aiokafka.structs import TopicPartition

from config.kafka import KafkaSettings
from local.servers.ports import remembered_ports
from local.servers.process import Process, ProcessPlan
from models.events.event_types import InputTopic
from ops.audit.consumer_groups import WORKER
from tests.integration.ops.lag.test_lag import commit
from tests.integration.ops.lag.test_process import Scraped
from tests.paths import ROOT
from tools.dashboards.files import DASHBOARDS

RULES: Final = ROOT / "ops" / "alerts.yaml"
RISKS: Final = str(InputTopic.DROPOUT_RISKS)
PASSED: Final = 'ALERTS{alertname="FrafaldsvarselRetentionPassed",alertstate="firing"}'


@pytest.mark.parametrize("asked", [["check", "rules", RULES.name], ["test", "rules", "alerts.test.yaml"]])
def test_the_rules_ring_when_they_must_and_not_otherwise(asked: list[str]) -> None:
    told = subprocess.run(
        [str(shutil.which("promtool")), *asked],
        cwd=RULES.parent,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert told.returncode == 0, told.stdout + told.stderr


def test_every_query_of_the_dashboards_is_promql(tmp_path: Path) -> None:
    """As recording rules, which is what promtool reads; Grafana puts an interval in place of its own word."""
    rules = [
        {
            "record": f"dashboard:{page.name.replace('-', '_')}:{number}",
            "expr": query.expr.replace("$__rate_interval", "5m"),
        }
        for page in DASHBOARDS
        for number, query in enumerate(page.queries)
    ]
    file = tmp_path / "rules.json"
    file.write_text(json.dumps({"groups": [{"name": "dashboards", "rules": rules}]}), "utf-8")
    told = subprocess.run(
        [str(shutil.which("promtool")), "check", "rules", str(file)],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert told.returncode == 0, told.stdout + told.stderr
    assert f"{len(rules)} rules found" in told.stdout


class Prometheus:
    """Debian's, which scrapes one port and knows our rules."""

    def __init__(self, folder: Path, scraped: int) -> None:
        self.port = remembered_ports(folder / "prometheus.ports", ["web"])["web"]
        job = {"job_name": "lag", "static_configs": [{"targets": [f"127.0.0.1:{scraped}"]}]}
        told = {
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": [str(RULES)],
            "scrape_configs": [job],
        }
        # JSON is YAML too.
        (folder / "prometheus.yml").write_text(json.dumps(told), "utf-8")
        self.process = Process(
            ProcessPlan(
                argv=[
                    str(shutil.which("prometheus")),
                    f"--config.file={folder / 'prometheus.yml'}",
                    f"--storage.tsdb.path={folder / 'tsdb'}",
                    f"--web.listen-address=127.0.0.1:{self.port}",
                    "--log.level=warn",
                ],
                log=folder / "prometheus.log",
                env={},
                grace_seconds=10,
            )
        )

    def values(self, expression: str) -> list[float]:
        """What it says of an expression now; nothing while it does not answer yet."""
        asked = urllib.parse.urlencode({"query": expression})
        try:
            with urllib.request.urlopen(
                f"http://127.0.0.1:{self.port}/api/v1/query?{asked}", timeout=5
            ) as answer:
                found: list[dict[str, Any]] = json.load(answer)["data"]["result"]
        except OSError:
            return []
        return [float(one["value"][1]) for one in found]

    async def until(self, expression: str, wanted: list[float]) -> None:
        """Ask until that is what it says."""
        end = time.monotonic() + 90
        while (found := await asyncio.to_thread(self.values, expression)) != wanted:
            self.process.check_running("Prometheus")
            assert time.monotonic() < end, (expression, found, self.process.log_tail())
            await asyncio.sleep(0.3)


async def test_an_alert_rings_and_is_over(kafka: KafkaSettings, tmp_path: Path) -> None:
    """Records that retention takes before the worker has read them, until the worker is past them."""
    producer = AIOKafkaProducer(**kafka.producer())
    await producer.start()
    for _ in range(4):
        await producer.send_and_wait(RISKS, b"one", partition=1)
    await producer.stop()
    await commit(kafka, WORKER, RISKS, 1, 1)
    lag = Scraped(kafka, tmp_path)
    prometheus = Prometheus(tmp_path, lag.port)
    try:
        await prometheus.until("up", [1])
        await prometheus.until(f'kafka_consumergroup_group_lag{{topic="{RISKS}",partition="1"}}', [3])
        assert prometheus.values(PASSED) == []
        admin = AIOKafkaAdminClient(**kafka.aiokafka())
        await admin.start()
        await admin.delete_records({TopicPartition(RISKS, 1): RecordsToDelete(before_offset=3)})
        await admin.close()
        await prometheus.until(PASSED, [1])
        await commit(kafka, WORKER, RISKS, 1, 4)
        await prometheus.until(PASSED, [])
        await prometheus.until("frafaldsvarsel_duty_lag_seconds", [0])
    finally:
        await asyncio.to_thread(prometheus.process.stop)
        await asyncio.to_thread(lag.process.stop)
