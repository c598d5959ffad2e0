"""What is prepared is what intake reads: sealed, signed for its topic, in either binding."""

from dataclasses import replace

import orjson
import pytest

from crypto.sealed_cpr import Belongs, open_sealed
from crypto.signature import NotCanonicalError, SignatureError, signing_input, verify
from models.events.cloudevent import SIGNED, read
from publisher import prepare as prepare_module
from publisher.events import Binding, PlainEvent
from publisher.prepare import ContractVersion, attributes_of, prepare
from tests.unit.publisher.conftest import CPR, NUMBER, Keys

VERSIONS: tuple[ContractVersion, ...] = (1, 2)


@pytest.mark.parametrize("binding", list(Binding))
def test_version_2_seals_all_that_is_personal_for_its_event(
    event: PlainEvent, keys: Keys, binding: Binding
) -> None:
    """It is what is written unless somebody asks for another."""
    ready = prepare(event, signing_key=keys.signing, service_key=keys.service_key(), binding=binding)
    envelope = read(ready.value, ready.headers)
    newer = replace(event, type="dk.frafaldsvarsel.dropout-risk.raised.v2")
    assert envelope.attributes == attributes_of(newer)
    assert envelope.signature is not None
    verify(envelope.signature, signing_input(envelope.attributes, envelope.data, ready.topic), keys.signing)
    sealed = envelope.data.pop("sealed")
    inside = orjson.loads(open_sealed(sealed, keys.ring.opening_keys, Belongs(NUMBER, event.id)))
    assert set(inside) == {"cpr", "text", "contact"}
    assert {**envelope.data, **inside} == event.data


@pytest.mark.parametrize("binding", list(Binding))
def test_intake_reads_verifies_and_opens_what_was_prepared(
    event: PlainEvent, keys: Keys, binding: Binding
) -> None:
    """In version 1, too, while it is needed."""
    ready = prepare(
        event, signing_key=keys.signing, service_key=keys.service_key(), binding=binding, version=1
    )
    envelope = read(ready.value, ready.headers)
    assert (ready.topic, ready.key) == ("dropout-risks", NUMBER.encode())
    assert envelope.attributes == attributes_of(event)
    assert tuple(envelope.attributes) == SIGNED
    assert envelope.signature is not None
    verify(envelope.signature, signing_input(envelope.attributes, envelope.data, ready.topic), keys.signing)
    assert open_sealed(envelope.data["cpr"], keys.ring.opening_keys) == CPR
    assert {**envelope.data, "cpr": CPR} == event.data


def test_both_bindings_carry_the_same_signature(
    event: PlainEvent, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The seal is another one each time, so it is held still here."""
    sealed = prepare(event, signing_key=keys.signing, service_key=keys.service_key())
    held = read(sealed.value, sealed.headers).data["sealed"]
    monkeypatch.setattr(prepare_module, "seal", lambda text, key, belongs: held)
    envelopes = [
        read(ready.value, ready.headers)
        for ready in (
            prepare(event, signing_key=keys.signing, service_key=keys.service_key(), binding=binding)
            for binding in Binding
        )
    ]
    assert envelopes[0] == envelopes[1]


@pytest.mark.parametrize("binding", list(Binding))
def test_the_cpr_is_nowhere_in_the_record(event: PlainEvent, keys: Keys, binding: Binding) -> None:
    ready = prepare(event, signing_key=keys.signing, service_key=keys.service_key(), binding=binding)
    everything = (ready.value or b"") + ready.key + b"".join(content for _, content in ready.headers)
    assert CPR.encode() not in everything


def test_a_cpr_that_was_written_as_a_number_is_sealed_too(event: PlainEvent, keys: Keys) -> None:
    """With checks off, whatever stands in the field may be a CPR."""
    spoilt = replace(event, data={**event.data, "cpr": int(CPR)})
    first, second = (
        read(ready.value, ready.headers).data
        for ready in (
            prepare(spoilt, signing_key=keys.signing, service_key=keys.service_key(), version=version)
            for version in VERSIONS
        )
    )
    assert open_sealed(first["cpr"], keys.ring.opening_keys) == CPR
    assert orjson.loads(open_sealed(second["sealed"], keys.ring.opening_keys))["cpr"] == int(CPR)


def test_a_signature_does_not_fit_another_topic(event: PlainEvent, keys: Keys) -> None:
    ready = prepare(event, signing_key=keys.signing, service_key=keys.service_key())
    envelope = read(ready.value, ready.headers)
    with pytest.raises(SignatureError):
        verify(
            envelope.signature or "",
            signing_input(envelope.attributes, envelope.data, "enrolments"),
            keys.signing,
        )


def test_nothing_is_completed(event: PlainEvent, keys: Keys) -> None:
    data = {name: event.data[name] for name in ("institution_number", "signals")}
    for version in VERSIONS:
        ready = prepare(
            replace(event, data=data),
            signing_key=keys.signing,
            service_key=keys.service_key(),
            version=version,
        )
        assert read(ready.value, ready.headers).data == data


def test_an_unknown_type_has_no_topic_unless_one_is_given(event: PlainEvent, keys: Keys) -> None:
    unknown = replace(event, type="dk.frafaldsvarsel.exam.failed.v1")
    with pytest.raises(ValueError, match="no topic for it"):
        prepare(unknown, signing_key=keys.signing, service_key=keys.service_key())
    ready = prepare(unknown, signing_key=keys.signing, service_key=keys.service_key(), topic="dropout-risks")
    assert ready.topic == "dropout-risks"


def test_a_number_that_json_cannot_carry_exactly_is_an_error(event: PlainEvent, keys: Keys) -> None:
    spoilt = replace(event, data={**event.data, "absence_percentage": 2**60})
    with pytest.raises(NotCanonicalError):
        prepare(spoilt, signing_key=keys.signing, service_key=keys.service_key())


def test_a_plain_event_shows_no_data_when_it_is_printed(event: PlainEvent) -> None:
    assert CPR not in repr(event)


@pytest.mark.parametrize("binding", list(Binding))
def test_a_trace_lies_beside_what_is_signed(event: PlainEvent, keys: Keys, binding: Binding) -> None:
    """CloudEvents' extension in either binding; who changes it on the way breaks no signature."""
    said = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    traced = prepare(
        replace(event, traceparent=said),
        signing_key=keys.signing,
        service_key=keys.service_key(),
        binding=binding,
    )
    held = (
        orjson.loads(traced.value or b"")["traceparent"]
        if binding is Binding.STRUCTURED
        else dict(traced.headers)["ce_traceparent"].decode()
    )
    assert held == said
    envelope = read(traced.value, traced.headers)
    assert "traceparent" not in envelope.attributes
    assert envelope.signature is not None
    verify(envelope.signature, signing_input(envelope.attributes, envelope.data, traced.topic), keys.signing)
