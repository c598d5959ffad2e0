"""Intake's rule: one receipt for every record, coded, and nothing personal outside a seal."""

from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import combinations
from typing import Any, Final

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc.jwk import OKPKey

from crypto.key_purpose import KeyPurpose
from crypto.keyring import Keyring
from crypto.new_keys import new_signing_key
from crypto.sealed_cpr import seal
from crypto.vault import NotOpenedError
from models.events import probe_identity
from models.events.cloudevent import MAX_BYTES
from models.events.content import Risk
from models.events.event_types import TYPE_PREFIX, InputTopic, countable
from models.events.fingerprints import same_content
from models.events.person_event import PersonEvent
from models.events.receipt import KeptCount, ReceiptStatus, Total
from models.events.sender import SenderKind, VerificationKey
from models.events.sensitive_fields import SensitiveFields
from models.reasons import Rejection
from publisher.events import Binding, PlainEvent, Ready
from streams.intake import InputRecord
from tests.factories import INSTITUTION, MADE_UP_CPR, OTHER_INSTITUTION, REGISTER, uuid
from tests.keys import MADE_AT, ServiceKeys, made_keys
from tests.unit.streams.senders import (
    APPENDED,
    NAME,
    PERSONAL,
    TEXT,
    TOLERANCE,
    Senders,
    edited,
    kept_as,
    place,
    received,
    residence_event,
    risk_event,
    total_event,
    with_data,
)
from tests.unit.streams.written_answer import WrittenAnswer, judged
from tools.docs.contract_vectors import SIGNING_KEY

SENDERS: Final = Senders()
VAULT: Final = SENDERS.ring.vault
_EXPIRED: Final = SENDERS.add_key(INSTITUTION, f"{INSTITUTION}-0", valid_to=datetime(2024, 1, 1, tzinfo=UTC))
_LAPSED: Final = "900001"
SENDERS.entries[_LAPSED] = SENDERS.entries[INSTITUTION].model_copy(
    update={"number": _LAPSED, "valid_to": date(2025, 10, 1)}
)
SENDERS.private[_LAPSED] = SENDERS.add_key(_LAPSED, f"{_LAPSED}-1")
_STRANGER: Final = "999999"

Spoil = Callable[[Binding], Ready]


def _garbled(ready: Ready) -> Ready:
    """Latin-1 where UTF-8 is promised."""
    return replace(ready, value=(ready.value or b"") + "ø".encode("latin-1"))


def _changed(binding: Binding) -> Ready:
    ready = SENDERS.made(risk_event(), binding)
    return replace(ready, value=(ready.value or b"").replace(b'"high"', b'"low"'))


def _unsigned(binding: Binding) -> Ready:
    ready = SENDERS.made(risk_event(), binding)
    if binding is Binding.STRUCTURED:
        return edited(ready, signature=None)
    return replace(ready, headers=tuple(each for each in ready.headers if each[0] != "ce_signature"))


def _sealed_to_another(binding: Binding) -> Ready:
    service_kid = str(SENDERS.service_key.kid)
    other = OKPKey.import_key({**made_keys().public_key(), "kid": service_kid})
    event = risk_event()
    return SENDERS.made(event, binding, data={**event.data, "cpr": seal(MADE_UP_CPR, other)})


_MADE: Final = SENDERS.made
_RISK: Final = risk_event()
_TOTALS: Final = InputTopic.CONTROL_TOTALS
_TOTAL: Final = total_event()
_FOREIGN: Final = with_data(_TOTAL, counts=[{"type": f"{TYPE_PREFIX}residence.registered.v1", "events": 1}])
_SPOILT: Final[tuple[tuple[Rejection, Spoil], ...]] = (
    (Rejection.TOMBSTONE, lambda binding: replace(_MADE(_RISK, binding), value=None)),
    (Rejection.TOO_LARGE, lambda binding: _MADE(with_data(_RISK, text=TEXT * 8000), binding)),
    (Rejection.NOT_UTF8, lambda binding: _garbled(_MADE(_RISK, binding))),
    (
        Rejection.NOT_UTF8,
        lambda binding: replace(_MADE(_RISK, binding), headers=[("ce_specversion", b"\xff")]),
    ),
    (
        Rejection.NOT_JSON,
        lambda binding: replace(_MADE(_RISK, binding), value=(_MADE(_RISK, binding).value or b"")[:-9]),
    ),
    (Rejection.NOT_JSON, lambda binding: replace(_MADE(_RISK, binding), value=b"")),
    (
        Rejection.TOO_DEEP,
        lambda binding: replace(_MADE(_RISK, binding), value=b'{"data":' * 60 + b"1" + b"}" * 60),
    ),
    (Rejection.TOO_DEEP, lambda binding: replace(_MADE(_RISK, binding), value=b"[" * 20_000 + b"]" * 20_000)),
    (Rejection.NOT_A_CLOUDEVENT, lambda binding: _MADE(replace(_RISK, id=""), binding)),
    (Rejection.NOT_A_CLOUDEVENT, lambda binding: _MADE(replace(_RISK, id=MADE_UP_CPR), binding)),
    (Rejection.NOT_A_CLOUDEVENT, lambda binding: _MADE(replace(_RISK, time="2025-10-01T13:59:00"), binding)),
    (Rejection.NOT_A_CLOUDEVENT, lambda binding: _MADE(_RISK, binding, specversion="0.3")),
    (Rejection.UNKNOWN_TYPE, lambda binding: _MADE(replace(_RISK, type=f"{TYPE_PREFIX}{NAME}.v1"), binding)),
    (
        Rejection.UNKNOWN_VERSION,
        lambda binding: _MADE(replace(_RISK, type=f"{TYPE_PREFIX}dropout-risk.raised.v3"), binding),
    ),
    (Rejection.WRONG_TOPIC, lambda binding: _MADE(_RISK, binding, topic=InputTopic.ENROLMENTS)),
    (
        Rejection.UNKNOWN_SENDER,
        lambda binding: _MADE(
            with_data(replace(_RISK, sender=_STRANGER), institution_number=_STRANGER),
            binding,
            key=new_signing_key(f"{_STRANGER}-1"),
        ),
    ),
    (
        Rejection.UNKNOWN_SENDER,
        lambda binding: _MADE(replace(_RISK, sender=MADE_UP_CPR), binding, key=_EXPIRED),
    ),
    (Rejection.UNKNOWN_SENDER, lambda binding: _MADE(replace(_RISK, source="urn:oio:cvr-nr:1"), binding)),
    (
        Rejection.UNKNOWN_SENDER,
        lambda binding: _MADE(with_data(replace(_RISK, sender=_LAPSED), institution_number=_LAPSED), binding),
    ),
    (
        Rejection.NOT_SENDERS_TYPE,
        lambda binding: _MADE(
            replace(residence_event(), sender=INSTITUTION, source=_RISK.source),
            binding,
            topic=InputTopic.RESIDENCES,
        ),
    ),
    (
        Rejection.NOT_SENDERS_OWN,
        lambda binding: _MADE(with_data(_RISK, institution_number="281082"), binding),
    ),
    (Rejection.SIGNATURE_MISSING, _unsigned),
    (Rejection.UNKNOWN_KEY, lambda binding: _MADE(_RISK, binding, key=new_signing_key(f"{INSTITUTION}-77"))),
    (
        Rejection.UNKNOWN_KEY,
        lambda binding: _MADE(_RISK, binding, key=SENDERS.private[REGISTER]),
    ),
    (Rejection.KEY_NOT_VALID, lambda binding: _MADE(_RISK, binding, key=_EXPIRED)),
    (
        Rejection.SIGNATURE_INVALID,
        lambda binding: _MADE(_RISK, binding, key=new_signing_key(f"{INSTITUTION}-1")),
    ),
    (Rejection.SIGNATURE_INVALID, _changed),
    (
        Rejection.SIGNED_FOR_OTHER_TOPIC,
        lambda binding: _MADE(_RISK, binding, signed_for=InputTopic.ENROLMENTS),
    ),
    (Rejection.MISSING_FIELD, lambda binding: _MADE(with_data(_RISK, severity=None), binding)),
    (Rejection.MISSING_FIELD, lambda binding: replace(_MADE(_RISK, Binding.BINARY), value=b"[1]")),
    (Rejection.WRONG_FIELD, lambda binding: _MADE(with_data(_RISK, signals=[]), binding)),
    (Rejection.WRONG_FIELD, lambda binding: _MADE(with_data(_RISK, **{MADE_UP_CPR: NAME}), binding)),
    (
        Rejection.WRONG_FIELD,
        lambda binding: _MADE(with_data(_RISK, contact={"name": NAME, TEXT: NAME}), binding),
    ),
    (
        # Too large for any number of JSON's: the signature could not cover it, so it is put in afterwards.
        Rejection.WRONG_FIELD,
        lambda binding: replace(
            _MADE(_RISK, binding),
            value=(_MADE(_RISK, binding).value or b"").replace(b":40", b":4" + b"0" * 30),
        ),
    ),
    (Rejection.CPR_NOT_SEALED, lambda binding: _MADE(_RISK, binding, data=dict(_RISK.data))),
    (Rejection.CPR_NOT_OPENED, _sealed_to_another),
    (Rejection.NOT_A_PERSON, lambda binding: _MADE(with_data(_RISK, cpr="0000000000"), binding)),
    (Rejection.NOT_A_PERSON, lambda binding: _MADE(with_data(_RISK, cpr=NAME), binding)),
    (Rejection.NOT_SENDERS_TYPE, lambda binding: _MADE(_FOREIGN, binding, topic=_TOTALS)),
    (
        Rejection.DAY_NOT_OVER,
        lambda binding: _MADE(with_data(_TOTAL, day="2025-10-01"), binding, topic=_TOTALS),
    ),
    (Rejection.WRONG_TOPIC, lambda binding: _MADE(_TOTAL, binding)),
    (Rejection.WRONG_FIELD, lambda binding: _MADE(with_data(_TOTAL, counts=[]), binding, topic=_TOTALS)),
    (
        Rejection.WRONG_FIELD,
        lambda binding: _MADE(with_data(_TOTAL, cpr=MADE_UP_CPR), binding, topic=_TOTALS),
    ),
    (Rejection.CLOCK_AHEAD, lambda binding: _MADE(replace(_RISK, time="2098-09-02T02:15:00+02:00"), binding)),
    (
        Rejection.SEALED_FOR_ANOTHER,
        lambda binding: SENDERS.made(
            replace(_RISK, type=f"{TYPE_PREFIX}dropout-risk.raised.v2"),
            binding,
            data=SENDERS.sealed_data(replace(_RISK, id=uuid("another")), 2),
        ),
    ),
    (
        Rejection.CPR_IN_TEXT,
        lambda binding: SENDERS.ready(with_data(_RISK, text=f"{TEXT}: {MADE_UP_CPR}"), binding, 2),
    ),
)
_CASES: Final = [
    pytest.param(reason, spoil, binding, id=f"{reason}-{number}-{binding}")
    for number, (reason, spoil) in enumerate(_SPOILT)
    for binding in Binding
]


def _assert_one_receipt(taken: WrittenAnswer, record: InputRecord) -> None:
    """A record is accepted with an event, or refused with its bytes; never both, never neither."""
    assert taken.receipt.origin.order == record.origin.order
    accepted = taken.receipt.status is ReceiptStatus.ACCEPTED
    assert (taken.event is not None or taken.receipt.total is not None) is accepted
    assert (taken.rejected_payload is None) is accepted
    assert (taken.receipt.reason is None) is accepted
    assert (taken.receipt.fingerprint is not None) is accepted


def test_every_reason_to_refuse_is_shown_here() -> None:
    """The list of reasons is closed, and each has a record below that earns it."""
    # That version 1 has ended depends on the configuration: test_contract_v2.py.
    assert {reason for reason, _ in _SPOILT} == set(Rejection) - {Rejection.VERSION_ENDED}


@pytest.mark.parametrize(("reason", "spoil", "binding"), _CASES)
def test_a_bad_record_gets_its_reason_and_keeps_its_bytes(
    reason: Rejection, spoil: Spoil, binding: Binding
) -> None:
    """One receipt, coded, without personal data; the bytes and headers open with the vault, for this place alone."""
    ready = spoil(binding)
    record = received(ready)
    taken = judged(record, SENDERS.context)
    _assert_one_receipt(taken, record)
    assert taken.receipt.reason is reason
    told = taken.receipt.model_dump_json()
    assert not [secret for secret in PERSONAL if secret in told]
    assert taken.rejected_payload is not None
    assert not [secret for secret in PERSONAL if secret in taken.rejected_payload]
    purpose = "rejected/{}/{}/{}".format(*record.origin.place)
    assert SENDERS.opener.open(taken.rejected_payload, purpose) == kept_as(ready.value, ready.headers)
    with pytest.raises(NotOpenedError):
        SENDERS.opener.open(taken.rejected_payload, purpose + "0")


_NAMELESS: Final = {
    "tombstone-0-structured",
    "not_utf8-3-binary",  # all its headers are gone
    "not_json-5-structured",
    "too_deep-6-structured",
    "too_deep-7-structured",
    *(f"unknown_sender-{number}-{binding}" for number in (15, 16) for binding in Binding),
}
"""Of the records above, those that name no registered sender in any place, and no source that only one has."""


@pytest.mark.parametrize(("reason", "spoil", "binding"), _CASES)
def test_a_refusal_names_its_sender_wherever_one_can_be_read(
    reason: Rejection, spoil: Spoil, binding: Binding, request: pytest.FixtureRequest
) -> None:
    """So its sender sees it; before, whatever was refused early stood under no name at all."""
    receipt = judged(received(spoil(binding)), SENDERS.context).receipt
    nameless = any(f"[{case}]" in request.node.name for case in _NAMELESS)
    assert (receipt.sender is None) is nameless, reason
    assert receipt.sender is None or receipt.sender in SENDERS.entries


@pytest.mark.parametrize("binding", Binding)
@pytest.mark.parametrize("source", ["the only one's", "of several", "nobody's"])
def test_a_source_names_the_sender_where_only_one_has_it(source: str, binding: Binding) -> None:
    """A number that was mistyped, or left out: the CVR number says whose it is, unless it has several institutions."""
    cvr = {"the only one's": REGISTER, "of several": INSTITUTION}
    event = replace(
        residence_event() if source == "the only one's" else risk_event(),
        sender="999998",
        source=SENDERS.entries[cvr[source]].source if source in cvr else "urn:oio:cvr-nr:12345674",
    )
    ready = SENDERS.made(event, binding, key=_EXPIRED)
    receipt = judged(received(ready), SENDERS.context).receipt
    assert receipt.reason is not None
    assert (receipt.sender, receipt.event_id) == (REGISTER if source == "the only one's" else None, event.id)


def test_a_claim_is_a_name_on_a_refusal_and_nothing_more() -> None:
    """It counts for no total and no sequence: nobody has signed it."""
    ready = SENDERS.ready(risk_event(sequence="41"))
    receipt = judged(received(replace(ready, value=(ready.value or b"")[:-9])), SENDERS.context).receipt
    assert (receipt.sender, receipt.event_id) == (INSTITUTION, uuid("message"))
    assert (receipt.sequence, receipt.registered_on, receipt.type) == (None, None, None)


@pytest.mark.parametrize("binding", list(Binding))
def test_a_good_message_becomes_an_event_under_a_pseudonym(binding: Binding) -> None:
    """The event names nobody; what names the person opens with the vault, for this message and person alone."""
    record = received(SENDERS.ready(risk_event(), binding))
    taken = judged(record, SENDERS.context)
    _assert_one_receipt(taken, record)
    event = taken.event
    assert event is not None
    assert event.person_id == VAULT.person_id(MADE_UP_CPR)
    assert isinstance(event.content, Risk)
    for told in (event.model_dump_json(), taken.receipt.model_dump_json()):
        assert not [secret for secret in PERSONAL if secret in told]
    assert event.sealed is not None
    purpose = f"message/{INSTITUTION}/{event.event_id}/{event.person_id}"
    particulars = SensitiveFields.model_validate_json(SENDERS.opener.open(event.sealed, purpose))
    assert (particulars.cpr, particulars.text) == (MADE_UP_CPR, TEXT)
    assert particulars.contact is not None
    assert particulars.contact["name"] == NAME
    with pytest.raises(NotOpenedError):
        SENDERS.opener.open(event.sealed, purpose.replace(event.event_id, uuid("another message")))


def test_a_receipt_of_a_good_record_says_whose_it_is() -> None:
    """The sender finds its event by number, id and type."""
    receipt = judged(received(SENDERS.ready(risk_event())), SENDERS.context).receipt
    assert (receipt.sender, receipt.event_id, receipt.type) == (
        INSTITUTION,
        uuid("message"),
        f"{TYPE_PREFIX}dropout-risk.raised.v1",
    )


@pytest.mark.parametrize("binding", Binding)
def test_a_number_that_the_sender_has_signed_is_on_the_receipt(binding: Binding) -> None:
    """Accepted or refused for its content: the number has come."""
    counted = risk_event(sequence="41")
    taken = judged(received(SENDERS.ready(counted, binding)), SENDERS.context)
    assert (taken.receipt.status, taken.receipt.sequence) == (ReceiptStatus.ACCEPTED, 41)
    spoilt = judged(received(SENDERS.ready(with_data(counted, severity="none"), binding)), SENDERS.context)
    assert (spoilt.receipt.status, spoilt.receipt.sequence) == (ReceiptStatus.REJECTED, 41)
    assert judged(received(SENDERS.ready(risk_event(), binding)), SENDERS.context).receipt.sequence is None


@pytest.mark.parametrize("number", ["42", None])
def test_a_number_that_was_changed_or_taken_out_on_the_way_breaks_the_signature(number: str | None) -> None:
    ready = edited(SENDERS.ready(risk_event(sequence="41")), sequence=number)
    receipt = judged(received(ready), SENDERS.context).receipt
    assert (receipt.reason, receipt.sequence) == (Rejection.SIGNATURE_INVALID, None)


@pytest.mark.parametrize("binding", Binding)
def test_a_control_total_ends_with_its_receipt(binding: Binding) -> None:
    """It is about nobody: no event follows, and the receipt says what it says."""
    taken = judged(received(SENDERS.ready(total_event(), binding)), SENDERS.context)
    assert (taken.receipt.status, taken.event, taken.rejected_payload) == (ReceiptStatus.ACCEPTED, None, None)
    assert taken.receipt.total == Total(
        day=date(2025, 9, 30),
        registered_at=datetime(2025, 10, 1, 1, 0, tzinfo=UTC),
        counts=(KeptCount(type=f"{TYPE_PREFIX}dropout-risk.raised.v1", events=2),),
    )


def test_another_total_has_another_fingerprint() -> None:
    """Two that reuse an id contradict each other."""
    other = with_data(total_event(), counts=[{"type": f"{TYPE_PREFIX}dropout-risk.raised.v1", "events": 3}])
    assert _fingerprint(SENDERS.ready(other)) != _fingerprint(SENDERS.ready(total_event()))
    assert _fingerprint(SENDERS.ready(total_event(), Binding.BINARY)) == _fingerprint(
        SENDERS.ready(total_event())
    )


@pytest.mark.parametrize(
    ("time", "day"), [("2025-09-30T21:59:59Z", "2025-09-30"), ("2025-09-30T22:00:00Z", "2025-10-01")]
)
def test_an_event_belongs_to_the_danish_day_of_its_time(time: str, day: str) -> None:
    """Accepted or refused for its content; never where nobody has signed it."""
    event = risk_event(time=time)
    for ready in (SENDERS.ready(event), SENDERS.ready(with_data(event, severity="none"))):
        assert judged(received(ready), SENDERS.context).receipt.registered_on == date.fromisoformat(day)
    unsigned = judged(received(edited(SENDERS.ready(event), time="2025-09-29T10:00:00Z")), SENDERS.context)
    assert (unsigned.receipt.reason, unsigned.receipt.registered_on) == (Rejection.SIGNATURE_INVALID, None)


@pytest.mark.parametrize(
    ("changes", "detail"),
    [
        ({"cpr": probe_identity.made_up_cpr(5)}, None),
        ({"cpr": MADE_UP_CPR}, "cpr"),
        ({"cpr": probe_identity.made_up_cpr(5), "municipality_code": "0101"}, "municipality_code"),
    ],
)
def test_a_canarys_sender_speaks_of_its_own_people_at_its_own_place(
    changes: dict[str, str], detail: str | None
) -> None:
    """Whoever gets hold of its keys can touch nobody, and no canary can reach a real unit."""
    senders = Senders()
    senders.entries[probe_identity.REGISTER] = SENDERS.entries[REGISTER].model_copy(
        update={"number": probe_identity.REGISTER}
    )
    senders.private[probe_identity.REGISTER] = senders.add_key(
        probe_identity.REGISTER, f"{probe_identity.REGISTER}-1"
    )
    home = with_data(
        residence_event(sender=probe_identity.REGISTER), municipality_code=probe_identity.MUNICIPALITY
    )
    receipt = judged(received(senders.ready(with_data(home, **changes))), senders.context).receipt
    assert (receipt.reason, receipt.detail) == (detail and Rejection.NOT_SENDERS_OWN, detail)


def test_facts_seal_nothing() -> None:
    """A fact has no text and no contact person: the pseudonym is all that the stream needs."""
    event = judged(received(SENDERS.ready(residence_event())), SENDERS.context).event
    assert event is not None
    assert event.sealed is None
    assert MADE_UP_CPR not in event.model_dump_json()


def _fingerprint(ready: Ready) -> str | None:
    return judged(received(ready), SENDERS.context).receipt.fingerprint


def test_the_fingerprint_is_the_contents_however_it_was_sealed_signed_and_bound() -> None:
    """A repeat is known by what it says: sealing twice gives other bytes and the same fingerprint."""
    event = risk_event()
    first = SENDERS.ready(event)
    again = SENDERS.ready(with_data(event, cpr=f"{MADE_UP_CPR[:6]}-{MADE_UP_CPR[6:]}"), Binding.BINARY)
    assert first.value != SENDERS.ready(event).value
    assert _fingerprint(first) == _fingerprint(SENDERS.ready(event)) == _fingerprint(again) is not None
    spare = SENDERS.add_key(INSTITUTION, f"{INSTITUTION}-2")
    assert _fingerprint(SENDERS.made(event, key=spare)) == _fingerprint(first)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(with_data(risk_event(), cpr="0202021234"), id="person"),
        pytest.param(with_data(risk_event(), text="Noget andet"), id="text"),
        pytest.param(with_data(risk_event(), severity="low"), id="severity"),
        pytest.param(with_data(risk_event(), contact=None), id="contact"),
        pytest.param(replace(risk_event(), time="2025-10-01T13:58:59+02:00"), id="time"),
    ],
)
def test_the_fingerprint_differs_with_anything_that_was_said(other: object) -> None:
    """Sealed content included: the same id with another text is a conflict."""
    assert isinstance(other, type(risk_event()))
    assert _fingerprint(SENDERS.ready(other)) not in (None, _fingerprint(SENDERS.ready(risk_event())))


@pytest.mark.parametrize(
    ("at", "reason"),
    [
        (timedelta(microseconds=-1), Rejection.KEY_NOT_VALID),
        (timedelta(0), None),
        (timedelta(days=1, microseconds=-1), None),
        (timedelta(days=1), Rejection.KEY_NOT_VALID),
    ],
)
def test_a_key_is_valid_by_the_brokers_clock_from_its_first_moment_until_before_its_last(
    at: timedelta, reason: Rejection | None
) -> None:
    """The sender's own clock has no say: the same bytes are good or not by when the broker got them."""
    senders = Senders()
    key = senders.add_key(INSTITUTION, "dated", valid_from=APPENDED, valid_to=APPENDED + timedelta(days=1))
    ready = senders.made(risk_event(), key=key)
    assert judged(received(ready, at=APPENDED + at), senders.context).receipt.reason is reason


@pytest.mark.parametrize(
    ("ahead", "reason"),
    [(timedelta(0), None), (timedelta(seconds=1), Rejection.CLOCK_AHEAD)],
)
def test_a_clock_may_be_ahead_by_the_tolerance_and_no_second_more(
    ahead: timedelta, reason: Rejection | None
) -> None:
    """Measured against the broker's append time."""
    time = (APPENDED + TOLERANCE + ahead).isoformat()
    record = received(SENDERS.ready(risk_event(time=time)))
    assert judged(record, SENDERS.context).receipt.reason is reason


@pytest.mark.parametrize(
    ("cpr", "at", "reason"),
    [
        ("0110254123", "2025-09-30T21:59:59Z", Rejection.NOT_A_PERSON),
        ("0110254123", "2025-09-30T22:00:00Z", None),
        ("0210254123", "2025-10-01T12:00:00Z", Rejection.NOT_A_PERSON),
        ("6210254123", "2025-10-01T12:00:00Z", Rejection.NOT_A_PERSON),
        ("6110254123", "2025-10-01T12:00:00Z", None),
        ("0101364123", "2025-10-01T12:00:00Z", Rejection.NOT_A_PERSON),
        ("0101369123", "2035-12-31T22:59:59Z", Rejection.NOT_A_PERSON),
        ("0101369123", "2035-12-31T23:00:00Z", None),
        ("3112575123", "2025-10-01T12:00:00Z", Rejection.NOT_A_PERSON),
        ("0101585123", "2025-10-01T12:00:00Z", None),
        ("0101253123", "2025-10-01T12:00:00Z", None),
    ],
)
def test_who_is_not_born_yet_is_no_person(cpr: str, at: str, reason: Rejection | None) -> None:
    """By the Danish date on which the broker got the record: the seventh digit puts births up to 2057."""
    senders = Senders()
    event = with_data(risk_event(time="2025-09-30T10:00:00Z"), cpr=cpr)
    record = received(senders.ready(event), at=datetime.fromisoformat(at))
    receipt = judged(record, senders.context).receipt
    assert receipt.reason is reason
    assert receipt.detail == (None if reason is None else "born after the broker received it")


def test_a_late_record_is_as_good_as_a_new_one() -> None:
    """There is no limit backwards: what a sender registered a year ago is still true."""
    record = received(SENDERS.ready(risk_event(time="2024-10-01T10:00:00Z")))
    assert judged(record, SENDERS.context).receipt.reason is None


def test_an_event_counts_for_the_person_whom_the_seal_names_and_no_other() -> None:
    """With or without the hyphen, a CPR is one person; another CPR is another."""
    ids = {
        cpr: judged(received(SENDERS.ready(with_data(risk_event(), cpr=cpr))), SENDERS.context).event
        for cpr in (MADE_UP_CPR, "010101-1234", "0202021234")
    }
    assert [None if event is None else event.person_id for event in ids.values()] == [
        VAULT.person_id(MADE_UP_CPR),
        VAULT.person_id(MADE_UP_CPR),
        VAULT.person_id("0202021234"),
    ]


def test_what_is_just_small_enough_is_read() -> None:
    """256 KiB with the headers is the limit; the reason changes at the next byte."""
    ready = SENDERS.ready(risk_event())
    room = MAX_BYTES - sum(len(name) + len(content) for name, content in ready.headers)
    full = replace(ready, value=(ready.value or b"").ljust(room))
    over = replace(full, value=(full.value or b"") + b" ")
    assert judged(received(full), SENDERS.context).receipt.reason is None
    assert judged(received(over), SENDERS.context).receipt.reason is Rejection.TOO_LARGE


def test_another_institutions_enrolment_cannot_be_told() -> None:
    """A sender tells its own only, though its signature be good."""
    event = with_data(risk_event(), institution_number=OTHER_INSTITUTION)
    receipt = judged(received(SENDERS.made(event)), SENDERS.context).receipt
    assert (receipt.reason, receipt.detail) == (Rejection.NOT_SENDERS_OWN, "institution_number")


_names = st.sampled_from(["content-type", "ce_specversion", "ce_id", "ce_type", "ce_signature"]) | st.text()
_headers = st.lists(st.tuples(_names, st.none() | st.binary(max_size=60)), max_size=6)
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


@given(value=st.none() | st.binary(max_size=300), headers=_headers, topic=st.sampled_from(list(InputTopic)))
@settings(max_examples=300, deadline=None)
def test_no_bytes_and_no_headers_are_too_odd(
    value: bytes | None, headers: list[tuple[str, bytes | None]], topic: InputTopic
) -> None:
    """Whatever arrives, intake answers once and raises nothing."""
    record = InputRecord(place(topic), value, headers)
    taken = judged(record, SENDERS.context)
    _assert_one_receipt(taken, record)
    assert taken.rejected_payload is not None


@given(
    field=st.sampled_from(
        [
            "id",
            "source",
            "sender",
            "type",
            "time",
            "specversion",
            "datacontenttype",
            "signature",
            "data",
            "more",
        ]
    ),
    content=_json,
)
@settings(max_examples=300, deadline=None)
def test_no_attribute_of_a_real_event_is_too_odd(field: str, content: object) -> None:
    """A real event with anything in the place of one of its parts: one answer, nothing raised."""
    try:
        ready = edited(SENDERS.ready(risk_event()), **{field: content})
    except TypeError:  # orjson carries no integer beyond 64 bits
        return
    record = received(ready)
    _assert_one_receipt(judged(record, SENDERS.context), record)


@given(field=st.sampled_from([*risk_event().data, "more"]), content=_json)
@settings(max_examples=300, deadline=None)
def test_no_signed_data_is_too_odd(field: str, content: object) -> None:
    """A registered sender that signs nonsense is answered like anybody else, and no value of it is repeated."""
    data = orjson.loads(orjson.dumps(dict(risk_event().data)))
    data["cpr"] = seal(MADE_UP_CPR, SENDERS.service_key)
    try:
        ready = SENDERS.made(risk_event(), data={**data, field: content})
    except (TypeError, ValueError):  # what neither JSON nor a signature can carry
        return
    record = received(ready)
    taken = judged(record, SENDERS.context)
    _assert_one_receipt(taken, record)
    assert not [secret for secret in PERSONAL if secret in taken.receipt.model_dump_json()]


def test_what_is_too_large_to_be_kept_is_kept_as_its_hash() -> None:
    """The sealed copy must fit into `rejected`: a record that does not would end every worker that reads it."""
    record = received(replace(_MADE(_RISK, Binding.STRUCTURED), value=b" " * 12_000_000))
    taken = judged(record, SENDERS.context)
    assert taken.receipt.reason is Rejection.TOO_LARGE
    assert taken.rejected_payload is not None
    assert len(taken.rejected_payload) < 1000
    origin = record.origin
    kept = orjson.loads(
        SENDERS.opener.open(
            taken.rejected_payload, f"rejected/{origin.topic}/{origin.partition}/{origin.offset}"
        )
    )
    assert kept["too_large_to_keep"] > 12_000_000
    assert len(kept["sha256"]) == 64


def test_four_mebibytes_are_kept_whole() -> None:
    """Headers and value as one; a byte more, and their hash is kept."""
    four = 4 * 1024 * 1024
    for size, whole in ((four, True), (four + 1, False)):
        record = InputRecord(place(), b" " * (size - len(b"[]\n")))
        kept = judged(record, SENDERS.context).rejected_payload
        assert kept is not None
        assert (len(kept) > four) is whole


_SAME_MOMENTS: Final = (
    {"time": "2025-10-01T13:59:00+02:00", "seen_at": "2025-09-30T10:00:00+02:00"},
    {"time": "2025-10-01T11:59:00Z", "seen_at": "2025-09-30T10:00:00+02:00"},
    {"time": "2025-10-01T11:59:00Z", "seen_at": "2025-09-30T08:00:00Z"},
    {"time": "2025-10-01T11:59:00.000-00:00", "seen_at": "2025-09-30T03:15:00.0-04:45"},
)


def _written(moments: Mapping[str, str]) -> PersonEvent:
    event = with_data(risk_event(time=moments["time"]), seen_at=moments["seen_at"])
    made = judged(received(GOLDEN.ready(event)), GOLDEN.context)
    assert made.event is not None
    assert (made.receipt.fingerprint, made.receipt.fingerprint_utc) == (
        made.event.fingerprint,
        made.event.fingerprint_utc,
    )
    return made.event


@pytest.mark.parametrize(("one", "other"), list(combinations(_SAME_MOMENTS, 2)))
def test_the_same_moment_in_another_offset_is_the_same_content(
    one: Mapping[str, str], other: Mapping[str, str]
) -> None:
    """A system that is moved to UTC repeats its events: none of them is a conflict."""
    assert same_content(_written(one), _written(other))


@pytest.mark.parametrize(
    "change", [{"time": "2025-10-01T11:59:01Z"}, {"seen_at": "2025-09-30T08:00:00+02:00"}]
)
def test_another_moment_is_other_content_however_it_is_written(change: dict[str, str]) -> None:
    for moments in _SAME_MOMENTS:
        assert not same_content(_written(moments), _written(_SAME_MOMENTS[0] | change))


@pytest.mark.parametrize("moments", _SAME_MOMENTS)
def test_what_an_older_version_has_kept_is_known_again(moments: Mapping[str, str]) -> None:
    """It has the first hash alone: a repeat as it was written is one, and so is one in UTC of what was in UTC."""
    old = _written(moments).model_copy(update={"fingerprint_utc": None})
    assert same_content(old, _written(moments))
    assert same_content(old, _written(_SAME_MOMENTS[2])) is (moments == _SAME_MOMENTS[2])


def test_an_event_in_utc_has_one_fingerprint() -> None:
    assert [_written(moments).fingerprint_utc for moments in _SAME_MOMENTS[2:]] == [
        None,
        _written(_SAME_MOMENTS[2]).fingerprint,
    ]


GOLDEN: Final = Senders(
    ring=ServiceKeys(
        (
            *Keyring(vault={"v1": b64encode(bytes(range(32))).decode()}, vault_active="v1", opening=()).split(
                MADE_AT, "9999-12"
            ),
            *made_keys().of(KeyPurpose.OPENING),
        )
    )
)


@pytest.mark.parametrize(
    ("event", "fingerprint", "in_utc"),
    [
        (risk_event(), "Y0aZvrsUj-qrh-tLoBE02mGK", "_8Q1QqJfoMJa0ZksyIxuiFqu"),
        (
            with_data(risk_event(), seen_at="2025-09-30T08:00:00.250Z"),
            "e1AtqhAjGcj356b2Xzr2W51E",
            "Zq2jj6ZnIG5AzMcK41EPcgoh",
        ),
        (residence_event(), "fmy9Gy8bZGmSz8DgOC2EEtXA", "zEaIzAwH-fimUmddW_R7l8vh"),
        (total_event(), "mb-uIxo_YhYAzOySlRlTtkDE", "q52_jkqmoA2dH3tfDSCqXIee"),
    ],
    ids=["message", "message of another clock", "fact", "total"],
)
def test_a_fingerprint_never_changes(event: PlainEvent, fingerprint: str, in_utc: str) -> None:
    """It is kept for ever: a repeat that comes after an upgrade would be taken for a conflict."""
    taken = judged(received(GOLDEN.ready(event)), GOLDEN.context)
    assert taken.receipt.fingerprint == fingerprint
    assert taken.receipt.fingerprint_utc == in_utc


def test_a_total_may_count_everything_that_its_sender_may_send() -> None:
    kinds = sorted(countable(SenderKind.INSTITUTION))
    everything = with_data(total_event(), counts=[{"type": kind, "events": 0} for kind in kinds])
    assert judged(received(SENDERS.ready(everything)), SENDERS.context).receipt.reason is None


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("dropout-risk.raised.v3", Rejection.UNKNOWN_VERSION),
        ("dropout-risk.raised.v1.v2", Rejection.UNKNOWN_TYPE),
        ("dropout-risk.raised", Rejection.UNKNOWN_VERSION),
    ],
)
def test_only_the_version_is_left_off_a_name(name: str, reason: Rejection) -> None:
    made = SENDERS.made(risk_event(type=f"{TYPE_PREFIX}{name}"))
    assert judged(received(made), SENDERS.context).receipt.reason is reason


@pytest.mark.parametrize(
    ("valid_from", "valid_to", "accepted"),
    [
        (date(2025, 10, 1), None, True),
        (date(2025, 10, 2), None, False),
        (date(2025, 9, 1), date(2025, 10, 2), True),
        (date(2025, 9, 1), date(2025, 10, 1), False),
    ],
)
def test_a_sender_is_one_from_its_first_day_until_before_its_last(
    valid_from: date, valid_to: date | None, accepted: bool
) -> None:
    """By the day on which the broker got the record, in Copenhagen."""
    senders = Senders()
    known = senders.entries[INSTITUTION]
    senders.entries[INSTITUTION] = known.model_copy(update={"valid_from": valid_from, "valid_to": valid_to})
    receipt = judged(received(senders.ready(risk_event())), senders.context).receipt
    assert receipt.reason is (None if accepted else Rejection.UNKNOWN_SENDER)


def test_what_is_no_signature_at_all_says_what_is_wrong_with_it() -> None:
    receipt = judged(
        received(edited(SENDERS.ready(risk_event()), signature="no signature")), SENDERS.context
    ).receipt
    assert (receipt.reason, receipt.detail) == (Rejection.SIGNATURE_INVALID, "not a detached JWS")


@pytest.mark.parametrize("number", [1e21, 0.1, 1e-7, 28.5])
def test_a_number_that_is_written_otherwise_in_the_quick_form_breaks_no_signature(number: float) -> None:
    """The sender is told what is wrong with its data, and not that somebody has changed it."""
    event = risk_event()
    data = {**SENDERS.sealed_data(event), "absence_percentage": number}
    receipt = judged(received(SENDERS.made(event, data=data)), SENDERS.context).receipt
    assert (receipt.reason, receipt.detail) == (Rejection.WRONG_FIELD, "absence_percentage")


@pytest.mark.parametrize(("number", "same"), [(28.0, 28), (-0.0, 0), (1e2, 100)])
def test_an_integer_is_one_however_it_is_written(number: float, same: int) -> None:
    """As the published schema has it; it is the same content, so a repeat in the other form is a repeat."""
    events = [
        judged(
            received(SENDERS.ready(with_data(risk_event(), absence_percentage=written), binding, version)),
            SENDERS.context,
        ).event
        for written in (number, same)
        for binding in Binding
        for version in (1, 2)
    ]
    assert None not in events
    assert all(event == events[0] for event in events)


@pytest.mark.parametrize("version", [1, 2])
def test_a_name_that_stands_twice_in_an_object_is_refused(version: Any) -> None:
    """The last one would count here, and the first with somebody else. The signature fits either."""
    ready = SENDERS.ready(risk_event(), version=version)
    for old, new in (
        (b'"severity":"high"', b'"severity":"low","severity":"high"'),
        (b'{"specversion"', b'{"sender":"900101","specversion"'),
    ):
        assert old in (ready.value or b"")
        doubled = replace(ready, value=(ready.value or b"").replace(old, new))
        receipt = judged(received(doubled), SENDERS.context).receipt
        assert (receipt.reason, receipt.detail) == (Rejection.NOT_JSON, "a name stands twice in one object")


@pytest.mark.parametrize(
    ("changes", "reason", "detail"),
    [
        ({"absence_percentage": "40"}, Rejection.WRONG_FIELD, "absence_percentage"),
        ({"severity": None}, Rejection.MISSING_FIELD, "severity"),
        ({"contact": {"name": NAME, "phone": 5}}, Rejection.WRONG_FIELD, "contact.phone"),
        ({"contact": {"name": NAME, "email": 5}}, Rejection.WRONG_FIELD, "contact.email"),
        ({"contact": {"name": 5}}, Rejection.WRONG_FIELD, "contact.name"),
        ({"contact": {"name": NAME, MADE_UP_CPR: "x"}}, Rejection.WRONG_FIELD, "contact"),
        ({MADE_UP_CPR: "x"}, Rejection.WRONG_FIELD, None),
    ],
)
def test_a_receipt_names_the_field_by_the_contracts_own_words(
    changes: dict[str, object], reason: Rejection, detail: str | None
) -> None:
    """A name that the sender made up may be anybody's number."""
    receipt = judged(received(SENDERS.ready(with_data(risk_event(), **changes))), SENDERS.context).receipt
    assert (receipt.reason, receipt.detail) == (reason, detail)


def _signed_by_everybody(senders: Senders) -> Ready:
    """By a key whose private half stands in the contract's vectors; somebody has registered it."""
    known = VerificationKey(x=SIGNING_KEY["x"], kid="key-1", valid_from=datetime(2022, 1, 1, tzinfo=UTC))
    key = OKPKey.import_key({**SIGNING_KEY, "kid": "key-1"})
    senders.public[INSTITUTION, "key-1"] = (known, key)
    return senders.made(risk_event(), key=key)


def test_a_published_key_signs_for_nobody() -> None:
    """Whatever the register says: anybody could have made the signature."""
    senders = Senders()
    ready = _signed_by_everybody(senders)
    receipt = judged(received(ready), senders.context).receipt
    assert (receipt.reason, receipt.detail) == (Rejection.UNKNOWN_KEY, "a published key signs for nobody")
    assert (receipt.sender, receipt.sequence, receipt.registered_on) == (INSTITUTION, None, None)


def test_a_published_key_signs_where_it_is_taken_on_purpose() -> None:
    """For an integrator who tries out the vectors on a machine of its own."""
    senders = Senders()
    ready = _signed_by_everybody(senders)
    context = replace(senders.context, published_keys_taken=True)
    assert judged(received(ready), context).receipt.reason is None
