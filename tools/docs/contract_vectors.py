"""Test vectors for integrators: fixed public test keys, and an event with every byte on its way to Kafka.

The keys are made for the vectors only. They are public, so no register may ever hold them.
"""

import json
from base64 import urlsafe_b64encode
from typing import Any, Final

from joserfc.jwk import OKPKey

from crypto.signature import sign, signing_input
from models.events.event_types import SEALED_FIELDS, TYPE_PREFIX, VERSION_1, VERSION_2, EventType
from models.events.sender import SenderKind
from publisher.events import Binding
from publisher.prepare import bind

WARNING: Final = (
    "PUBLIC TEST KEYS, made for these vectors only. Never register them, never use them elsewhere."
)
SIGNING_KEY: Final = {
    "kty": "OKP",
    "crv": "Ed25519",
    "kid": "public-test-signing-key",
    "use": "sig",
    "x": "A6EHv_POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg",
    "d": urlsafe_b64encode(bytes(range(32))).rstrip(b"=").decode(),
}
SERVICE_KEY: Final = {
    "kty": "OKP",
    "crv": "X25519",
    "kid": "public-test-service-key",
    "use": "enc",
    "x": "NYBy1jZYgNGu6jKa35EhODhR7SGijjt16WXQ0s0WYlQ",
    "d": urlsafe_b64encode(bytes(range(32, 64))).rstrip(b"=").decode(),
}
CPR: Final = "0202054321"
"""Made up, and never issued: it fails modulus 11 and is not of a 1 January."""
_SEALED: Final = (
    "eyJhbGciOiJFQ0RILUVTIiwiZW5jIjoiQTI1NkdDTSIsImtpZCI6InB1YmxpYy10ZXN0LXNlcnZpY2Uta2V5IiwiZXBrIjp7ImNydiI6Ilgy"
    "NTUxOSIsIngiOiJORVZsUkVCY3BKdEl5N0wyVUM1NGN4WXYxS2ZNSUdKNmlrT0VMZFp1Q2tRIiwia3R5IjoiT0tQIn19..Dk5VuQSk6y_Ve6"
    "hE.-afrbhAFSEc0mw.rjGN_ZXhTWYbYWutPp_KLg"
)
"""A JWE is different each time that it is made, so one of them stands here."""
_SEALED_FOR_EVENT: Final = {
    "enrolment.registered": (
        "eyJhbGciOiJFQ0RILUVTIiwiZW5jIjoiQTI1NkdDTSIsImtpZCI6InB1YmxpYy10ZXN0LXNlcnZpY2Uta2V5IiwiYXB1IjoiT1RBd01UQXgi"
        "LCJhcHYiOiJNR1EyWmpaak0yVXRObUV3WWkwMFlUTTNMVGxrTUdZdE0ySXhaalptTUdFM1l6QXgiLCJlcGsiOnsiY3J2IjoiWDI1NTE5Iiwi"
        "eCI6InhsT2o1MkpuRk1wRGhxM2owRHRJN3otcVJjTHBrOV9uZENtMW5pTGFYV2ciLCJrdHkiOiJPS1AifX0..z8sREfWG0iVs6U6r.TYYaCA"
        "_zXBBzbB818qPNVJSlAkW_.Py7FQCk6nTYkBv7bKBNgJQ"
    ),
    "dropout-risk.raised": (
        "eyJhbGciOiJFQ0RILUVTIiwiZW5jIjoiQTI1NkdDTSIsImtpZCI6InB1YmxpYy10ZXN0LXNlcnZpY2Uta2V5IiwiYXB1IjoiT1RBd01UQXgi"
        "LCJhcHYiOiJNR1EyWmpaak0yVXRObUV3WWkwMFlUTTNMVGxrTUdZdE0ySXhaalptTUdFM1l6QXkiLCJlcGsiOnsiY3J2IjoiWDI1NTE5Iiwi"
        "eCI6IlUzdGQ1NTI0YjE2WVNmREJVbndpSmxXUU1memhybWVqVFFybjlFbU1yajgiLCJrdHkiOiJPS1AifX0..1mn1X43sGCsvKp0_.fDHTec"
        "tBhedZ5FBTeTDPuVxf0bss92tntsgK01BSQEAtaRODD8pRQr1qKyvBVeq3wjctg9LVM_LLhh9Idje-jGc01ZyQp9hGwOZBNII9kKodEfv17Y"
        "y3fto1fR-xwuzXsRFegH46xYDQwLHT4tyLVVGekx53DLPwEA0i24KLYZwQQOSt49EftXvqPOwSmyX6nakUnEod2NHC-47yTn-fKZW3D7BfjL"
        "J9RodBgAJ-En97qYbzqfq4__tmJjiNDi0AIp78IW6wAzOikLCC.iOPtZ9UNoyjutPnE6vuqJA"
    ),
    "residence.annulled": (
        "eyJhbGciOiJFQ0RILUVTIiwiZW5jIjoiQTI1NkdDTSIsImtpZCI6InB1YmxpYy10ZXN0LXNlcnZpY2Uta2V5IiwiYXB1IjoiVWtWSExVTlFV"
        "ZyIsImFwdiI6Ik1HUTJaalpqTTJVdE5tRXdZaTAwWVRNM0xUbGtNR1l0TTJJeFpqWm1NR0UzWXpBMCIsImVwayI6eyJjcnYiOiJYMjU1MTki"
        "LCJ4IjoiVThTVGhHZk5wSnMyTXlmazk4bUx2Q2pwV0RTR3NmNGQxTzVDOVVJbm1rWSIsImt0eSI6Ik9LUCJ9fQ..A4Xzt2TINyM1FnWt.JjM"
        "s5xaQ_OqUYRSg6Clerj2JVGVB.bDnR7Q1lpcvrMSgQu4uyWw"
    ),
}
"""The same for version 2: each is for its one event."""
_ABOUT: Final = {
    1: f"data.cpr opens to the made-up number {CPR} with service_key_private of keys.json.",
    2: "data.sealed opens to sealed_utf8 with service_key_private of keys.json, whose header names sender and id.",
}
_EVENTS: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "enrolment.registered": (
        "2025-08-14T02:15:00+02:00",
        {
            "enrolment_id": "5f0c1f0e-2d57-4d1c-8a53-0d0a4c6f1a01",
            "institution_number": "900101",
            "education_type": "eud",
            "admission_date": "2025-06-20",
            "study_start": "2025-08-11",
        },
    ),
    "dropout-risk.raised": (
        "2025-09-30T23:30:00+02:00",
        {
            "institution_number": "900101",
            "seen_at": "2025-09-30T14:00:00+02:00",
            "signals": ["absence", "lost_contact"],
            "severity": "high",
            "absence_percentage": 35,
            "text": "Er ikke mødt siden efterårets første prøve. Træffes bedst på sms.",
            "contact": {
                "name": "Åse Østergård",
                "phone": "+45 12 34 56 78",
                "email": "aase@skole.example",
            },
        },
    ),
    "control-total.declared": (
        "2025-10-01T03:00:00+02:00",
        {
            "day": "2025-09-30",
            "counts": [
                {"type": f"{TYPE_PREFIX}dropout-risk.raised.v1", "events": 1},
                {"type": f"{TYPE_PREFIX}enrolment.registered.v1", "events": 0},
            ],
        },
    ),
    "residence.annulled": (
        "2025-10-02T08:00:00+02:00",
        {"residence_id": "5f0c1f0e-2d57-4d1c-8a53-0d0a4c6f1a04"},
    ),
}
_IDS: Final = {
    "enrolment.registered": "0d6f6c3e-6a0b-4a37-9d0f-3b1f6f0a7c01",
    "dropout-risk.raised": "0d6f6c3e-6a0b-4a37-9d0f-3b1f6f0a7c02",
    "control-total.declared": "0d6f6c3e-6a0b-4a37-9d0f-3b1f6f0a7c03",
    "residence.annulled": "0d6f6c3e-6a0b-4a37-9d0f-3b1f6f0a7c04",
}
_INSTITUTION: Final = ("900101", "urn:oio:cvr-nr:00110019")
_REGISTER: Final = ("REG-CPR", "urn:oio:cvr-nr:09000038")


def vectors() -> dict[str, dict[str, Any]]:
    """The vectors by name; ``keys`` holds the key pairs."""
    made: dict[str, dict[str, Any]] = {
        "keys": {
            "warning": WARNING,
            "sender": _INSTITUTION[0],
            "signing_key_private": SIGNING_KEY,
            "signing_key_public": _public(SIGNING_KEY),
            "service_key_private": SERVICE_KEY,
            "service_key_public": _public(SERVICE_KEY),
        }
    }
    for kind, (time, data) in _EVENTS.items():
        first = VERSION_1[f"{TYPE_PREFIX}{kind}.v1"]
        made[kind] = _vector(first, time, data)
        if first.name in VERSION_2:
            made[f"{kind}.v2"] = _vector(VERSION_2[first.name], time, data)
    return made


def _public(key: dict[str, str]) -> dict[str, str]:
    return {name: content for name, content in key.items() if name != "d"}


def _vector(row: EventType, time: str, plain: dict[str, Any]) -> dict[str, Any]:
    number, source = _INSTITUTION if SenderKind.INSTITUTION in row.senders else _REGISTER
    attributes = {
        "specversion": "1.0",
        "id": _IDS[row.kind],
        "source": source,
        "sender": number,
        "type": row.name,
        "time": time,
        "datacontenttype": "application/json",
    }
    about = "About no person, so nothing in it is sealed."
    data, inside = plain, {}
    if row.inside is not None:
        inside = {"sealed_utf8": json.dumps(_inside(plain), ensure_ascii=False)}
        rest = {name: content for name, content in plain.items() if name not in SEALED_FIELDS}
        about, data = _ABOUT[2], {"sealed": _SEALED_FOR_EVENT[row.kind], **rest}
    elif row.content is not None:
        about, data = _ABOUT[1], {"cpr": _SEALED, **plain}
    content = signing_input(attributes, data, row.topic)
    signature = sign(content, OKPKey.import_key(dict(SIGNING_KEY)))
    return {
        "warning": WARNING,
        "about": about,
        **inside,
        "topic": row.topic.value,
        "attributes": attributes,
        "data": data,
        "signing_input_utf8": content.decode(),
        "signature": signature,
        "records": {
            binding.value: _record(attributes, signature, data, row.topic, binding) for binding in Binding
        },
    }


def _inside(plain: dict[str, Any]) -> dict[str, Any]:
    return {"cpr": CPR} | {name: content for name, content in plain.items() if name in SEALED_FIELDS}


def _record(
    attributes: dict[str, str], signature: str, data: dict[str, Any], topic: str, binding: Binding
) -> dict[str, Any]:
    ready = bind(attributes, signature, data, topic=topic, binding=binding)
    return {
        "key_utf8": ready.key.decode(),
        "headers_utf8": {name: content.decode() for name, content in ready.headers},
        "value_utf8": (ready.value or b"").decode(),
    }
