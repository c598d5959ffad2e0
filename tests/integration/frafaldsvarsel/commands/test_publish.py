"""`publish` at a real broker: from a pipe, by the folder of a service, in either version, and interrupted."""

import json
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

import orjson
import pytest
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import KafkaException, NewTopic

from config.senders import base_senders
from config.settings import PREFIX
from local.servers.kafka import Broker
from models.events.sender import Sender
from publisher.key_files import ensure_keys
from tests.paths import ROOT
from tests.reference import SHIPPED

CPR: Final = "3112081234"
SCHOOL: Final = "900101"
TOPIC: Final = "dropout-risks"


class Topic:
    """The topic that messages go to, as somebody else reads it."""

    def __init__(self, broker: Broker) -> None:
        admin = AdminClient({"bootstrap.servers": broker.bootstrap, "log_level": 0})
        made = admin.create_topics([NewTopic(TOPIC, num_partitions=1, replication_factor=1)])[TOPIC]
        try:
            made.result(30)
        except KafkaException as error:
            assert error.args[0].name() == "TOPIC_ALREADY_EXISTS"  # noqa: PT017  any other is a fault
        self._consumer = Consumer({"bootstrap.servers": broker.bootstrap, "group.id": "nobody"})
        self._parts = sorted(self._consumer.list_topics(TOPIC).topics[TOPIC].partitions)
        self._from = self._ends()

    def _ends(self) -> dict[int, int]:
        return {
            part: self._consumer.get_watermark_offsets(TopicPartition(TOPIC, part), timeout=10)[1]
            for part in self._parts
        }

    def added(self) -> int:
        """How many records it has got since."""
        return sum(self._ends().values()) - sum(self._from.values())

    def types(self) -> list[str]:
        """The event types of these, sorted."""
        self._consumer.assign([TopicPartition(TOPIC, part, at) for part, at in self._from.items()])
        found: list[str] = []
        for record in self._consumer.consume(self.added(), timeout=20):
            found.append(json.loads(record.value() or b"")["type"])
        return sorted(found)

    def close(self) -> None:
        self._consumer.close()


@pytest.fixture
def topic(broker: Broker) -> Iterator[Topic]:
    found = Topic(broker)
    yield found
    found.close()


@pytest.fixture
def data(broker: Broker, tmp_path: Path) -> Path:
    """The folder of a service, as `up` leaves it."""
    folder = tmp_path / "data"
    ensure_keys(folder, [sender for sender in base_senders(SHIPPED) if sender.number == SCHOOL])
    told = {"environment": {f"{PREFIX}KAFKA_BOOTSTRAP_SERVERS": broker.bootstrap}}
    (folder / "addresses.json").write_bytes(orjson.dumps(told))
    return folder


def lines(data: Path, many: int) -> bytes:
    source = Sender.model_validate_json((data / "senders" / f"{SCHOOL}.json").read_bytes()).source
    event = {
        "type": "dropout-risk.raised",
        "sender": SCHOOL,
        "source": source,
        "time": "2026-09-02T02:15:00+02:00",
        "data": {
            "cpr": CPR,
            "institution_number": SCHOOL,
            "seen_at": "2026-09-01T11:00:00+02:00",
            "signals": ["absence"],
            "severity": "low",
        },
    }
    return b"".join(
        orjson.dumps({**event, "id": f"00000000-0000-4000-a000-{number:012d}"}) + b"\n"
        for number in range(many)
    )


def shell(script: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/bash", "-c", script],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


PUBLISH: Final = shlex.join([sys.executable, "-m", "frafaldsvarsel", "publish"])


@pytest.mark.parametrize(
    "how", ["{publish} <(cat {file}) {data}", "cat {file} | {publish} /dev/stdin {data}"]
)
def test_a_pipe_is_published_whole(how: str, topic: Topic, data: Path, tmp_path: Path) -> None:
    """Before: "0 of 0 lines published", exit 0."""
    file = tmp_path / "events.jsonl"
    file.write_bytes(lines(data, 5))
    done = shell(how.format(publish=PUBLISH, file=file, data=f"--data {data}"))
    assert (done.returncode, done.stderr.strip()) == (0, "")
    assert done.stdout.startswith("5 of 5 lines published")
    assert topic.added() == 5


@pytest.mark.parametrize(("switch", "version"), [("", 2), ("--contract 2", 2), ("--contract 1", 1)])
def test_the_version_is_the_newest_unless_another_is_asked_for(
    switch: str, version: int, topic: Topic, data: Path, tmp_path: Path
) -> None:
    """By the keys of the service's folder, or by one key beside it."""
    file = tmp_path / "events.jsonl"
    file.write_bytes(lines(data, 2))
    by_key = f"--key {data}/keys/{SCHOOL}.key.json"
    for keys in (f"--data {data}", f"--keys {data}/keys", by_key, f"{by_key} --data {data}"):
        done = shell(f"{PUBLISH} {file} {keys} {switch}")
        assert done.returncode == 0, done.stderr
    assert topic.types() == [f"dk.frafaldsvarsel.dropout-risk.raised.v{version}"] * 8


@pytest.mark.parametrize("many", [5, 20_000])
def test_who_interrupts_it_learns_how_many_were_taken(
    many: int, topic: Topic, data: Path, tmp_path: Path
) -> None:
    """From a pipe that stays open: it is busy, or it waits for a line that does not come."""
    file, enough = tmp_path / "events.jsonl", min(many, 500)
    os.mkfifo(file)
    writer = threading.Thread(target=_feed, args=(file, lines(data, many)), daemon=True)
    writer.start()
    # Where the tests are a shell's background job, the signal is ignored, and a child would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with subprocess.Popen(
        [*shlex.split(PUBLISH), str(file), "--data", str(data)],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "200"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        end = time.monotonic() + 240
        while topic.added() < enough and time.monotonic() < end:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=240)
    writer.join(60)
    assert (process.returncode, out) == (130, "")
    assert "Traceback" not in err
    sentence = next(line for line in err.splitlines() if "Interrupted" in line)
    assert f"the brokers have taken {topic.added():,}." in sentence
    assert enough <= topic.added() <= many


def _feed(pipe: Path, content: bytes) -> None:
    with suppress(BrokenPipeError), pipe.open("wb") as file:
        file.write(content)
        file.flush()
        # Nobody reads any more when the process has ended: then writing fails.
        while True:
            time.sleep(0.05)
            file.write(b"\n")
            file.flush()


def test_what_is_asked_for_twice_or_not_at_all_is_a_sentence(data: Path) -> None:
    for keys in ("", f"--keys {data}/keys --key {data}/keys/{SCHOOL}.key.json"):
        done = shell(f"{PUBLISH} none.jsonl {keys}")
        assert (done.returncode, done.stdout) == (2, "")
        assert "Give either --keys FOLDER or --key FILE, or --data DIR" in done.stderr
