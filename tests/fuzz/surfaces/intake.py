"""Records on the input topics: CloudEvents in both forms and both versions, their signatures, seals and headers.

Half of the inputs are signed by a registered sender after they were changed: what a sender with a key can do, and what
lies behind the signature, is tried too. What is accepted goes on to match's rule, where a fault would stop a partition.
"""

import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path
from random import Random
from typing import Any, Final

import orjson
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from joserfc.jwk import OKPKey

from crypto import base64url
from crypto.sealed_cpr import Belongs, seal
from crypto.signature import NotCanonicalError, sign, signing_input
from infra.tolerant_headers import TolerantRecords
from models.eligibility.apply_event import apply
from models.eligibility.decision import Cause
from models.eligibility.person_record import PersonRecord
from models.events.event_types import SEALED_FIELDS, VERSION_1, VERSION_2, InputTopic
from models.events.person_event import PersonEvent
from models.events.receipt import Receipt, ReceiptStatus
from publisher.events import Binding, PlainEvent, Ready
from publisher.prepare import attributes_of, bind
from streams.intake import InputRecord
from tests.factories import LAW
from tests.fuzz.mutate import maybe, spoil, spoil_headers, spoil_json, spoil_text
from tests.fuzz.surface import Wrong
from tests.fuzz.surfaces.good_events import good_events
from tests.paths import ROOT
from tests.unit.streams.senders import PERSONAL, Senders, kept_as, place, risk_event
from tests.unit.streams.written_answer import WrittenAnswer, judged

_HEADERS: Final = ROOT / "tests/data/records/foreign_headers.json"
_AT: Final = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
_PEOPLE: Final = 30
_SECRET: Final = tuple(one.encode() for one in PERSONAL)


class Intake:
    """The surface."""

    name = "intake"
    share = 770

    @asynccontextmanager
    async def ready(self, folder: Path) -> AsyncIterator["IntakeAttempts"]:
        """Nothing is started."""
        yield IntakeAttempts()


class IntakeAttempts:
    """A register with keys of its own, and one person whose events come to match."""

    def __init__(self) -> None:
        self._senders = Senders()
        self._context = self._senders.context
        self._events = good_events(self._senders)

    @cached_property
    def _good(self) -> list[Ready]:
        """A good record of each event, in each form."""
        return [
            self._senders.ready(event, binding, version)
            for event in self._events
            for binding in Binding
            for version in (1, 2)
        ]

    @cached_property
    def _foreign(self) -> Mapping[str, bytes | None]:
        told = json.loads(_HEADERS.read_text("utf-8"))["headers"]
        return {one["name"]: None if one["hex"] is None else bytes.fromhex(one["hex"]) for one in told}

    async def attempt(self, chance: Random) -> str:
        """One record."""
        way = chance.choice(_WAYS)
        record = self._received(chance, way(self, chance))
        validated = judged(record, self._context)
        self._judge(record, validated)
        if validated.event is None:
            return str(validated.receipt.reason or validated.receipt.status)
        return f"accepted, {self._matched(chance, validated.event)}"

    def _judge(self, record: InputRecord, validated: WrittenAnswer) -> None:
        receipt = validated.receipt
        refused = receipt.status is ReceiptStatus.REJECTED
        if refused is (receipt.reason is None):
            raise Wrong("a refusal without a code, or a code without one")
        written = receipt.model_dump_json(exclude_none=True).encode()
        if Receipt.model_validate_json(written) != receipt:
            raise Wrong("a receipt that is not read as it was written")
        _without_personal(written, "receipt")
        if refused is (validated.rejected_payload is None):
            raise Wrong("a refused record that is not kept, or an accepted one that is")
        if validated.rejected_payload is not None:
            origin = record.origin
            kept = self._senders.opener.open(
                validated.rejected_payload, f"rejected/{origin.topic}/{origin.partition}/{origin.offset}"
            )
            if kept != kept_as(record.value, record.headers):
                raise Wrong("what was kept of a refused record is not what came")
        if validated.event is not None:
            written = validated.event.model_dump_json(exclude_none=True).encode()
            if PersonEvent.model_validate_json(written) != validated.event:
                raise Wrong("a person event that is not read as it was written")
            _without_personal(written, "person event")

    def _matched(self, chance: Random, event: PersonEvent) -> str:
        """What match makes of it on top of what a person has already, and of the message that comes next."""
        before = chance.choice(self._people)
        event = event.model_copy(update={"person_id": before.person_id})
        step = apply(before, event, Cause(partition=0, offset=before.applied + 1), LAW)
        after = apply(step.record, self._message, Cause(partition=0, offset=before.applied + 2), LAW)
        for decision in (*step.decisions, *after.decisions):
            decision.model_dump_json(exclude_none=True)
        written = after.record.model_dump_json(exclude_none=True)
        if PersonRecord.model_validate_json(written) != after.record:
            raise Wrong("a person's record that is not read as it was written")
        return "left out" if step.left_out else "changed" if step.changed else "unchanged"

    @cached_property
    def _people(self) -> list[PersonRecord]:
        """People of whom some of the good events are known."""
        found, chance = [], Random(0)
        events = [event for one in self._good if (event := self._event(one)) is not None]
        for _ in range(_PEOPLE):
            record = PersonRecord(person_id=events[0].person_id)
            for offset, event in enumerate(chance.sample(events, chance.randint(0, len(events) // 2))):
                event = event.model_copy(update={"person_id": record.person_id})
                record = apply(record, event, Cause(partition=0, offset=offset), LAW).record
            found.append(record)
        return found

    @cached_property
    def _message(self) -> PersonEvent:
        """A good one, with an id that no other has."""
        event = self._event(
            self._senders.ready(replace(risk_event(), id="7c9e6679-7425-40de-944b-aaaa00000099"))
        )
        assert event is not None
        return event.model_copy(update={"person_id": self._people[0].person_id})

    def _event(self, ready: Ready) -> PersonEvent | None:
        return judged(
            InputRecord(place(ready.topic, at=_AT), ready.value, ready.headers), self._context
        ).event

    def _received(self, chance: Random, ready: Ready) -> InputRecord:
        topic = maybe(chance, 0.05, lambda: chance.choice(list(InputTopic)), ready.topic)
        headers: Sequence[tuple[str, bytes | None]] = ready.headers
        if chance.random() < 0.1:
            headers = _through_a_batch(chance, ready)
        # Whatever bytes a name has, the clients of Kafka give a text of whole letters.
        headers = [(_plain(name), content) for name, content in headers]
        return InputRecord(place(topic, offset=chance.randrange(10**6), at=_AT), ready.value, headers)

    def _spoilt(self, chance: Random) -> Ready:
        """Bytes changed on their way, or by somebody without a key."""
        good = chance.choice(self._good)
        others = [one.value or b"" for one in (chance.choice(self._good), chance.choice(self._good))]
        value = maybe(chance, 0.7, partial(spoil, chance, good.value or b"", others), good.value)
        headers = maybe(
            chance, 0.4, partial(spoil_headers, chance, good.headers, self._foreign), good.headers
        )
        return replace(good, value=maybe(chance, 0.01, lambda: None, value), headers=headers)

    def _signed(self, chance: Random) -> Ready:
        """Whatever a sender says, its signature fits."""
        event, version = chance.choice(self._events), chance.choice((1, 2))
        data = maybe(chance, 0.8, lambda: spoil_json(chance, dict(event.data)), dict(event.data))
        attributes = attributes_of(event)
        if not isinstance(data, dict):
            return self._bound(chance, event, attributes, data)
        if version == 2 and event.type in VERSION_2:
            attributes["type"] = VERSION_2[event.type].name
            inside = {name: data.pop(name) for name in [*data] if name in SEALED_FIELDS}
            data["sealed"] = self._sealed(chance, attributes, _json(inside))
        else:
            for name in ("cpr", "new_cpr"):
                if name in data:
                    data[name] = self._sealed(chance, None, str(data[name]))
        attributes = maybe(chance, 0.2, lambda: spoil_json(chance, attributes), attributes)
        return self._bound(chance, event, attributes, data)

    def _sealed(self, chance: Random, attributes: Mapping[str, str] | None, text: str) -> str:
        """A seal that opens, or one whose text, parts or header were changed."""
        text = maybe(chance, 0.15, lambda: spoil(chance, _bytes(text)).decode("utf-8", "replace"), text)
        belongs = None if attributes is None else Belongs(attributes["sender"], attributes["id"])
        made = seal(_plain(text), self._senders.service_key, belongs)
        if chance.random() < 0.6:
            return made
        parts = made.split(".")
        if chance.random() < 0.5:
            told = spoil_json(chance, orjson.loads(base64url.decode(parts[0])))
            parts[0] = base64url.encode(_bytes(_json(told)))
        else:
            at = chance.randrange(len(parts))
            parts[at] = spoil_text(chance, parts[at])
        return ".".join(parts)

    def _bound(self, chance: Random, event: PlainEvent, attributes: Any, data: Any) -> Ready:
        """Signed where that can be; else, and for one in ten, under a signature that cannot fit."""
        signature = self._signature(chance, event, attributes, data)
        topic = VERSION_1[event.type].topic
        said = (
            {name: one for name, one in attributes.items() if isinstance(one, str)}
            if isinstance(attributes, dict)
            else {}
        )
        try:
            return bind(
                {"sender": "", "datacontenttype": "application/json", **said},
                signature,
                data,
                topic=topic,
                binding=chance.choice(list(Binding)),
            )
        except (TypeError, UnicodeEncodeError):  # what orjson does not write, Python's own does
            value = _bytes(_json({**said, "signature": signature, "data": data}))
            return Ready(topic, b"", value, (("content-type", b"application/cloudevents+json"),))

    def _signature(self, chance: Random, event: PlainEvent, attributes: Any, data: Any) -> str:
        key: OKPKey = self._senders.private[event.sender]
        try:
            made = sign(signing_input(attributes, data, VERSION_1[event.type].topic), key)
        except (NotCanonicalError, TypeError, ValueError, AttributeError):
            made = sign(b"", key)
        if chance.random() < 0.9:
            return made
        header, _, tail = made.split(".")
        told = spoil_json(chance, orjson.loads(base64url.decode(header)))
        return f"{base64url.encode(_bytes(_json(told)))}..{spoil_text(chance, tail)}"


def _without_personal(written: bytes, where: str) -> None:
    for one in _SECRET:
        if one in written:
            raise Wrong(f"a {where} that says what only a seal may hold")


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _through_a_batch(chance: Random, ready: Ready) -> list[tuple[str, bytes | None]]:
    """Headers with a name that is no UTF-8, as the worker's client reads them."""
    builder = DefaultRecordBatchBuilder(
        magic=2,
        compression_type=0,
        is_transactional=0,
        producer_id=-1,
        producer_epoch=-1,
        base_sequence=-1,
        batch_size=0,
    )
    mark = "header-name-" + "x" * chance.randrange(20)
    named = [*((name, content) for name, content in ready.headers), (mark, b"\xff")]
    builder.append(
        0, timestamp=1, key=None, value=b"", headers=[(_plain(name), content) for name, content in named]
    )
    wrong = spoil(chance, mark.encode())[: len(mark)].ljust(len(mark), b"\xfe")
    records = TolerantRecords(
        bytes(builder.build()).replace(mark.encode(), wrong)
    )  # the checksum is the broker's to look at
    (record,) = list(records.next_batch())
    return list(record.headers)


def _bytes(text: str) -> bytes:
    """Half a letter too, as no parser takes it."""
    return text.encode("utf-8", "surrogatepass")


def _plain(name: str) -> str:
    return name.encode("utf-8", "replace").decode()


_WAYS: Final[tuple[Callable[[IntakeAttempts, Random], Ready], ...]] = (
    IntakeAttempts._spoilt,
    IntakeAttempts._signed,
)
