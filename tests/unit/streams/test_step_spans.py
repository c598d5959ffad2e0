"""What intake and match say of a record to whoever traces: its place and codes, and never what it holds.

A sender's trace is linked to and never continued, and nothing that is written knows of any of it.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import orjson
import pytest

from config.topics import Topic
from infra.traces import NO_TRACES, Span, SpanField, SpanLink, SpanName, Traces, intake_span, trace_of
from models.events.event_types import InputTopic
from models.events.traceparent import TRACEPARENT
from publisher.events import Binding, Ready
from streams.person_store import PersonStore
from streams.processors import Intake, Match, add_person_event
from tests.factories import LAW, MADE_UP_CPR, background, origin, residence, risk
from tests.unit.streams.doubles import Log
from tests.unit.streams.senders import APPENDED, PERSONAL, Senders, risk_event

TRACE: Final = "4bf92f3577b34da6a3ce929d0e0e4736"
VALID: Final = f"00-{TRACE}-00f067aa0ba902b7-01"
LINK: Final = SpanLink(int(TRACE, 16), 0x00F067AA0BA902B7)
ON: Final = Traces(ratio=1, tell=lambda _: None, clock=lambda: 1_800_000_000_000_000_000)
Headers = Sequence[tuple[str, bytes | None]]
HOSTILE: Final[list[Headers]] = [
    [("traceparent", None)],
    [("traceparent", b"")],
    [("traceparent", b"\xff\xfe")],
    [("traceparent", VALID.encode() * 1000)],
    [("traceparent", MADE_UP_CPR.encode())],
    [("traceparent", f"00-{MADE_UP_CPR.zfill(32)}-00f067aa0ba902b7-01".encode())],
    [("ce_traceparent", b"00-" + b"0" * 32 + b"-00f067aa0ba902b7-01")],
    [("TraceParent", VALID.encode()), ("traceparent", b"and then nonsense")],
    [("tracestate", f"cpr={MADE_UP_CPR}".encode()), ("baggage", MADE_UP_CPR.encode())],
]
EVENTS: Final = (risk(), *background(), residence("0147", name="moved"))
senders = Senders()


async def taken(ready: Ready, headers: Headers = (), traces: Traces = ON) -> tuple[Log, list[Span]]:
    """What intake writes of a record that comes with these headers too, and its spans."""
    log = Log()
    output = log.output()
    intake = Intake(senders.context, traces)
    place = log.append(ready.topic, 0, ready.key, ready.value, [*ready.headers, *headers])
    await intake.run(ready.topic, 0, [place], output)
    await output.flush()
    return log, intake.tally.spans


def written(log: Log) -> list[tuple[str, bytes | None, bytes | None, Headers]]:
    """Everything but the seals, the fresh keys of refused bytes, and the part of a key that is new each time."""
    return [
        (record.topic, (record.key or b"").partition(b".")[0], record.value, record.headers)
        for topic in (Topic.RECEIPTS, Topic.PERSON_EVENTS)
        for record in log.written(topic)
    ]


async def test_an_accepted_record_begins_a_trace_that_says_where_it_stands() -> None:
    log, (span,) = await taken(senders.ready(risk_event()))
    (record,) = log.written(InputTopic.DROPOUT_RISKS)
    assert (span.name, span.parent, span.links) == (SpanName.INTAKE, None, [])
    assert span.trace == trace_of(record.origin)
    assert span.id == intake_span(span.trace)
    assert span.said[SpanField.TOPIC] == "dropout-risks"
    assert span.said[SpanField.OUTCOME] == "accepted"
    assert span.said[SpanField.SENDER] == risk_event().sender
    assert SpanField.REASON not in span.said


async def test_a_refused_record_says_why_and_whose_it_is() -> None:
    ready = senders.ready(risk_event())
    _, (span,) = await taken(replace(ready, value=(ready.value or b"").replace(b"signature", b"signed-by")))
    assert span.said[SpanField.OUTCOME] == "rejected"
    assert span.said[SpanField.REASON] == "signature_missing"


@pytest.mark.parametrize("binding", list(Binding))
async def test_a_senders_trace_is_linked_wherever_it_stands(binding: Binding) -> None:
    """As CloudEvents' extension in either binding, and as the header of a tracing producer."""
    in_event = senders.ready(replace(risk_event(), traceparent=VALID), binding)
    _, (span,) = await taken(in_event)
    assert span.links == [LINK]
    assert span.trace != LINK.trace
    _, (span,) = await taken(senders.ready(risk_event(), binding), [("traceparent", VALID.encode())])
    assert span.links == [LINK]
    _, (span,) = await taken(in_event, [("traceparent", VALID.replace("00f067", "00f068").encode())])
    assert {link.span for link in span.links} == {0x00F067AA0BA902B7, 0x00F068AA0BA902B7}


async def test_a_sender_decides_neither_that_it_is_traced_nor_that_it_is_not() -> None:
    """The flags say sampled or not; only our ratio counts."""
    for flags in (b"00", b"01", b"ff"):
        header = [("traceparent", VALID[:-2].encode() + flags)]
        assert (await taken(senders.ready(risk_event()), header))[1] != []
        assert (await taken(senders.ready(risk_event()), header, Traces(ratio=0, tell=print)))[1] == []


@pytest.mark.parametrize("headers", HOSTILE)
async def test_what_is_hostile_changes_nothing(headers: Headers) -> None:
    ready = senders.ready(risk_event())
    plain, _ = await taken(ready, traces=NO_TRACES)
    log, (span,) = await taken(ready, headers)
    assert written(log) != []
    assert [record[:2] for record in written(log)] == [record[:2] for record in written(plain)]
    assert span.links == []
    assert not any(personal in repr(span) for personal in PERSONAL)


@pytest.mark.parametrize(
    "said", [None, 7, {"a": 1}, [VALID], "", VALID.upper(), "\ud800", MADE_UP_CPR, VALID * 99]
)
async def test_an_extension_that_is_no_traceparent_changes_nothing(said: object) -> None:
    """The signature does not cover it, so the record is accepted as it is without."""
    ready = senders.ready(risk_event())
    body = orjson.loads(ready.value or b"")
    text = '"\\ud800"' if said == "\ud800" else orjson.dumps(said).decode()
    value = orjson.dumps(body)[:-1] + f',"{TRACEPARENT}":{text}}}'.encode()
    log, (span,) = await taken(replace(ready, value=value))
    without, _ = await taken(replace(ready, value=orjson.dumps(body)))
    assert span.links == []
    statuses = [orjson.loads(one.value or b"")["status"] for one in log.written(Topic.RECEIPTS)]
    expected = [orjson.loads(one.value or b"")["status"] for one in without.written(Topic.RECEIPTS)]
    assert statuses == (expected if said != "\ud800" else statuses)


async def matched(traces: Traces) -> tuple[Log, list[Span]]:
    """A message, then the facts that decide it, each from a record of its own."""
    log = Log()
    output = log.output()
    match = Match(LAW, PersonStore(log.reader), traces=traces)
    for number, event in enumerate(EVENTS):
        place = origin(offset=number, appended_at=APPENDED)
        add_person_event(event.model_copy(update={"origin": place}), output)
    await output.flush()
    for (topic, partition), records in list(log.records.items()):
        await match.run(topic, partition, records, output)
    await output.flush()
    return log, match.tally.spans


async def test_each_decision_stands_in_its_messages_trace_and_is_linked_to_what_made_it() -> None:
    log, spans = await matched(ON)
    events = [span for span in spans if span.name is SpanName.MATCH]
    decisions = [span for span in spans if span.name is SpanName.DECIDE]
    assert len(events) == len(log.written(Topic.PERSON_EVENTS))
    assert len(decisions) == len(log.written(Topic.DECISIONS)) > 1
    message = events[0].trace
    assert {span.trace for span in decisions} == {message}
    assert decisions[0].parent == events[0].id
    assert decisions[0].links == ()
    made_by = {SpanLink(span.trace, span.id) for span in events[1:]}
    for later in decisions[1:]:
        assert later.parent == intake_span(message)
        assert set(later.links) <= made_by
        assert later.links != ()


async def test_what_match_writes_is_the_same_with_traces_and_without() -> None:
    """Records and headers: neither a hash nor a MAC can know of it. A part of each decision's key is new each time."""
    traced, plain = await matched(ON), await matched(NO_TRACES)
    assert plain[1] == []
    one, other = (
        [
            record._replace(key=(record.key or b"").partition(b".")[0])
            for record in log.written(Topic.DECISIONS)
        ]
        for log in (traced[0], plain[0])
    )
    assert one == other != []
    assert traced[0].written(Topic.APPLIED) == plain[0].written(Topic.APPLIED)
    assert traced[0].written(Topic.PEOPLE) == plain[0].written(Topic.PEOPLE)


async def test_no_span_holds_anything_about_a_person() -> None:
    _, (span,) = await taken(senders.ready(risk_event()))
    _, spans = await matched(ON)
    for one in (span, *spans):
        assert set(one.said) <= set(SpanField)
        shown = repr(one)
        assert not any(personal in shown for personal in PERSONAL)
        assert risk().person_id not in shown
        assert risk_event().id not in shown
