"""Signatures and seals as others met them: forms that a library took, or refused, and should not have."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jwe
from joserfc.jwk import ECKey

from crypto import base64url
from crypto.signature import signing_input
from models.reasons import Rejection
from publisher.events import Binding, PlainEvent, Ready
from publisher.prepare import attributes_of, bind, sealed
from tests.factories import INSTITUTION, MADE_UP_CPR
from tests.unit.streams.senders import Senders, edited, received, risk_event, with_data
from tests.unit.streams.written_answer import judged

SENDERS: Final = Senders()
RISK: Final = risk_event()
TOPIC: Final = "dropout-risks"
ORDER: Final = 2**252 + 27742317777372353535851937790883648493
"""Of Ed25519's group (RFC 8032, 5.1)."""
ALPHABET: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
KID: Final = f"{INSTITUTION}-1"


def answer(ready: Ready) -> Rejection | None:
    """The code of the refusal; None where the record is taken."""
    validated = judged(received(ready), SENDERS.context)
    assert (validated.event is None) == (validated.receipt.reason is not None)
    return validated.receipt.reason


def rewritten(signature: Callable[[str], str]) -> Ready:
    """A good record with its signature in another writing."""
    ready = SENDERS.ready(RISK, version=2)
    return edited(ready, signature=signature(json.loads(ready.value or b"")["signature"]))


def signed(
    header: Mapping[str, Any] | bytes,
    content: Callable[[bytes], bytes] = lambda whole: whole,
    event: PlainEvent = RISK,
) -> Ready:
    """A record that is signed under a header of another's making, or over other bytes."""
    event = sealed(event, SENDERS.service_key, 2)
    said = attributes_of(event)
    private = SENDERS.private[INSTITUTION].private_key
    assert isinstance(private, Ed25519PrivateKey)
    written = base64url.encode(header if isinstance(header, bytes) else orjson.dumps(header))
    covered = base64url.encode(content(signing_input(said, event.data, TOPIC)))
    tail = base64url.encode(private.sign(f"{written}.{covered}".encode()))
    return bind(said, f"{written}..{tail}", event.data, topic=TOPIC, binding=Binding.STRUCTURED)


def tail_of(signature: str, change: Callable[[str], str]) -> str:
    """The signature with its last part changed."""
    head, _, tail = signature.split(".")
    return f"{head}..{change(tail)}"


def _unused_bits(tail: str) -> str:
    """64 bytes leave four bits of the last letter unused: sixteen letters give the same bytes."""
    return tail[:-1] + ALPHABET[ALPHABET.index(tail[-1]) ^ 1]


def _greater_s(tail: str) -> str:
    raw = base64url.decode(tail)
    other = int.from_bytes(raw[32:], "little") + ORDER
    return base64url.encode(raw[:32] + other.to_bytes(32, "little"))


def _standard_alphabet(tail: str) -> str:
    return tail.replace("-", "+").replace("_", "/") if {"-", "_"} & set(tail) else tail[:-2] + "+/"


GOOD: Final = {"alg": "Ed25519", "kid": KID}
WRONG: Final = Rejection.SIGNATURE_INVALID
SIGNATURES: Final[dict[str, tuple[Callable[[], Ready], Rejection | None]]] = {
    "panva/jose 589: a letter more": (lambda: rewritten(lambda text: text + "a"), WRONG),
    "hs-jose 99, pyjwt 1209: padding": (lambda: rewritten(lambda text: text + "=="), WRONG),
    "libjwt 284: an equals sign inside": (lambda: rewritten(lambda text: text[:-9] + "=" + text[-9:]), WRONG),
    "pyjwt GHSA-hxm8-2xgr-2p9m: junk behind it": (lambda: rewritten(lambda text: text + "!!!!"), WRONG),
    "fast-jwt 606: a blank behind it": (lambda: rewritten(lambda text: text + " "), WRONG),
    "fast-jwt 606: a tab behind it": (lambda: rewritten(lambda text: text + "\t"), WRONG),
    "fast-jwt 606: a line end behind it": (lambda: rewritten(lambda text: text + "\r\n"), WRONG),
    "libjwt 284: the standard alphabet": (
        lambda: rewritten(lambda text: tail_of(text, _standard_alphabet)),
        WRONG,
    ),
    "libjwt 284: unused bits that are not zero": (
        lambda: rewritten(lambda text: tail_of(text, _unused_bits)),
        WRONG,
    ),
    "ed25519-speccheck: S beyond the order": (
        lambda: rewritten(lambda text: tail_of(text, _greater_s)),
        WRONG,
    ),
    "own: the middle part is there": (lambda: rewritten(lambda text: text.replace("..", ".e30.")), WRONG),
    "ssi 701: members in another order, with blanks": (
        lambda: signed(b'{ "kid": "%s",\n"alg":"Ed25519"}' % KID.encode()),
        None,
    ),
    "ssi 701: b64 false, and critical": (lambda: signed({**GOOD, "b64": False, "crit": ["b64"]}), WRONG),
    "panva/jose 57: b64 false alone": (lambda: signed({**GOOD, "b64": False}), WRONG),
    "RFC 9864: the older name of the algorithm": (lambda: signed({**GOOD, "alg": "EdDSA"}), WRONG),
    "CVE-2015-9235: no algorithm": (lambda: signed({**GOOD, "alg": "none"}), WRONG),
    "own: kid is a list": (lambda: signed({**GOOD, "kid": [KID]}), WRONG),
    "CVE-2018-0114: the key in the header": (
        lambda: signed({**GOOD, "jwk": {"kty": "OKP", "crv": "Ed25519", "x": "A" * 43}, "kid": KID}),
        None,
    ),
    "hs-jose 97: signed with padding": (lambda: signed(GOOD, lambda whole: whole + b"="), WRONG),
    "trace-spec 74: json.dumps with sorted names": (
        lambda: signed(GOOD, lambda whole: json.dumps(json.loads(whole), sort_keys=True).encode()),
        WRONG,
    ),
    "agent-manifest 338: a number as a fraction": (
        lambda: signed(GOOD, event=with_data(RISK, absence_percentage=40.0)),
        None,
    ),
    "json-canonicalization, number vectors: minus zero": (
        lambda: signed(GOOD, event=with_data(RISK, absence_percentage=-0.0)),
        None,
    ),
}


def with_value(change: Callable[[bytes], bytes]) -> Ready:
    """A good record with some of its bytes changed."""
    ready = SENDERS.ready(RISK)
    value = change(ready.value or b"")
    assert value != ready.value
    return Ready(ready.topic, ready.key, value, ready.headers)


def _in_text(said: bytes) -> Callable[[bytes], bytes]:
    return lambda value: value.replace(b"Kom ikke", said)


STRINGS: Final[dict[str, tuple[bytes, Rejection]]] = {
    "json-canonicalization 36: a high surrogate alone": (rb"\ud83d", Rejection.NOT_JSON),
    "json-canonicalization 36: a low surrogate alone": (rb"\ude00", Rejection.NOT_JSON),
    "json-canonicalization 37, jcs 5: a pair the wrong way round": (rb"\ude00\ud83d", Rejection.NOT_JSON),
    "json-canonicalization 37: a byte that is no UTF-8": (b"\xff", Rejection.NOT_UTF8),
    "Corvus.JsonSchema 973: a surrogate written in UTF-8": (b"\xed\xa0\xbd", Rejection.NOT_UTF8),
    "own: an overlong NUL": (b"\xc0\x80", Rejection.NOT_UTF8),
}


def resealed(change: Callable[[list[str]], list[str]]) -> Ready:
    """A message whose seal was changed, and which was signed after that."""
    event = sealed(RISK, SENDERS.service_key, 2)
    parts = change(event.data["sealed"].split("."))
    return signed_data(event, {**event.data, "sealed": ".".join(parts)})


def signed_data(event: PlainEvent, data: Mapping[str, Any]) -> Ready:
    """The event with `data`, signed as it should be."""
    return SENDERS.made(event, data=data)


def headed(**changes: Any) -> Ready:
    """A message whose seal has another header; a member that is None is taken out."""

    def change(parts: list[str]) -> list[str]:
        header = json.loads(base64url.decode(parts[0])) | changes
        header = {name: said for name, said in header.items() if said is not None}
        return [base64url.encode(orjson.dumps(header)), *parts[1:]]

    return resealed(change)


def _epk(**changes: Any) -> Callable[[], Ready]:
    def make() -> Ready:
        event = sealed(RISK, SENDERS.service_key, 2)
        epk = json.loads(base64url.decode(event.data["sealed"].split(".")[0]))["epk"]
        return headed(epk={**epk, **changes})

    return make


def _of_another_library(**header: Any) -> Ready:
    """Sealed by joserfc, whose header may hold more than ours."""
    event = sealed(RISK, SENDERS.service_key, 2)
    parties = {"apu": base64url.encode(INSTITUTION.encode()), "apv": base64url.encode(event.id.encode())}
    inside = orjson.dumps({"cpr": MADE_UP_CPR})
    said = {"alg": "ECDH-ES", "enc": "A256GCM", "kid": SENDERS.service_key.kid, **parties, **header}
    registry = jwe.JWERegistry(algorithms=["ECDH-ES", "ECDH-ES+A256KW", "A256GCM", "A128GCM", "DEF"])
    made = jwe.encrypt_compact(said, inside, SENDERS.service_key, registry=registry)
    return signed_data(event, {**event.data, "sealed": made})


CLOSED: Final = Rejection.CPR_NOT_OPENED
_ELSEWHERE: Final = ECKey.generate_key("P-256").as_dict(private=False)
SEALS: Final[dict[str, tuple[Callable[[], Ready], Rejection | None]]] = {
    "RFC 7518, 4.6, by joserfc": (_of_another_library, None),
    "CVE-2024-28176, CVE-2024-28102: compressed": (lambda: _of_another_library(zip="DEF"), CLOSED),
    "own: the key is wrapped": (lambda: _of_another_library(alg="ECDH-ES+A256KW"), CLOSED),
    "own: another cipher": (lambda: _of_another_library(enc="A128GCM"), CLOSED),
    "jose-jwt, CVE-2022-36083: a password with many rounds": (
        lambda: headed(alg="PBES2-HS256+A128KW", p2c=2**31, p2s="AAAAAAAAAAA"),
        CLOSED,
    ),
    "own: shared directly": (lambda: headed(alg="dir", epk=None), CLOSED),
    "CVE-2017-16007, go-jose: a point of another curve": (
        lambda: headed(epk={name: _ELSEWHERE[name] for name in ("kty", "crv", "x", "y")}),
        CLOSED,
    ),
    "CVE-2017-16007: called X25519, and is zeros": (_epk(x=base64url.encode(bytes(32))), CLOSED),
    "own: a point of small order": (_epk(x=base64url.encode(b"\x01" + bytes(31))), CLOSED),
    "own: 31 bytes": (_epk(x=base64url.encode(bytes(31))), CLOSED),
    "own: no ephemeral key": (lambda: headed(epk=None), CLOSED),
    "own: a critical extension": (lambda: headed(crit=["exp"], exp=0), CLOSED),
    "CVE-2021-29443, node-jose: a tag that was cut": (
        lambda: resealed(lambda parts: [*parts[:4], base64url.encode(base64url.decode(parts[4])[:4])]),
        CLOSED,
    ),
    "own: no tag": (lambda: resealed(lambda parts: [*parts[:4], ""]), CLOSED),
    "own: padding": (lambda: resealed(lambda parts: [*parts[:4], parts[4] + "=="]), CLOSED),
    "own: a key for each, that is not empty": (
        lambda: resealed(lambda parts: [parts[0], "AAAA", *parts[2:]]),
        CLOSED,
    ),
    "own: kid is a list": (lambda: headed(kid=[SENDERS.service_key.kid]), Rejection.CPR_NOT_SEALED),
    "RFC 7516, 7.2: as JSON": (
        lambda: resealed(lambda parts: [json.dumps({"protected": parts[0], "ciphertext": parts[3]})]),
        Rejection.CPR_NOT_SEALED,
    ),
    "own: a signed one in its place": (lambda: resealed(lambda parts: parts[:3]), Rejection.CPR_NOT_SEALED),
}


@pytest.mark.parametrize("case", SIGNATURES)
def test_a_signature_counts_in_one_writing_alone(case: str) -> None:
    make, expected = SIGNATURES[case]
    assert answer(make()) == expected


@pytest.mark.parametrize("case", STRINGS)
def test_what_has_no_canonical_form_is_no_event(case: str) -> None:
    said, expected = STRINGS[case]
    assert answer(with_value(_in_text(said))) == expected


@pytest.mark.parametrize("case", SEALS)
def test_a_seal_opens_in_one_way_alone(case: str) -> None:
    make, expected = SEALS[case]
    assert answer(make()) == expected
