"""Story: made-up people go through every path of the real service, good and bad; then they are looked for everywhere.

Each takes one path alone, so whoever is found tells by which. `SEALED_PLACES` says where one may stand and why, and the
test fails as well when nobody stands there any more: the table is true or it is mended.
"""

import json
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import pytest
from confluent_kafka import Consumer, TopicPartition

from config.command_environments import KafkaEnvironment
from config.database_roles import DatabaseRole
from config.settings import PREFIX
from config.topics import TOPICS
from local.made_up_law import confirmed_tables
from local.servers.mailbox import read_mails
from local.servers.postgres import program
from local.service import Service
from models.calendar import copenhagen_date
from tests.acceptance.service import REGISTER_SECONDS, command, rows, until
from tests.acceptance.story import SCHOOL
from tests.integration.notifiers.hooks import OLD, text_of
from tests.leak_paths import ask_commands, call_interface, send_mails_back, send_no_http, visit_pages
from tests.leak_records import CANARIES, Told, produce, publish
from tests.leaks import Canary, Found, search, search_files
from tests.otlp import Collector, collector

UNIT: Final = "jc-0101"
BOUNCES: Final = "bounce@frafaldsvarsel.example"
ALL: Final = list(CANARIES.values())
pytestmark = pytest.mark.timeout(900)
"""A whole service, and everything that may be asked of it."""
_OWN: Final = "an input topic holds what its sender wrote, as it wrote it, until its time is over"
SEALED_PLACES: Final[Mapping[Found, str]] = {
    Found(
        "topic dropout-risks", "good, version 1", "text"
    ): "version 1 seals the number alone; version 2 the text too",
    Found("topic dropout-risks", "good, version 1", "name"): "the contact of version 1, likewise",
    Found("topic benefits", "no JSON, with a number in key, header and value", "cpr"): _OWN,
    Found("topic benefits", "no JSON, with a number in key, header and value", "name"): _OWN,
    Found("topic benefits", "no JSON, with a number in key, header and value", "text"): _OWN,
    Found("topic dropout-risks", "signed, with a number as id and as a field's name", "cpr"): _OWN,
    Found("topic dropout-risks", "signed, with a number as id and as a field's name", "name"): _OWN,
    Found("topic enrolments", "unsigned, with a number as sender, source and type", "cpr"): _OWN,
    Found("topic enrolments", "unsigned, with a number as sender, source and type", "name"): _OWN,
    Found(
        "the page of a person who was opened", "good, version 2", "cpr"
    ): "opened by its unit for a purpose",
    Found(
        "the page of a person who was opened", "good, version 2", "name"
    ): "opened by its unit for a purpose",
    Found(
        "the page of a person who was opened", "good, version 2", "text"
    ): "opened by its unit for a purpose",
}
"""Where somebody may stand, and the reason. Everywhere else nobody may."""


class Watched(Service):
    """The service with bounces and webhooks, and with a unit that takes notices by both."""

    def _environment(self, role: DatabaseRole | None, kind: type[Any] | None = None) -> dict[str, str]:
        told = {
            "BOUNCE_ADDRESS": BOUNCES,
            "BOUNCE_MAILDIR": str(self.data.parent / "maildir"),
            "WEBHOOK_SECRETS_DIR": str(self.data.parent / "secrets"),
            "WEBHOOK_NETWORKS": "127.0.0.0/8",
            "WEBHOOK_PLAIN_HTTP": "true",
            "REFERENCE_DIR": str(self.data.parent / "tables"),
        }
        return super()._environment(role, kind) | {PREFIX + name: value for name, value in told.items()}


@dataclass
class Hook:
    """An endpoint that repeats what it must not know, in every part of an answer."""

    who: Canary
    port: int = 0
    asked: list[bytes] = field(default_factory=list)

    @contextmanager
    def running(self) -> Iterator[None]:
        """On a free port."""
        there = self

        class Handler(BaseHTTPRequestHandler):
            """Answers 500."""

            def do_POST(self) -> None:
                """Keep the request; say the number, the name and the text."""
                length = int(self.headers["content-length"])
                there.asked.append(str(self.headers).encode() + self.rfile.read(length))
                self.send_response(500, there.who.cpr)
                self.send_header("Retry-After", there.who.cpr)
                self.send_header("X-Person", quote(there.who.name))
                self.end_headers()
                self.wfile.write(f"{there.who.cpr} {there.who.name}: {there.who.text}".encode())

            def log_message(self, format: str, *args: Any) -> None:
                """Nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield
        finally:
            server.shutdown()
            server.server_close()


@dataclass
class Story:
    """A service at which everything has happened."""

    service: Service
    traces: Collector
    hook: Hook
    told: Told


@pytest.fixture(scope="module")
def story(jars: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """Everybody has gone the own path; the service still runs."""
    folder = tmp_path_factory.mktemp("nobody")
    hook, told = Hook(CANARIES["in a webhook's answer"]), Told()
    with hook.running(), collector() as traces, pytest.MonkeyPatch.context() as patched:
        _prepare(folder, hook)
        patched.setenv(f"{PREFIX}OTEL_EXPORTER_OTLP_ENDPOINT", traces.endpoint)
        service = Watched(folder / "data", jars=jars, beside=("audit", "lag", "trail"))
        with service.running():
            added = command("senders", "add", SCHOOL, "--name", "Prøveskolen", data=service.data)
            assert added.returncode == 0, added.stderr
            time.sleep(REGISTER_SECONDS)
            publish(service, told, folder)
            produce(service)
            until("tasks", lambda: len(rows("tasks", data=service.data)) == 2)
            until("refusals", lambda: len(rows("receipts", "--status", "rejected", data=service.data)) >= 4)
            until("mails", lambda: len(read_mails(service.data / "catcher")) >= 2)
            until("webhook", lambda: hook.asked)
            visit_pages(service, told)
            call_interface(service, told)
            send_mails_back(service, folder / "maildir")
            send_no_http(service, told)
            until("came back", lambda: len(list((folder / "maildir" / "cur").iterdir())) == 2)
            ask_commands(service, told)
            yield Story(service, traces, hook, told)


def _prepare(folder: Path, hook: Hook) -> None:
    tables = confirmed_tables(folder / "tables", copenhagen_date(datetime.now(UTC)))
    with (tables / "webhooks.csv").open("a", encoding="utf-8") as file:
        file.write(f"{UNIT},http://127.0.0.1:{hook.port}/hook,2020-01-01,,made-up,[I] for trying out\n")
    (folder / "secrets").mkdir()
    (folder / "secrets" / UNIT).write_text(f"{text_of(OLD)}\n", "ascii")
    for name in ("new", "cur", "tmp"):
        (folder / "maildir" / name).mkdir(parents=True)


def _records(service: Service) -> dict[str, bytes]:
    """Every record of every topic, as a consumer reads it: a segment may be compressed."""
    kafka = service.told(KafkaEnvironment).kafka
    consumer = Consumer(
        {
            "bootstrap.servers": kafka.bootstrap_servers,
            "group.id": "search",
            "enable.auto.commit": False,
            "log_level": 0,
        }
    )
    found: dict[str, bytes] = {}
    for spec in TOPICS:
        for partition in range(spec.partitions):
            place = TopicPartition(spec.name, partition)
            low, high = consumer.get_watermark_offsets(place, timeout=20)
            consumer.assign([TopicPartition(spec.name, partition, low)])
            while low < high and (message := consumer.poll(20)) is not None:
                parts = [message.key() or b"", message.value() or b"", repr(message.headers()).encode()]
                found[spec.name] = found.get(spec.name, b"") + b"\n".join(bytes(part) for part in parts)
                low = (message.offset() or 0) + 1
    consumer.close()
    return found


def test_nobody_is_named_outside_the_sealed_places(story: Story) -> None:
    found = search_files(story.service.data, ALL, _kafka_folders(story.service))
    for topic, content in _records(story.service).items():
        found |= search(f"topic {topic}", content, ALL)
    found |= search("a dump of the database", _dump(story.service), ALL)
    found |= search("traces", b"".join(story.traces.bodies), ALL)
    found |= search("webhooks", b"".join(story.hook.asked), ALL)
    for mail in read_mails(story.service.data / "catcher"):
        found |= search("mails", f"{mail.subject}{mail.text}{mail.html}{mail.headers}".encode(), ALL)
    for place, content in story.told.said.items():
        found |= search(place, content, ALL)
    assert sorted(found - SEALED_PLACES.keys()) == []
    assert sorted(SEALED_PLACES.keys() - found) == []


def _dump(service: Service) -> bytes:
    """All tables of all schemas, and what the audit trail holds."""
    url = json.loads((service.data / "addresses.json").read_text("utf-8"))["database_url"]
    return subprocess.run([program("pg_dump"), url], check=True, capture_output=True, timeout=120).stdout


def _kafka_folders(service: Service) -> dict[str, str]:
    """Each partition's folder, wherever the broker puts it."""
    return {
        str(folder.relative_to(service.data)): f"topic {folder.name.rpartition('-')[0]}"
        for folder in (service.data / "kafka").rglob("*-[0-9]*")
        if folder.is_dir()
    }
