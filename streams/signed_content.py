"""What a signature has to cover, told to a sender whose signature does not fit: so that it finds out where they differ.

All senders may read receipts. A hash of bytes that can be guessed would let them try out persons, so there is none but
where a sealed CPR makes the bytes unguessable, or where the event is about nobody.
"""

from hashlib import sha256

import orjson
from pydantic import ValidationError

from crypto.sealed_cpr import is_sealed
from crypto.signature import signing_input
from models.events.cloudevent import Envelope
from models.events.event_types import EventType


def describe_signed(envelope: Envelope, event_type: EventType, topic: str) -> str:
    """Names of the attributes, length and hash of the canonical bytes; raises `crypto.signature.NotCanonicalError`."""
    content = signing_input(envelope.attributes, envelope.data, topic)
    names = ", ".join(sorted(envelope.attributes))
    told = f"it must cover {len(content)} bytes of canonical JSON with the attributes {names}"
    if _cannot_be_guessed(envelope, event_type):
        told += f"; SHA-256 {sha256(content).hexdigest()}"
    return told


def _cannot_be_guessed(envelope: Envelope, event_type: EventType) -> bool:
    """Whether the data has a seal, whose key, vector and tag are made by chance; or has no place for a person."""
    if event_type.content is not None:
        return is_sealed(envelope.data.get("cpr" if event_type.inside is None else "sealed"))
    try:
        event_type.data.model_validate_json(orjson.dumps(envelope.data), strict=True)
    except (ValidationError, TypeError):
        return False
    return True
