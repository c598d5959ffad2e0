"""Story: an operator has a collector; a message is followed in it from the publisher's trace to the mail.

The real service, told by its settings alone. What has come out is searched for everything that names somebody.
"""

import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import pytest

from config.settings import PREFIX
from local.servers.mailbox import read_mails
from tests import scrape
from tests.acceptance.service import Up, rows, running, start, until
from tests.acceptance.story import SCHOOL, event, history
from tests.otlp import Collector, Received, collector

TRACE: Final = "4bf92f3577b34da6a3ce929d0e0e4736"
STEP: Final = "00f067aa0ba902b7"


@dataclass
class Followed:
    """What was sent, and what the collector has."""

    up: Up
    collector: Collector
    sent: list[dict[str, object]]
    named: set[str]
    """What the ledger calls people and what is theirs."""

    @property
    def spans(self) -> list[Received]:
        """All of them."""
        return self.collector.spans


@pytest.fixture(scope="module")
def followed(jars: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Followed]:
    """A message with a trace, its facts in any order, another one that is refused; then the service ends."""
    with collector() as there, pytest.MonkeyPatch.context() as patched:
        patched.setenv(f"{PREFIX}OTEL_EXPORTER_OTLP_ENDPOINT", there.endpoint)
        with running(tmp_path_factory.mktemp("service")) as up:
            up.add_school()
            events = history()
            events[0]["traceparent"] = f"00-{TRACE}-{STEP}-00"
            refused = {**event("dropout-risk.raised", SCHOOL, "2026-10-02T10:00:00+02:00"), "id": "none"}
            file = tmp_path_factory.mktemp("files") / "autumn.jsonl"
            up.publish(file, [*events, refused], "--no-check")
            until("mail", lambda: read_mails(up.data / "catcher"))
            until("refusal", lambda: rows("receipts", "--status", "rejected", data=up.data))
            named = names(up)
        yield Followed(up, there, events, named)


def names(up: Up) -> set[str]:
    """Pseudonyms, tasks, deliveries."""
    with up.database() as connection:
        found = connection.execute(
            "SELECT person_id FROM messages UNION SELECT id::text FROM tasks UNION SELECT reference FROM tasks"
            " UNION SELECT id::text FROM deliveries UNION SELECT sealed FROM messages"
        ).fetchall()
    return {one for (one,) in found if one is not None}


def of_message(followed: Followed) -> list[Received]:
    """The spans of the message's trace, as they began."""
    (first,) = [span for span in followed.spans if span.links == ((TRACE, STEP),) and span.name == "intake"]
    return sorted((one for one in followed.spans if one.trace == first.trace), key=lambda one: one.began_ns)


def test_a_message_is_one_connected_trace_from_intake_to_the_mail(followed: Followed) -> None:
    """Of three processes, none of which has handed the others anything."""
    spans = of_message(followed)
    assert {span.name for span in spans} == {"intake", "match", "decide", "book", "deliver"}
    assert {span.service for span in spans} == {
        "frafaldsvarsel-worker",
        "frafaldsvarsel-ledger",
        "frafaldsvarsel-notify",
    }
    ids = {span.id: span for span in spans}
    assert [span.name for span in spans if not span.parent] == ["intake"]
    assert all(span.parent in ids for span in spans if span.parent)
    (delivery,) = [span for span in spans if span.name == "deliver"]
    way = [delivery]
    while way[-1].parent:
        way.append(ids[way[-1].parent])
    assert [span.name for span in way][:3] == ["deliver", "book", "decide"]
    assert way[-1].name == "intake"
    assert way[2].said["frafaldsvarsel.outcome"] == "obliged"
    assert delivery.said["frafaldsvarsel.channel"] == "email"
    assert not delivery.failed


def test_the_senders_trace_is_linked_and_not_continued(followed: Followed) -> None:
    """Though its flags say that it is not sampled; and no span is in a trace that somebody else has named."""
    assert of_message(followed)[0].links == ((TRACE, STEP),)
    assert TRACE not in {span.trace for span in followed.spans}


def test_a_later_fact_is_linked_to_the_decisions_that_it_made(followed: Followed) -> None:
    decisions = [span for span in of_message(followed) if span.name == "decide"]
    made_by = {(span.trace, span.id) for span in followed.spans if span.name == "match"}
    linked = [link for span in decisions for link in span.links]
    assert linked
    assert set(linked) <= made_by


def test_each_record_has_one_first_span_and_a_refusal_its_reason(followed: Followed) -> None:
    first = [span for span in followed.spans if span.name == "intake"]
    assert len(first) == len({span.trace for span in first}) == len(followed.sent) + 1
    (refused,) = [span for span in first if span.said["frafaldsvarsel.outcome"] == "rejected"]
    assert refused.said["frafaldsvarsel.reason"] == "not_a_cloudevent"
    assert {span.name for span in followed.spans if span.trace == refused.trace} == {"intake", "book"}


def test_nothing_that_names_somebody_has_left(followed: Followed) -> None:
    """Neither a number, nor a pseudonym, an id of theirs, a text, a contact or an address."""
    texts = set(followed.named)
    for one in followed.sent:
        data = one["data"]
        assert isinstance(data, dict)
        texts |= {str(one["id"]), str(data["cpr"])}
        texts |= {str(data[name]) for name in ("enrolment_id", "period_id", "text") if name in data}
        texts |= {str(part) for part in dict(data.get("contact") or {}).values()}
    for mail in read_mails(followed.up.data / "catcher"):
        texts |= {mail.recipient, mail.message_id}
    sent = b"".join(followed.collector.bodies)
    assert len(texts) > 8
    assert [text for text in texts if text.encode() in sent] == []
    fields = {name for span in followed.spans for name in span.said}
    assert all(name.startswith(("messaging.", "frafaldsvarsel.")) for name in fields)


def test_a_collector_that_hangs_holds_up_neither_a_mail_nor_the_end(
    jars: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """It takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.MonkeyPatch.context() as patched:
        patched.setenv(f"{PREFIX}OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{silent.getsockname()[1]}")
        up = start(tmp_path_factory.mktemp("service") / "data")
        try:
            up.add_school()
            up.publish(tmp_path_factory.mktemp("files") / "autumn.jsonl", history())
            until("mail", lambda: read_mails(up.data / "catcher"))
            metrics = up.addresses["metrics"]
            page = next(page for name, page in metrics.items() if name.startswith("worker"))
            port = int(urlsplit(page).port or 0)
            refused = 'frafaldsvarsel_trace_spans_total{outcome="refused"}'
            until("refused span", lambda: scrape.scraped(port).get(refused, 0) > 0)
        finally:
            began = time.monotonic()
            up.stop()
        assert time.monotonic() - began < 30
