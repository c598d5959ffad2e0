"""What the documentation of the contract says is what the code does."""

import base64
import io
import json
import re
from typing import Any

import pytest
from joserfc.jwk import OKPKey
from jsonschema import Draft202012Validator, FormatChecker

from config.senders import base_senders
from crypto.sealed_cpr import Belongs, open_sealed
from crypto.signature import key_id, verify
from models.cpr import birth_date, normalise
from models.eligibility.apply_event import apply
from models.eligibility.decision import Cause
from models.eligibility.person_record import PersonRecord
from models.events.cloudevent import read
from models.events.event_types import (
    EVENT_TYPES,
    SEALED_FIELDS,
    TYPE_PREFIX,
    VERSION_2,
    EventType,
    InputTopic,
)
from models.events.receipt import Receipt, ReceiptStatus, RepeatKind, RepeatReceipt
from models.events.sender import Sender
from models.reasons import DecisionReason, Rejection
from publisher.events import FileLine
from publisher.lines import Reading, read_stream
from tests.factories import LAW, PERSON, origin, risk, uuid
from tests.paths import ROOT
from tests.reference import SHIPPED
from tests.unit.models.events.test_contract import BY_KIND, DATA
from tools.docs import contract
from tools.docs.contract_asyncapi import asyncapi
from tools.docs.contract_examples import examples
from tools.docs.contract_vectors import CPR, SERVICE_KEY, SIGNING_KEY, vectors

SCHEMAS = contract.schemas()
VECTORS = {name: vector for name, vector in vectors().items() if name != "keys"}
PUBLIC = OKPKey.import_key({name: text for name, text in SIGNING_KEY.items() if name != "d"})
README = (ROOT / "docs/contract/README.md").read_text(encoding="utf-8")


def faults(name: str, content: Any) -> list[str]:
    """What the published schema `name` says against `content`."""
    validator = Draft202012Validator(SCHEMAS[name], format_checker=FormatChecker())
    return [error.message for error in validator.iter_errors(content)]


class TestSchemas:
    @pytest.mark.parametrize("name", SCHEMAS)
    def test_each_is_a_schema(self, name: str) -> None:
        """Of JSON Schema 2020-12, with an id of its own."""
        Draft202012Validator.check_schema(SCHEMAS[name])
        assert SCHEMAS[name]["$id"].endswith(f":{name}")

    @pytest.mark.parametrize("kind", DATA)
    def test_what_the_code_takes_the_schema_takes(self, kind: str) -> None:
        """The good data of the contract's own tests, alone and inside an event."""
        assert faults(f"{kind}.v1.data", DATA[kind]) == []
        assert faults(f"{kind}.v1", event(kind)) == []

    @pytest.mark.parametrize("kind", DATA)
    def test_what_the_contract_does_not_know_the_schema_refuses(self, kind: str) -> None:
        """A field too many, each required field missing, each attribute missing."""
        data = DATA[kind]
        assert faults(f"{kind}.v1.data", data | {"name": "Åse"})
        for field, description in BY_KIND[kind].data.model_fields.items():
            without = {name: value for name, value in data.items() if name != field}
            assert bool(faults(f"{kind}.v1.data", without)) == description.is_required()
        whole = event(kind)
        for name in whole.keys() - {"datacontenttype"}:
            assert faults(f"{kind}.v1", {other: whole[other] for other in whole if other != name})

    def test_an_integer_may_be_written_as_a_number_with_nothing_behind_its_point(self) -> None:
        """As JSON Schema has it, and as intake takes it."""
        data = DATA["dropout-risk.raised"] | {"absence_percentage": 28.0}
        assert faults("dropout-risk.raised.v1.data", data) == []
        BY_KIND["dropout-risk.raised"].data.model_validate_json(json.dumps(data), strict=True)

    @pytest.mark.parametrize("row", VERSION_2.values(), ids=lambda row: row.kind)
    def test_what_stands_beside_the_seal_is_as_in_version_1(self, row: EventType) -> None:
        """And nothing that is to be sealed may stand there."""
        clear = {name: held for name, held in DATA[row.kind].items() if name not in SEALED_FIELDS}
        data = {"sealed": "eyJ..iv.text.tag", **clear}
        assert faults(f"{row.kind}.v2.data", data) == []
        assert faults(f"{row.kind}.v2", event(row.kind) | {"type": row.name, "data": data}) == []
        for name in DATA[row.kind].keys() & SEALED_FIELDS:
            assert faults(f"{row.kind}.v2.data", data | {name: DATA[row.kind][name]})
        assert faults(f"{row.kind}.v2.data", DATA[row.kind])
        assert faults(f"{row.kind}.v2.data", clear)

    @pytest.mark.parametrize(
        "change",
        [
            {"severity": "fatal"},
            {"signals": []},
            {"seen_at": "i går"},
            {"text": "x" * 501},
            {"seen_at": "2026-09-01"},
            {"absence_percentage": 101},
            {"absence_percentage": -1},
            {"absence_percentage": 28.5},
        ],
    )
    def test_values_outside_the_contract_are_refused(self, change: dict[str, Any]) -> None:
        """Codes, lengths and dates stand in the schema too."""
        assert faults("dropout-risk.raised.v1.data", DATA["dropout-risk.raised"] | change)

    def test_receipts_and_decisions_fit_their_schemas(self) -> None:
        """As they are written to Kafka."""
        for receipt in (
            Receipt(origin=origin(), status=ReceiptStatus.ACCEPTED, sender="280051", fingerprint="f"),
            Receipt(origin=origin(), status=ReceiptStatus.REJECTED, reason=Rejection.TOO_DEEP),
        ):
            assert faults("receipt", json.loads(receipt.model_dump_json())) == []
        repeat = RepeatReceipt(
            origin=origin(), repeat=RepeatKind.CONFLICT, sender="280051", event_id=uuid("e")
        )
        assert faults("repeat-receipt", json.loads(repeat.model_dump_json())) == []
        step = apply(PersonRecord(person_id=PERSON), risk(), Cause(partition=0, offset=0), LAW)
        written = json.loads(step.decisions[0].model_dump_json())
        assert faults("decision", written) == []
        assert faults("decision", written | {"added_by_a_later_version": 1}) == []


class Shipped:
    """The senders' register as it ships."""

    def find(self, number: str) -> Sender | None:
        return next((sender for sender in base_senders(SHIPPED) if sender.number == number), None)


def event(kind: str) -> dict[str, Any]:
    """A whole event of `kind` in structured binding."""
    (first, *_) = sorted(BY_KIND[kind].senders)
    number = {"institution": "280051", "municipality": "0101", "register": "REG-CPR"}[first]
    return {
        "specversion": "1.0",
        "id": uuid("event"),
        "source": "urn:oio:cvr-nr:12345674",
        "sender": number,
        "type": BY_KIND[kind].name,
        "time": "2026-09-01T10:00:00+02:00",
        "datacontenttype": "application/json",
        "signature": "aGVhZA..dGFpbA",
        "data": DATA[kind],
    }


class TestVectors:
    @pytest.mark.parametrize("name", VECTORS)
    @pytest.mark.parametrize("binding", ["structured", "binary"])
    def test_a_vectors_record_is_read_and_verified(self, name: str, binding: str) -> None:
        """By the code that reads the senders' records, from the bytes that the vector shows."""
        vector = VECTORS[name]
        record = vector["records"][binding]
        headers = [(header, text.encode()) for header, text in record["headers_utf8"].items()]
        envelope = read(record["value_utf8"].encode(), headers)
        assert envelope.attributes == vector["attributes"]
        assert envelope.data == vector["data"]
        assert envelope.signature == vector["signature"]
        assert key_id(vector["signature"]) == SIGNING_KEY["kid"]
        verify(vector["signature"], vector["signing_input_utf8"].encode(), PUBLIC)

    @pytest.mark.parametrize("name", [name for name in VECTORS if "sealed" in VECTORS[name]["data"]])
    def test_a_vectors_seal_opens_for_its_event(self, name: str) -> None:
        """To the text that it shows, which fits its schema; it was made by another library."""
        vector = VECTORS[name]
        belongs = Belongs(vector["attributes"]["sender"], vector["attributes"]["id"])
        key = OKPKey.import_key(dict(SERVICE_KEY))
        opened = open_sealed(vector["data"]["sealed"], {SERVICE_KEY["kid"]: key}, belongs)
        assert opened == vector["sealed_utf8"]
        assert json.loads(opened)["cpr"] == CPR
        schema = "sealed-message" if "dropout-risk" in name else "sealed-person"
        assert faults(schema, json.loads(opened)) == []
        plain = json.dumps({**vector["data"], **json.loads(opened)}, sort_keys=True)
        first = VECTORS[name.removesuffix(".v2")]["data"]
        assert plain == json.dumps({**first, "cpr": CPR, "sealed": vector["data"]["sealed"]}, sort_keys=True)

    @pytest.mark.parametrize("name", [name for name in VECTORS if "cpr" in VECTORS[name]["data"]])
    def test_a_vectors_cpr_opens_to_the_made_up_number(self, name: str) -> None:
        """With the public test key."""
        key = OKPKey.import_key(dict(SERVICE_KEY))
        assert open_sealed(VECTORS[name]["data"]["cpr"], {SERVICE_KEY["kid"]: key}) == CPR
        assert CPR in VECTORS[name]["about"]

    @pytest.mark.parametrize("name", VECTORS)
    def test_a_vector_fits_the_schemas(self, name: str) -> None:
        """The record in structured binding is an event, the one in binary binding is its data."""
        records = VECTORS[name]["records"]
        schema = VECTORS[name]["attributes"]["type"].removeprefix(TYPE_PREFIX)
        assert faults(schema, json.loads(records["structured"]["value_utf8"])) == []
        assert faults(f"{schema}.data", json.loads(records["binary"]["value_utf8"])) == []

    def test_the_keys_say_that_they_are_public(self) -> None:
        """Their secrets are a plain count of bytes, and each file warns."""
        for key, first in ((SIGNING_KEY, 0), (SERVICE_KEY, 32)):
            assert base64.urlsafe_b64decode(key["d"] + "=") == bytes(range(first, first + 32))
            assert key["kid"].startswith("public-test-")
        assert all("PUBLIC TEST KEYS" in vector["warning"] for vector in vectors().values())

    def test_the_readmes_ten_lines_make_a_record_that_is_taken(self) -> None:
        """The code that integrators copy is run here."""
        found = re.search(r"```python\n(.*?)```", README, re.DOTALL)
        assert found
        names: dict[str, Any] = {}
        exec(found[1], names)  # noqa: S102  our own page
        vector = VECTORS["dropout-risk.raised.v2"]
        public = OKPKey.import_key({name: text for name, text in SERVICE_KEY.items() if name != "d"})
        data = {name: value for name, value in vector["data"].items() if name != "sealed"}
        personal = json.loads(vector["sealed_utf8"])
        signing_key = OKPKey.import_key(dict(SIGNING_KEY))
        record = names["make_record"](
            vector["attributes"], data, personal, vector["topic"], signing_key, public
        )
        envelope = read(record, [("content-type", b"application/cloudevents+json")])
        content = {"attributes": envelope.attributes, "data": envelope.data, "topic": vector["topic"]}
        assert envelope.signature is not None
        verify(envelope.signature, names["rfc8785"].dumps(content), PUBLIC)
        belongs = Belongs(vector["attributes"]["sender"], vector["attributes"]["id"])
        key = OKPKey.import_key(dict(SERVICE_KEY))
        opened = open_sealed(envelope.data["sealed"], {SERVICE_KEY["kid"]: key}, belongs)
        assert json.loads(opened) == personal
        assert faults("dropout-risk.raised.v2", json.loads(record)) == []


class TestExamples:
    def test_each_line_fits_its_schema(self) -> None:
        """Plain CPR, not signed: apart from these two, the line is the event."""
        lines = [json.loads(line) for line in examples()["autumn.jsonl"].splitlines()]
        assert len(lines) > 5
        for line in lines:
            row = EVENT_TYPES[line["type"]]
            assert faults(f"{row.kind}.v1", line | {"signature": "aGVhZA..dGFpbA"}) == []

    @pytest.mark.parametrize("name", examples())
    def test_the_publisher_takes_every_line(self, name: str) -> None:
        """Both files tell fourteen events, by senders that ship with the service."""
        stream = io.BytesIO(examples()[name].encode())
        read_lines = list(read_stream(stream, Reading(register=Shipped()), csv=name.endswith(".csv")))
        assert [line for line in read_lines if not isinstance(line, FileLine)] == []
        assert len(read_lines) == 14

    @pytest.mark.parametrize("cpr", sorted({*re.findall(r"\b\d{10}\b", "".join(examples().values())), CPR}))
    def test_its_people_were_never_born(self, cpr: str) -> None:
        """Possible in shape, and never issued: not of a 1 January, and without modulus 11."""
        born = birth_date(normalise(cpr))
        assert (born.day, born.month) != (1, 1)
        weights = (4, 3, 2, 7, 6, 5, 4, 3, 2, 1)
        assert sum(int(digit) * weight for digit, weight in zip(cpr, weights, strict=True)) % 11


class TestPages:
    def test_every_reason_stands_in_the_list(self) -> None:
        """With its sentence."""
        page = contract.reasons()
        for reason in (*Rejection, *DecisionReason):
            assert f"| `{reason}` | {reason.text} |" in page

    def test_the_readme_names_every_event_and_topic(self) -> None:
        """And no others."""
        table = README.split("## Who sends what")[1].split("\n\n")[0]
        named = set(re.findall(r"`([a-z.-]+)`", table))
        assert named == {row.kind for row in EVENT_TYPES.values()} | {topic.value for topic in InputTopic}


class TestAsyncApi:
    def test_every_reference_leads_somewhere(self) -> None:
        """Inside the document, or into a schema beside it."""
        document = asyncapi()
        found = list(_references(document))
        assert len(found) > 20
        for reference in found:
            place, _, pointer = reference.partition("#")
            target: Any = document
            if place:
                target = SCHEMAS[place.removeprefix("./schemas/").removesuffix(".schema.json")]
            for step in pointer.split("/")[1:]:
                target = target[step]

    def test_every_event_is_there_in_both_bindings(self) -> None:
        """On the topic where intake takes it."""
        document = asyncapi()
        messages = document["components"]["messages"]
        for row in EVENT_TYPES.values():
            on_topic = document["channels"][row.topic.value]["messages"]
            same = [messages[name] for name in on_topic if messages[name]["name"] == row.name]
            assert [message["contentType"] for message in same] == [
                "application/cloudevents+json",
                "application/json",
            ]


def _references(node: Any) -> Any:
    if isinstance(node, dict):
        for name, inner in node.items():
            if name == "$ref":
                yield inner
            else:
                yield from _references(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from _references(inner)
