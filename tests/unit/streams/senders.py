"""Three made-up senders with keys of their own, and their events as intake meets them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Final

import orjson
from joserfc.jwk import OKPKey

from crypto.new_keys import new_signing_key
from crypto.signature import sign, signing_input
from crypto.vault import SealOpener
from models.events.event_types import TYPE_PREFIX, InputTopic
from models.events.sender import Sender, VerificationKey, kind_of
from models.events.simple_event import SimpleOrigin
from publisher.events import Binding, PlainEvent, Ready
from publisher.prepare import ContractVersion, attributes_of, bind, prepare, sealed
from streams.intake import Context, InputRecord
from tests.factories import INSTITUTION, MADE_UP_CPR, MUNICIPALITY, REGISTER, uuid
from tests.keys import ServiceKeys, made_keys

APPENDED: Final = datetime(2025, 10, 1, 12, 0, tzinfo=UTC)
"""When the broker got everything here, unless a test says otherwise."""
TOLERANCE: Final = timedelta(minutes=5)
NAME: Final = "Opdigtet Vejlederby"
TEXT: Final = "Kom ikke til prøven, og svarer ikke"
PHONE: Final = "+45 12 34 56 78"
NEW_CPR: Final = "0101015678"
PERSONAL: Final = (MADE_UP_CPR, NAME, TEXT, PHONE, "vejleder@skole.example")
"""What must never be seen outside a seal."""
_CVR: Final = {INSTITUTION: "00110019", MUNICIPALITY: "00119997", REGISTER: "00599026"}


@dataclass
class Senders:
    """The register in memory, the private keys behind it, and the service's ring."""

    ring: ServiceKeys = field(default_factory=made_keys)
    entries: dict[str, Sender] = field(default_factory=dict)
    private: dict[str, OKPKey] = field(default_factory=dict)
    public: dict[tuple[str, str], tuple[VerificationKey, OKPKey]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for number, cvr in _CVR.items():
            self.entries[number] = Sender(number=number, kind=kind_of(number), name="Opdigtet", cvr=cvr)
            self.private[number] = self.add_key(number, f"{number}-1")

    def add_key(
        self,
        number: str,
        kid: str,
        *,
        valid_from: datetime = datetime(2022, 1, 1, tzinfo=UTC),
        **validity: Any,
    ) -> OKPKey:
        """One more key of the sender."""
        key = new_signing_key(kid)
        known = VerificationKey(
            x=str(key.as_dict(private=False)["x"]), kid=kid, valid_from=valid_from, **validity
        )
        self.public[number, kid] = (known, OKPKey.import_key(key.as_dict(private=False)))
        return key

    def find(self, number: str) -> Sender | None:
        """The register's entry."""
        return self.entries.get(number)

    def key(self, number: str, kid: str) -> tuple[VerificationKey, OKPKey] | None:
        """The register's key."""
        return self.public.get((number, kid))

    def of_source(self, source: str) -> Sender | None:
        """The only one of that source."""
        found = [sender for sender in self.entries.values() if sender.source == source]
        return found[0] if len(found) == 1 else None

    @property
    def opener(self) -> SealOpener:
        """What opens what intake has sealed."""
        return self.ring.opener

    @property
    def service_key(self) -> OKPKey:
        """What senders seal to."""
        return OKPKey.import_key(self.ring.public_key())

    @property
    def context(self) -> Context:
        """What intake judges by."""
        return Context(
            register=self,
            vault=self.ring.vault,
            opening_keys=self.ring.opening_keys,
            clock_tolerance=TOLERANCE,
        )

    def ready(
        self, event: PlainEvent, binding: Binding = Binding.STRUCTURED, version: ContractVersion = 1
    ) -> Ready:
        """The event as its sender sends it."""
        return prepare(
            event,
            signing_key=self.private[event.sender],
            service_key=self.service_key,
            binding=binding,
            version=version,
        )

    def sealed_data(self, event: PlainEvent, version: ContractVersion = 1) -> Mapping[str, Any]:
        """The event's data as it is sent."""
        return sealed(event, self.service_key, version).data

    def made(
        self,
        event: PlainEvent,
        binding: Binding = Binding.STRUCTURED,
        *,
        key: OKPKey | None = None,
        topic: str = InputTopic.DROPOUT_RISKS,
        signed_for: str | None = None,
        data: Mapping[str, Any] | None = None,
        version: ContractVersion = 1,
        **attributes: str,
    ) -> Ready:
        """As `ready`, with everything open to be got wrong; what is wrong is signed all the same."""
        event = sealed(event, self.service_key, version) if data is None else event
        data = event.data if data is None else data
        said = attributes_of(event) | attributes
        signature = sign(signing_input(said, data, signed_for or topic), key or self.private[event.sender])
        return bind(said, signature, data, topic=topic, binding=binding)


def risk_event(**changes: Any) -> PlainEvent:
    """A message with everything that it may hold, registered a minute before the broker got it."""
    event = PlainEvent(
        type=f"{TYPE_PREFIX}dropout-risk.raised.v1",
        id=uuid("message"),
        sender=INSTITUTION,
        source=f"urn:oio:cvr-nr:{_CVR[INSTITUTION]}",
        time="2025-10-01T13:59:00+02:00",
        data={
            "cpr": MADE_UP_CPR,
            "institution_number": INSTITUTION,
            "seen_at": "2025-09-30T10:00:00+02:00",
            "signals": ["absence", "lost_contact"],
            "severity": "high",
            "absence_percentage": 40,
            "text": TEXT,
            "contact": {"name": NAME, "phone": PHONE, "email": "vejleder@skole.example"},
        },
    )
    return replace(event, **changes)


def with_data(event: PlainEvent, **fields: Any) -> PlainEvent:
    """The event with other data; a field that is None is left out."""
    data = {name: content for name, content in {**event.data, **fields}.items() if content is not None}
    return replace(event, data=data)


def residence_event(**changes: Any) -> PlainEvent:
    """A residence from the register."""
    event = PlainEvent(
        type=f"{TYPE_PREFIX}residence.registered.v1",
        id=uuid("home event"),
        sender=REGISTER,
        source=f"urn:oio:cvr-nr:{_CVR[REGISTER]}",
        time="2025-10-01T13:00:00+02:00",
        data={
            "cpr": MADE_UP_CPR,
            "residence_id": uuid("home"),
            "municipality_code": MUNICIPALITY,
            "valid_from": "2020-01-01",
        },
    )
    return replace(event, **changes)


def number_change_event(**changes: Any) -> PlainEvent:
    """Another number for the same person, from the register."""
    event = PlainEvent(
        type=f"{TYPE_PREFIX}person-number.changed.v1",
        id=uuid("number event"),
        sender=REGISTER,
        source=f"urn:oio:cvr-nr:{_CVR[REGISTER]}",
        time="2025-10-01T13:00:00+02:00",
        data={"cpr": MADE_UP_CPR, "new_cpr": NEW_CPR, "valid_from": "2025-09-24"},
    )
    return replace(event, **changes)


def total_event(**changes: Any) -> PlainEvent:
    """What the institution says that it has published of the day before."""
    event = PlainEvent(
        type=f"{TYPE_PREFIX}control-total.declared.v1",
        id=uuid("total"),
        sender=INSTITUTION,
        source=f"urn:oio:cvr-nr:{_CVR[INSTITUTION]}",
        time="2025-10-01T03:00:00+02:00",
        data={
            "day": "2025-09-30",
            "counts": [{"type": f"{TYPE_PREFIX}dropout-risk.raised.v1", "events": 2}],
        },
    )
    return replace(event, **changes)


def place(topic: str = InputTopic.DROPOUT_RISKS, *, offset: int = 7, at: datetime = APPENDED) -> SimpleOrigin:
    """A record's place."""
    return SimpleOrigin(topic, 1, offset, at)


def received(ready: Ready, *, at: datetime = APPENDED, topic: str | None = None) -> InputRecord:
    """The record as the broker holds it."""
    return InputRecord(place(topic or ready.topic, at=at), ready.value, ready.headers)


def edited(ready: Ready, **fields: Any) -> Ready:
    """A structured record changed after it was signed; a field that is None is taken out."""
    event = orjson.loads(ready.value or b"")
    event.update(fields)
    value = orjson.dumps({name: content for name, content in event.items() if content is not None})
    return replace(ready, value=value)


def kept_as(value: bytes | None, headers: Sequence[tuple[str, bytes | None]]) -> bytes:
    """What must open of a refused record: of more than the topic takes, its size and hash."""
    named = orjson.dumps([[name, (content or b"").hex()] for name, content in headers])
    whole = named + b"\n" + (value or b"")
    if len(whole) <= 4 * 1024 * 1024:
        return whole
    return orjson.dumps({"too_large_to_keep": len(whole), "sha256": sha256(whole).hexdigest()})
