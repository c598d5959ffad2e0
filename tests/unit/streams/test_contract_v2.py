"""Version 2 of the contract: a seal is for one event, nothing personal is in the clear, and the rest stays the same."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, Final

import pytest

from crypto.base64url import decode, encode
from crypto.sealed_cpr import Belongs, seal
from models.events.event_types import TYPE_PREFIX, VERSION_1, VERSION_2, has_ended
from models.events.fingerprints import same_content
from models.events.receipt import Receipt
from models.reasons import Rejection
from publisher.events import Binding, PlainEvent, Ready
from tests.factories import INSTITUTION, MADE_UP_CPR, MUNICIPALITY, OTHER_INSTITUTION, uuid
from tests.unit.models.events.test_contract import DATA
from tests.unit.streams.senders import (
    APPENDED,
    NAME,
    PERSONAL,
    PHONE,
    TEXT,
    Senders,
    edited,
    received,
    residence_event,
    risk_event,
    total_event,
    with_data,
)
from tests.unit.streams.written_answer import judged

SENDERS: Final = Senders()
_BELONGS: Final = Belongs(INSTITUTION, uuid("message"))
_INSIDE: Final = {name: risk_event().data[name] for name in ("cpr", "text", "contact")}
_CLEAR: Final = {name: held for name, held in risk_event().data.items() if name not in _INSIDE}


def _judged(ready: Ready) -> Receipt:
    receipt = judged(received(ready), SENDERS.context).receipt
    assert not [text for text in PERSONAL if text in receipt.model_dump_json()]
    return receipt


def _with_seal(sealed: object, **fields: Any) -> Ready:
    """A message of version 2, rightly signed, with this in the place of its seal."""
    event = risk_event(type=f"{TYPE_PREFIX}dropout-risk.raised.v2")
    return SENDERS.made(event, data={"sealed": sealed, **_CLEAR, **fields})


def _sealed(inside: object, belongs: Belongs | None = _BELONGS) -> str:
    text = inside if isinstance(inside, str) else json.dumps(inside, ensure_ascii=False)
    return seal(text, SENDERS.service_key, belongs)


def _event(kind: str) -> PlainEvent:
    """A good plain event of that kind, by one of the senders here."""
    (first, *_) = sorted(VERSION_1[f"{TYPE_PREFIX}{kind}.v1"].senders)
    base = risk_event() if first == "institution" else residence_event()
    changes = {"institution_number": INSTITUTION, "municipality_code": MUNICIPALITY, "cpr": MADE_UP_CPR}
    data = DATA[kind] | {name: held for name, held in changes.items() if name in DATA[kind]}
    if "new_cpr" in data:
        data["new_cpr"] = "020202-1234"
    if "seen_at" in data:
        data["seen_at"] = "2025-09-30T10:00:00.5+02:00"
    event = replace(base, type=f"{TYPE_PREFIX}{kind}.v1", data=data)
    if first == "municipality":
        event = replace(event, sender=MUNICIPALITY, source=SENDERS.entries[MUNICIPALITY].source)
    return event


_KINDS: Final = [row.kind for row in VERSION_2.values()]


@pytest.mark.parametrize("binding", Binding)
@pytest.mark.parametrize("kind", _KINDS)
def test_both_versions_of_an_event_are_one_event_after_intake(kind: str, binding: Binding) -> None:
    """Person event, fingerprints and what is sealed for the unit: so a repeat in the other version is a repeat."""
    event = _event(kind)
    first, second = (
        judged(received(SENDERS.ready(event, binding, version)), SENDERS.context) for version in (1, 2)
    )
    assert first.event is not None
    assert second.event == first.event
    assert second.event.model_dump_json() == first.event.model_dump_json()
    assert same_content(second.receipt, first.receipt)
    assert second.receipt == first.receipt.model_copy(update={"type": f"{TYPE_PREFIX}{kind}.v2"})


@pytest.mark.parametrize("changes", [{"text": None}, {"contact": None}, {"text": None, "contact": None}])
def test_what_is_left_out_is_left_out_in_both(changes: dict[str, None]) -> None:
    event = with_data(risk_event(), **changes)
    events = [
        judged(received(SENDERS.ready(event, version=version)), SENDERS.context).event for version in (1, 2)
    ]
    assert events[0] == events[1] is not None


@pytest.mark.parametrize("binding", Binding)
@pytest.mark.parametrize("kind", _KINDS)
def test_nothing_personal_lies_in_the_record(kind: str, binding: Binding) -> None:
    """Neither number nor text nor contact person, in the value or in a header."""
    ready = SENDERS.ready(_event(kind), binding, 2)
    written = (ready.value or b"").decode() + "".join(text.decode() for _, text in ready.headers)
    named = (*PERSONAL, "Kommer ikke længere", "Åse Ørsted", "aase@example.dk")
    assert [text for text in named if text in written] == []


def test_a_control_total_has_nothing_to_seal_and_one_version() -> None:
    """After the last day of version 1, too."""
    ready = SENDERS.ready(total_event(), version=2)
    context = replace(SENDERS.context, version_1_until=date(2020, 1, 1))
    assert judged(received(ready), context).receipt.reason is None
    newer = SENDERS.made(
        total_event(type=f"{TYPE_PREFIX}control-total.declared.v2"),
        data=total_event().data,
        topic="control-totals",
    )
    assert _judged(newer).reason is Rejection.UNKNOWN_VERSION


def test_a_seal_copied_to_another_school_is_refused() -> None:
    """The copy is in a message of the other school's own, under the same id, with its own good signature."""
    stolen = SENDERS.sealed_data(risk_event(), 2)["sealed"]
    senders = Senders(ring=SENDERS.ring)
    senders.entries[OTHER_INSTITUTION] = SENDERS.entries[INSTITUTION].model_copy(
        update={"number": OTHER_INSTITUTION}
    )
    senders.private[OTHER_INSTITUTION] = senders.add_key(OTHER_INSTITUTION, f"{OTHER_INSTITUTION}-1")
    event = risk_event(sender=OTHER_INSTITUTION, type=f"{TYPE_PREFIX}dropout-risk.raised.v2")
    data = {"sealed": stolen, **_CLEAR, "institution_number": OTHER_INSTITUTION}
    receipt = judged(received(senders.made(event, data=data)), senders.context).receipt
    assert receipt.reason is Rejection.SEALED_FOR_ANOTHER
    own = seal(json.dumps(_INSIDE), senders.service_key, Belongs(OTHER_INSTITUTION, event.id))
    receipt = judged(received(senders.made(event, data=data | {"sealed": own})), senders.context).receipt
    assert receipt.reason is None


def test_a_seal_copied_to_another_event_of_the_same_school_is_refused() -> None:
    """A mix-up in its own system: the wrong person would have got the message."""
    other = SENDERS.sealed_data(risk_event(id=uuid("other message")), 2)["sealed"]
    assert _judged(_with_seal(other)).reason is Rejection.SEALED_FOR_ANOTHER


@pytest.mark.parametrize(
    ("belongs", "reason"),
    [
        (_BELONGS, None),
        (None, Rejection.SEALED_FOR_ANOTHER),
        (Belongs("", ""), Rejection.SEALED_FOR_ANOTHER),
        (Belongs(*reversed(_BELONGS)), Rejection.SEALED_FOR_ANOTHER),
        (Belongs(OTHER_INSTITUTION, uuid("message")), Rejection.SEALED_FOR_ANOTHER),
        (Belongs(INSTITUTION, uuid("another")), Rejection.SEALED_FOR_ANOTHER),
        (Belongs(f"{INSTITUTION} ", uuid("message")), Rejection.SEALED_FOR_ANOTHER),
        (Belongs(INSTITUTION, uuid("message").upper()), Rejection.SEALED_FOR_ANOTHER),
    ],
)
def test_only_a_seal_that_names_sender_and_event_is_taken(
    belongs: Belongs | None, reason: Rejection | None
) -> None:
    assert _judged(_with_seal(_sealed(_INSIDE, belongs))).reason is reason


@pytest.mark.parametrize("member", ["apu", "apv"])
def test_a_seal_whose_header_was_changed_to_fit_does_not_open(member: str) -> None:
    """Both members enter the key (RFC 7518, 4.6.2), and the header is authenticated besides."""
    other = Belongs(OTHER_INSTITUTION, uuid("another"))
    mixed = (
        other._replace(sender=INSTITUTION) if member == "apv" else other._replace(event_id=_BELONGS.event_id)
    )
    head, rest = _sealed(_INSIDE, mixed).split(".", 1)
    header = json.loads(decode(head)) | _BELONGS.header
    assert header[member] != json.loads(decode(head))[member]
    forged = f"{encode(json.dumps(header).encode())}.{rest}"
    assert _judged(_with_seal(forged)).reason is Rejection.CPR_NOT_OPENED


def test_seals_of_the_two_versions_cannot_stand_for_each_other() -> None:
    """What is made for version 2 is no number in version 1, and what is made for version 1 names no event."""
    newer = SENDERS.sealed_data(risk_event(), 2)["sealed"]
    downgraded = SENDERS.made(risk_event(), data={**risk_event().data, "cpr": newer})
    assert _judged(downgraded).reason is Rejection.NOT_A_PERSON
    older = SENDERS.sealed_data(risk_event(), 1)["cpr"]
    assert _judged(_with_seal(older)).reason is Rejection.SEALED_FOR_ANOTHER


@pytest.mark.parametrize("binding", Binding)
@pytest.mark.parametrize(("version", "other"), [(2, 1), (1, 2)])
def test_nobody_on_the_way_changes_the_version(binding: Binding, version: Any, other: int) -> None:
    """The signature covers the type, and with it the version."""
    ready = SENDERS.ready(risk_event(), binding, version)
    old, new = (f"dropout-risk.raised.v{number}".encode() for number in (version, other))
    headers = [(name, text.replace(old, new)) for name, text in ready.headers]
    changed = replace(ready, value=(ready.value or b"").replace(old, new), headers=headers)
    assert _judged(ready).reason is None
    assert _judged(changed).reason is Rejection.SIGNATURE_INVALID


@pytest.mark.parametrize(
    ("inside", "reason", "detail"),
    [
        ({**_INSIDE, "text": "x" * 501}, Rejection.WRONG_FIELD, "sealed.text"),
        ({**_INSIDE, "text": 5}, Rejection.WRONG_FIELD, "sealed.text"),
        ({**_INSIDE, "contact": {"name": ""}}, Rejection.WRONG_FIELD, "sealed.contact.name"),
        ({**_INSIDE, "contact": {"phone": PHONE}}, Rejection.MISSING_FIELD, "sealed.contact.name"),
        ({**_INSIDE, MADE_UP_CPR: "x"}, Rejection.WRONG_FIELD, "sealed"),
        ({**_INSIDE, "severity": "low"}, Rejection.WRONG_FIELD, "sealed"),
        ({"text": TEXT}, Rejection.MISSING_FIELD, "sealed.cpr"),
        ({**_INSIDE, "cpr": 101011234}, Rejection.WRONG_FIELD, "sealed.cpr"),
        ({**_INSIDE, "cpr": "0000000000"}, Rejection.NOT_A_PERSON, None),
        ({**_INSIDE, "cpr": ""}, Rejection.NOT_A_PERSON, None),
        (
            f'{{"cpr": "0202021234", "cpr": "{MADE_UP_CPR}"}}',
            Rejection.WRONG_FIELD,
            "sealed: a name stands twice in one object",
        ),
        ([_INSIDE], Rejection.WRONG_FIELD, "sealed"),
        (MADE_UP_CPR, Rejection.WRONG_FIELD, "sealed"),
        ("", Rejection.WRONG_FIELD, "sealed"),
        ('{"cpr": "\\ud83d"}', Rejection.WRONG_FIELD, "sealed"),
        ("[" * 9000, Rejection.WRONG_FIELD, "sealed"),
        ({**_INSIDE, "text": f"Ring til {MADE_UP_CPR}"}, Rejection.CPR_IN_TEXT, "sealed.text"),
        ({**_INSIDE, "text": "Søster: 020202-1234."}, Rejection.CPR_IN_TEXT, "sealed.text"),
        ({**_INSIDE, "contact": {"name": f"Mor {MADE_UP_CPR}"}}, Rejection.CPR_IN_TEXT, "sealed.contact.name"),
        (
            {**_INSIDE, "contact": {"name": NAME, "email": f"{MADE_UP_CPR}@skole.example"}},
            Rejection.CPR_IN_TEXT,
            "sealed.contact.email",
        ),
        ({**_INSIDE, "text": "Ring 12 34 56 78 eller +4512345678"}, None, None),
        ({**_INSIDE, "text": "æ" * 500, "contact": {"name": "ø" * 100}}, None, None),
    ],
)  # fmt: skip
def test_what_is_inside_is_judged_as_if_it_stood_outside(
    inside: object, reason: Rejection | None, detail: str | None
) -> None:
    receipt = _judged(_with_seal(_sealed(inside)))
    assert (receipt.reason, receipt.detail) == (reason, detail)


def test_the_longest_message_fits_with_every_letter_escaped() -> None:
    """As libraries write JSON in ASCII; four bytes of UTF-8 are two escapes."""
    contact = {"name": "\U0001d538" * 100, "phone": PHONE, "email": "a@" + "\U0001d538" * 252}
    inside = json.dumps({**_INSIDE, "text": "\U0001d538" * 500, "contact": contact})
    assert inside.isascii()
    assert _judged(_with_seal(_sealed(inside))).reason is None


@pytest.mark.parametrize(
    ("sealed", "reason", "detail"),
    [
        (MADE_UP_CPR, Rejection.CPR_NOT_SEALED, None),
        ({"cpr": MADE_UP_CPR}, Rejection.WRONG_FIELD, "sealed"),
        ("x" * 16_385, Rejection.WRONG_FIELD, "sealed"),
        (_sealed({**_INSIDE, "text": " " * 20_000}), Rejection.WRONG_FIELD, "sealed"),
        (None, Rejection.WRONG_FIELD, "sealed"),
    ],
)
def test_what_is_no_seal_is_refused(sealed: object, reason: Rejection, detail: str | None) -> None:
    receipt = _judged(_with_seal(sealed))
    assert (receipt.reason, receipt.detail) == (reason, detail)


@pytest.mark.parametrize("beside", ["cpr", "text", "contact"])
def test_what_belongs_inside_may_not_stand_outside(beside: str) -> None:
    """A sender that has gone half of the way is told at once."""
    receipt = _judged(_with_seal(_sealed(_INSIDE), **{beside: _INSIDE[beside]}))
    assert (receipt.reason, receipt.detail) == (Rejection.WRONG_FIELD, None)


def test_only_a_message_has_a_text_inside() -> None:
    event = residence_event(type=f"{TYPE_PREFIX}residence.registered.v2")
    clear = {name: held for name, held in residence_event().data.items() if name != "cpr"}
    sealed = _sealed({"cpr": MADE_UP_CPR, "text": TEXT}, Belongs(event.sender, event.id))
    receipt = _judged(SENDERS.made(event, data={"sealed": sealed, **clear}, topic="residences"))
    assert (receipt.reason, receipt.detail) == (Rejection.WRONG_FIELD, "sealed")


_MIDNIGHT: Final = datetime.fromisoformat("2025-10-02T00:00:00+02:00")


@pytest.mark.parametrize(
    ("at", "until", "reason"),
    [
        (APPENDED, None, None),
        (APPENDED, date(2025, 10, 1), None),
        (_MIDNIGHT - timedelta(microseconds=1), date(2025, 10, 1), None),
        (_MIDNIGHT, date(2025, 10, 1), Rejection.VERSION_ENDED),
        (APPENDED, date(2025, 9, 30), Rejection.VERSION_ENDED),
    ],
)
@pytest.mark.parametrize("event", [risk_event(), residence_event()], ids=["message", "fact"])
def test_version_1_ends_with_a_day_of_the_brokers_clock(
    event: PlainEvent, at: datetime, until: date | None, reason: Rejection | None
) -> None:
    """In Denmark; the sender's own time has no say. Version 2 goes on."""
    context = replace(SENDERS.context, version_1_until=until)
    first = judged(received(SENDERS.ready(event, version=1), at=at), context).receipt
    assert (first.reason, first.sender) == (reason, event.sender)
    assert judged(received(SENDERS.ready(event, version=2), at=at), context).receipt.reason is None


def test_the_last_day_is_that_of_all_that_is_sealed_and_of_nothing_else() -> None:
    """The refusal says what to do."""
    day = date(2025, 10, 1)
    for row in VERSION_1.values():
        assert has_ended(row, day + timedelta(days=1), day) is (row.content is not None)
        assert not has_ended(row, day, day)
    assert not any(has_ended(row, date.max, day) for row in VERSION_2.values())
    assert "Send version 2" in Rejection.VERSION_ENDED.text


def test_an_unsigned_record_of_an_ended_version_is_not_told_so() -> None:
    """What is not its sender's says nothing of what the sender does."""
    context = replace(SENDERS.context, version_1_until=date(2025, 9, 30))
    unsigned = edited(SENDERS.ready(risk_event()), signature=None)
    assert judged(received(unsigned), context).receipt.reason is Rejection.SIGNATURE_MISSING


_SPOILS: Final[Mapping[str, Callable[[Ready], Ready]]] = {
    "severity": lambda ready: replace(ready, value=(ready.value or b"").replace(b'"high"', b'"low"')),
    "id": lambda ready: edited(ready, id=uuid("another")),
    "seal": lambda ready: edited(
        ready,
        data={**json.loads(ready.value or b"")["data"], "sealed": _sealed(_INSIDE)},
    ),
}


@pytest.mark.parametrize("spoil", _SPOILS)
def test_the_signature_covers_all_that_stands_outside_and_the_seal(spoil: str) -> None:
    """A seal made anew for the same event is good, and nobody can put it in the place of the sender's."""
    receipt = _judged(_SPOILS[spoil](SENDERS.ready(risk_event(), version=2)))
    assert receipt.reason is Rejection.SIGNATURE_INVALID
    # The seal makes the bytes unguessable, so the sender learns the hash of what we have read.
    assert "SHA-256" in (receipt.detail or "")
