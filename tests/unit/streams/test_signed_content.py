"""A sender whose signature does not fit learns what it must cover, and nobody learns of a person by it."""

import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final

import pytest
import rfc8785

from crypto.new_keys import new_signing_key
from crypto.sealed_cpr import is_sealed, seal
from models.events.cloudevent import SIGNED
from models.reasons import Rejection
from publisher.events import Binding, PlainEvent, Ready
from publisher.prepare import attributes_of
from tests.factories import INSTITUTION, MADE_UP_CPR
from tests.unit.streams.senders import Senders, edited, received, risk_event, total_event, with_data
from tests.unit.streams.written_answer import judged

SENDERS: Final = Senders()
_TOLD: Final = re.compile(
    r"it must cover (\d+) bytes of canonical JSON with the attributes ([a-z, ]+)(?:; SHA-256 ([0-9a-f]{64}))?"
)


def _told(ready: Ready) -> tuple[int, str, str | None]:
    receipt = judged(received(ready), SENDERS.context).receipt
    assert receipt.reason is Rejection.SIGNATURE_INVALID
    found = _TOLD.fullmatch(receipt.detail or "")
    assert found is not None
    return int(found[1]), found[2], found[3]


def _canonical(event: PlainEvent, data: Mapping[str, Any], topic: str) -> bytes:
    """As the contract tells integrators, with their library."""
    return rfc8785.dumps({"attributes": attributes_of(event), "data": dict(data), "topic": topic})


@pytest.mark.parametrize("binding", Binding)
def test_whose_key_is_another_finds_its_own_bytes(binding: Binding) -> None:
    """Length and hash are equal to the sender's: the content is right, so the key is not."""
    event = risk_event(sequence="41")
    data = SENDERS.sealed_data(event)
    ready = SENDERS.made(event, binding, data=data, key=new_signing_key(f"{INSTITUTION}-1"))
    content = _canonical(event, data, "dropout-risks")
    names = "datacontenttype, id, sender, sequence, source, specversion, time, type"
    assert _told(ready) == (len(content), names, sha256(content).hexdigest())


@pytest.mark.parametrize(
    "changes", [{"time": "2025-10-01T13:59:01+02:00"}, {"datacontenttype": "application/json ;"}]
)
def test_whose_content_was_changed_finds_other_bytes(changes: dict[str, str]) -> None:
    """What a proxy has rewritten, or a library has left out of what it signed."""
    event = risk_event()
    data = SENDERS.sealed_data(event)
    content = _canonical(event, data, "dropout-risks")
    told = _told(edited(SENDERS.made(event, data=data), **changes))
    assert told[1].split(", ") == sorted(SIGNED)
    assert told[2] not in (None, sha256(content).hexdigest())


@pytest.mark.parametrize(
    "cpr",
    [None, MADE_UP_CPR, 101011234, f"{MADE_UP_CPR}....", "a.b.c.d.e", f"eyJ9..{MADE_UP_CPR}.x.y", ["x"]],
)
def test_bytes_that_can_be_guessed_have_no_hash(cpr: object) -> None:
    """A CPR in the clear is one of some millions: whoever reads receipts could try them all."""
    event = risk_event()
    data = {**event.data, "cpr": cpr} if cpr is not None else {**event.data}
    if cpr is None:
        del data["cpr"]
    length, _, digest = _told(SENDERS.made(event, data=data, key=new_signing_key(f"{INSTITUTION}-1")))
    assert (length, digest) == (len(_canonical(event, data, "dropout-risks")), None)


def test_a_total_is_about_nobody_unless_it_says_more_than_a_total() -> None:
    wrong = new_signing_key(f"{INSTITUTION}-1")
    made = SENDERS.made(total_event(), topic="control-totals", key=wrong)
    assert _told(made)[2] is not None
    more = SENDERS.made(with_data(total_event(), cpr=MADE_UP_CPR), topic="control-totals", key=wrong)
    assert _told(more)[2] is None


def test_a_seal_is_known_by_its_form_to_whomever_it_is() -> None:
    """Sealed to another key it is as hard to guess."""
    sealed = seal(MADE_UP_CPR, SENDERS.service_key)
    assert is_sealed(sealed)
    head, _, iv, text, tag = sealed.split(".")
    for torn in (
        sealed[:-1],
        sealed + ".",
        sealed.replace("..", ".AA."),
        f"{head}..{iv}..{tag}",
        f"{head}..{iv[:-4]}.{text}.{tag}",
        f"{head}..{iv}.{text}.{tag[:-4]}",
        f"{head[:-2]}..{iv}.{text}.{tag}",
        f"e30..{iv}.{text}.{tag}",
        f"W10..{iv}.{text}.{tag}",
        "....",
        "",
        None,
        5,
    ):
        assert not is_sealed(torn)
