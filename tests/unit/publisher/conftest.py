"""Keys of one institution and of the service, and a good message in the clear."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from joserfc.jwk import OKPKey

from crypto.new_keys import new_signing_key
from models.events.sender import Sender, SenderKind
from publisher.events import PlainEvent
from publisher.keys import NoKey
from tests.keys import ServiceKeys, made_keys

NUMBER = "900101"
CPR = "3112081234"


@dataclass(frozen=True)
class Keys:
    """The keys of one institution."""

    signing: OKPKey
    ring: ServiceKeys

    def signing_key(self, number: str) -> OKPKey:
        if number != NUMBER:
            raise NoKey(f"There is no private key of sender {number}.")
        return self.signing

    def service_key(self) -> OKPKey:
        return OKPKey.import_key(self.ring.public_key())


class Register(dict[str, Sender]):
    """The senders' register of a test."""

    def find(self, number: str) -> Sender | None:
        return self.get(number)


@pytest.fixture(scope="session")
def keys() -> Keys:
    return Keys(new_signing_key(f"{NUMBER}-1"), made_keys())


@pytest.fixture(scope="session")
def register() -> Register:
    institution = Sender(number=NUMBER, kind=SenderKind.INSTITUTION, name="Prøveskolen", cvr="00110019")
    municipality = Sender(number="0101", kind=SenderKind.MUNICIPALITY, name="Prøveby", cvr="05100119")
    return Register({sender.number: sender for sender in (institution, municipality)})


@pytest.fixture(scope="session")
def risk() -> Mapping[str, Any]:
    """A line of a file: a CloudEvent with everything in it."""
    return {
        "type": "dk.frafaldsvarsel.dropout-risk.raised.v1",
        "id": "6f2c1a38-9b1e-4f7d-8a55-0c3d2e1f4a5b",
        "source": "urn:oio:cvr-nr:00110019",
        "sender": NUMBER,
        "time": "2026-09-02T02:15:00+02:00",
        "data": {
            "cpr": CPR,
            "institution_number": NUMBER,
            "seen_at": "2026-09-01T11:00:00+02:00",
            "signals": ["absence", "lost_contact"],
            "severity": "high",
            "absence_percentage": 34,
            "text": "Møder ikke op – og svarer ikke",
            "contact": {"name": "Åse Prøvesen", "phone": "+45 00 11 22 33"},
        },
    }


@pytest.fixture(scope="session")
def event(risk: Mapping[str, Any]) -> PlainEvent:
    return PlainEvent(**risk)
