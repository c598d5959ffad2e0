"""The made-up people by their paths, and what is sent about them: by the publisher, and by nobody's program."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from confluent_kafka import Producer

from config.command_environments import KafkaEnvironment
from local.service import Service
from tests.acceptance.service import command
from tests.acceptance.story import SCHOOL, event, write
from tests.leaks import Canary

PATHS: Final = (
    "good, version 2",
    "good, version 1",
    "no JSON, with a number in key, header and value",
    "signed, with a number as id and as a field's name",
    "unsigned, with a number as sender, source and type",
    "a number in the sealed text",
    "a line that the publisher refuses",
    "searched in the inbox, and nobody's",
    "in an address of the inbox",
    "in forms and cookies of the inbox",
    "in calls of the interface",
    "in mails that came back",
    "in a webhook's answer",
    "in what is no HTTP",
)
CANARIES: Final = {path: Canary(path, number) for number, path in enumerate(PATHS)}


@dataclass
class Told:
    """What came out of the service, by its place, where that is no file of its own."""

    said: dict[str, bytes] = field(default_factory=dict)

    def add(self, place: str, *content: str | bytes) -> None:
        """More of it."""
        for one in content:
            self.said[place] = (
                self.said.get(place, b"") + (one.encode() if isinstance(one, str) else one) + b"\n"
            )


def _history(who: Canary) -> list[dict[str, Any]]:
    """A message with everything personal in it, and its facts, at Anna's unit."""
    return [
        event(
            "dropout-risk.raised",
            SCHOOL,
            "2026-10-02T10:00:00+02:00",
            who.cpr,
            institution_number=SCHOOL,
            seen_at="2026-10-01T09:00:00+02:00",
            signals=["absence"],
            severity="high",
            text=who.text,
            contact={"name": who.name, "phone": "+45 00 11 22 33", "email": "vejleder@skole.example"},
        ),
        event(
            "residence.registered",
            "REG-CPR",
            "2026-07-01T10:00:00+02:00",
            who.cpr,
            residence_id=str(uuid4()),
            municipality_code="0101",
            valid_from="2020-01-01",
        ),
        event(
            "benefit-period.registered",
            "0101",
            "2026-07-01T10:00:00+02:00",
            who.cpr,
            period_id=str(uuid4()),
            municipality_code="0101",
            benefit_type="kontanthjaelp",
            target_group="uddannelsesparat",
            valid_from="2025-09-01",
            valid_to="2026-07-31",
        ),
        event(
            "enrolment.registered",
            SCHOOL,
            "2026-08-12T10:00:00+02:00",
            who.cpr,
            enrolment_id=str(uuid4()),
            institution_number=SCHOOL,
            education_type="eud",
            admission_date="2026-06-20",
            study_start="2026-08-10",
        ),
    ]


def publish(service: Service, told: Told, folder: Path) -> None:
    """The publisher's paths; what it says is searched too."""
    named, spoken = (
        CANARIES["signed, with a number as id and as a field's name"],
        CANARIES["a number in the sealed text"],
    )
    refused = CANARIES["a line that the publisher refuses"]
    marked: dict[str, Any] = _history(named)[0] | {"id": named.cpr}
    fielded: dict[str, Any] = _history(named)[0]
    fielded["data"] = {**fielded["data"], named.cpr: named.name}
    text: dict[str, Any] = _history(spoken)[0]
    text["data"] = {**text["data"], "text": f"Ring til {spoken.cpr[:6]}-{spoken.cpr[6:]}, {spoken.name}"}
    wrong: dict[str, Any] = _history(refused)[1]
    wrong["data"] = {**wrong["data"], "municipality_code": refused.cpr, refused.name: refused.text}
    for contract, checked, events in (
        ("2", True, _history(CANARIES["good, version 2"])),
        ("1", True, _history(CANARIES["good, version 1"])),
        ("2", False, [marked, fielded, text]),
        ("2", True, [wrong]),
    ):
        file = write(folder / "events.jsonl", events)
        done = command(
            "publish",
            str(file),
            "--keys",
            str(service.data / "keys"),
            "--contract",
            contract,
            *([] if checked else ["--no-check"]),
        )
        assert done.returncode == int(events == [wrong]), done.stderr
        told.add("the publisher's words", done.stdout, done.stderr)
        file.unlink()


def produce(service: Service) -> None:
    """Records that no sender of ours would write."""
    junk = CANARIES["no JSON, with a number in key, header and value"]
    bare = CANARIES["unsigned, with a number as sender, source and type"]
    kafka = service.told(KafkaEnvironment).kafka
    producer = Producer({"bootstrap.servers": kafka.bootstrap_servers, "log_level": 0})
    producer.produce(
        "benefits",
        key=junk.cpr.encode(),
        value=f"Ring til {junk.cpr}: {junk.name}, {junk.text}".encode(),
        headers=[
            (junk.cpr, junk.name.encode()),
            ("ce_sender", junk.cpr.encode()),
            ("ce_id", junk.cpr.encode()),
        ],
    )
    said = {
        "specversion": "1.0",
        "id": str(uuid4()),
        "source": f"urn:{bare.cpr}",
        "sender": bare.cpr,
        "type": bare.cpr,
        "time": "2026-10-02T10:00:00+02:00",
        "datacontenttype": "application/json",
        "data": {"cpr": bare.cpr, "name": bare.name},
    }
    producer.produce("enrolments", key=b"0000", value=json.dumps(said).encode())
    assert producer.flush(20) == 0
