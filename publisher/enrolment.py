"""A sender's new key comes into the register when its request proves that the sender has the private half.

Pure, but for the signatures. That a key is that *sender's* is shown by a key that it has already, or by the fingerprint
that the two read to each other over a way that nobody else speaks on.
"""

from base64 import b32encode
from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

import rfc8785
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from pydantic import AwareDatetime

from config.register_faults import entry_faults
from crypto.signature import SignatureError, key_id, sign, verify
from models.base import Frozen
from models.events.sender import Sender, VerificationKey

GOOD_FOR: Final = timedelta(days=14)
_AHEAD: Final = timedelta(minutes=10)
"""So far a sender's clock may be ahead of ours."""
_PURPOSE: Final = "frafaldsvarsel: enrol this key"
_FINGERPRINT_LETTERS: Final = 32


class NotEnrolled(ValueError):
    """The key is not taken; the message is a sentence for the operator."""


class KeyRequest(Frozen):
    """What a sender hands in: no secret, and of no use for another number, kid or key."""

    number: str
    kid: str
    x: str
    """The public half, as in its JWK."""
    made_at: AwareDatetime
    proof: str
    """Detached JWS of the new key over the other fields."""
    known_key: str | None = None
    """The same by a key that the sender has in the register."""


def make_request(number: str, key: OKPKey, now: datetime, *, known_key: OKPKey | None = None) -> KeyRequest:
    """At the sender's: prove that it has the private half of `key`, and of one that is known already."""
    x = str(key.as_dict(private=False)["x"])
    content = _content(number, str(key.kid), x, now)
    return KeyRequest(
        number=number,
        kid=str(key.kid),
        x=x,
        made_at=now,
        proof=sign(content, key),
        known_key=None if known_key is None else sign(content, known_key),
    )


def fingerprint(x: str) -> str:
    """160 bits of a public half's hash, in groups of four letters to be read aloud."""
    letters = b32encode(sha256(x.encode()).digest()).decode()[:_FINGERPRINT_LETTERS]
    return "-".join(letters[at : at + 4] for at in range(0, _FINGERPRINT_LETTERS, 4))


def enrolled(
    sender: Sender,
    request: KeyRequest,
    *,
    others: Iterable[Sender],
    now: datetime,
    overlap: timedelta,
    confirmed: str | None = None,
) -> Sender:
    """The sender with the new key from `now`, and the earlier ones for `overlap` more; raises `NotEnrolled`.

    `confirmed`: the fingerprint as the sender has said it, where no key of the sender's vouches for the new one.
    """
    content = _content(request.number, request.kid, request.x, request.made_at)
    if request.number != sender.number:
        raise NotEnrolled(f"It asks for {request.number}, not for {sender.number}.")
    if not now - GOOD_FOR < request.made_at < now + _AHEAD:
        raise NotEnrolled("It was not made within the last fourteen days: let the sender make it anew.")
    if any(request.kid == key.kid or request.x == key.x for key in sender.keys):
        raise NotEnrolled("The register has, or had, this key or this kid: a new key has a kid of its own.")
    key = VerificationKey(x=request.x, kid=request.kid, valid_from=now)
    _must_fit(request.proof, content, key, "It does not prove that the sender has the private half.")
    if confirmed is None:
        _must_be_vouched_for(sender, request, content, now)
    elif _letters(confirmed) != _letters(fingerprint(request.x)):
        raise NotEnrolled("The fingerprint is another one: somebody may have exchanged the request.")
    end = now + overlap
    kept = tuple(
        known if known.valid_to is not None and known.valid_to <= end else _ended(known, end)
        for known in sender.keys
    )
    changed = sender.model_copy(update={"keys": (*kept, key)})
    _must_be_sound(changed, key, others, now)
    return changed


def revoked(sender: Sender, kid: str, at: datetime) -> Sender:
    """The sender whose key is not valid from `at` on; raises `NotEnrolled`. A revoked key stays, and ends no later."""
    known = next((key for key in sender.keys if key.kid == kid), None)
    if known is None:
        raise NotEnrolled(f"{sender.number} has no key {kid}.")
    if known.valid_to is not None and known.valid_to <= at:
        raise NotEnrolled(f"Key {kid} has ended at {known.valid_to} already.")
    keys = tuple(_ended(key, at) if key.kid == kid else key for key in sender.keys)
    return sender.model_copy(update={"keys": keys})


def _must_be_vouched_for(sender: Sender, request: KeyRequest, content: bytes, now: datetime) -> None:
    if request.known_key is None:
        raise NotEnrolled(
            "No key of the sender's vouches for it: ask for its fingerprint, and give --fingerprint."
        )
    try:
        kid = key_id(request.known_key)
    except SignatureError:
        raise NotEnrolled("What should vouch for it is no signature.") from None
    known = next((key for key in sender.keys if key.kid == kid), None)
    if known is None or not (known.valid_from <= now and (known.valid_to is None or now < known.valid_to)):
        raise NotEnrolled(f"The key that vouches for it, {kid}, is none that {sender.number} signs with now.")
    _must_fit(request.known_key, content, known, f"Key {kid} does not vouch for it.")


def _must_fit(signature: str, content: bytes, key: VerificationKey, sentence: str) -> None:
    try:
        public = OKPKey.import_key({"kty": key.kty, "crv": key.crv, "x": key.x, "kid": key.kid})
        if key_id(signature) != key.kid:
            raise NotEnrolled(sentence)
        verify(signature, content, public)
    except (SignatureError, JoseError, ValueError, TypeError):
        raise NotEnrolled(sentence) from None


def _must_be_sound(changed: Sender, key: VerificationKey, others: Iterable[Sender], now: datetime) -> None:
    """Published, weak, or another sender's: as `check-config` would say afterwards."""
    around = [one for one in others if one.number != changed.number]
    before = set(map(str, entry_faults(around, now=now, published_keys_taken=False)))
    after = entry_faults([*around, changed], now=now, published_keys_taken=False)
    wrong = [
        str(one)
        for one in after
        if str(one) not in before and (key.kid in str(one) or "a key of" in str(one))
    ]
    if wrong:
        raise NotEnrolled(wrong[0])


def _ended(key: VerificationKey, at: datetime) -> VerificationKey:
    return key.model_copy(update={"valid_to": at})


def _content(number: str, kid: str, x: str, made_at: datetime) -> bytes:
    return rfc8785.dumps(
        {"for": _PURPOSE, "number": number, "kid": kid, "x": x, "made_at": made_at.isoformat()}
    )


def _letters(text: str) -> str:
    return "".join(sign for sign in text.upper() if sign.isalnum())
