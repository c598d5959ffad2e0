"""Keys for local use, made at start: the service's, and for every sender a private key and an entry.

It overwrites nothing. A real sender makes its key itself and hands over the public half only.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Final

import orjson
from joserfc.jwk import OKPKey
from pydantic import ValidationError

from config.key_store import KeyStore, write_new
from config.reference.checks.all import sound_reference
from config.senders import base_senders, write_sender
from crypto.jwk_set import as_set
from crypto.key_file import month_of, next_month
from crypto.key_purpose import KeyPurpose
from crypto.keyring import Keyring
from crypto.month_seals import NoSealKeyError, sealing_key
from crypto.new_keys import new_signing_key
from crypto.stream_keys import new_stream_keyring
from models.events.sender import Sender, VerificationKey, kind_of
from publisher.keys import NoKey, read_key

LOCAL_KEYS_FROM: Final = datetime(2022, 1, 1, tzinfo=UTC)
"""Local keys are as old as the law, so that no clock finds them too new."""
_CVR_WEIGHTS: Final = (2, 7, 6, 5, 4, 3, 2)


class NotAdded(ValueError):
    """A sender cannot be added; the message is a sentence."""


def ensure_keys(data: Path, senders: Iterable[Sender]) -> None:
    """Make what is missing in ``data/keys`` and ``data/senders``.

    A sender whose entry stands there already is left alone: its private key may rightly lie elsewhere.
    """
    keys, register = _folders(data)
    store = ensure_service_keys(keys, datetime.now(UTC))
    write_new(keys / "stream.key.json", new_stream_keyring().model_dump_json(indent=1).encode())
    trail = keys / "trail.key.json"
    write_new(trail, orjson.dumps(new_signing_key("trail-1").as_dict(private=True)))
    if not (verifying := keys / "trail.public.json").exists():
        write_new(verifying, as_set(OKPKey.import_key(orjson.loads(trail.read_bytes()))).encode(), mode=0o644)
    if not (public := keys / "service.public.json").exists():
        write_new(public, store.public_key(), mode=0o644)
    for sender in senders:
        if not (register / f"{sender.number}.json").exists():
            _enter(data, sender, LOCAL_KEYS_FROM)


def ensure_service_keys(keys: Path, now: datetime) -> KeyStore:
    """The store ``keys/service``, with all that a service needs this month and the next.

    The ring of an earlier version, where there is one, is split: its ids and seals stay what they are.
    """
    store, ring = KeyStore(keys / "service"), keys / "service.key.json"
    if ring.exists() and not store.of(KeyPurpose.PSEUDONYM):
        store.take_over(Keyring.model_validate_json(ring.read_bytes()), now, next_month(month_of(now)))
    for purpose in KeyPurpose:
        if purpose is KeyPurpose.SEAL:
            for month in (month_of(now), next_month(month_of(now))):
                _ensure_seal(store, month, now)
        elif not store.of(purpose):
            store.make(purpose, None, now)
    return store


def _ensure_seal(store: KeyStore, month: str, now: datetime) -> None:
    try:
        sealing_key(month, store.of(KeyPurpose.SEAL))
    except NoSealKeyError:
        store.make(KeyPurpose.SEAL, month, now)


def add_sender(
    data: Path, number: str, *, now: datetime, name: str | None = None, cvr: str | None = None
) -> Sender:
    """Enter one more sender with a new key, valid from `now`; raises `NotAdded`.

    A number of the reference data gets its entry from there; any other six digits become an institution.
    """
    _, register = _folders(data)
    if (register / f"{number}.json").exists():
        raise NotAdded(f"Sender {number} is in the register already; its entry is senders/{number}.json.")
    known = next((sender for sender in base_senders(sound_reference()) if sender.number == number), None)
    if known is not None:
        changes = {field: value for field, value in (("name", name), ("cvr", cvr)) if value is not None}
        sender = Sender.model_validate({**known.model_dump(), **changes})
    else:
        if not (len(number) == 6 and number.isdecimal() and number.isascii()):
            raise NotAdded("A sender that is not in the reference data is an institution: six digits.")
        try:
            sender = Sender(
                number=number,
                kind=kind_of(number),
                name=name or f"Institution {number}",
                cvr=cvr or made_up_cvr(number),
            )
        except ValidationError:
            raise NotAdded("A CVR number has eight digits.") from None
    return _enter(data, sender, now)


def rotate_key(data: Path, number: str, *, now: datetime, overlap: timedelta = timedelta(days=7)) -> Sender:
    """Give the sender a new key from `now`; today's stays valid for `overlap`, for what is under way."""
    keys, _ = _folders(data)
    sender = read_sender(data, number)
    key = new_signing_key(f"{number}-{len(sender.keys) + 1}")
    end = now + overlap
    closed = tuple(
        known.model_copy(update={"valid_to": end})
        if known.valid_to is None or known.valid_to > end
        else known
        for known in sender.keys
    )
    sender = sender.model_copy(update={"keys": (*closed, _public(key, now, None))})
    write_sender(data / "senders", sender)
    fresh = keys / f".{number}.key.json.new"
    fresh.unlink(missing_ok=True)
    write_new(fresh, _private(key))
    fresh.replace(keys / f"{number}.key.json")
    return sender


def add_key(
    data: Path, number: str, kid: str, *, valid_from: datetime, valid_to: datetime | None = None
) -> OKPKey:
    """The sender's key `kid` beside its current one; made at the first call, with this validity."""
    keys, _ = _folders(data)
    file = keys / f"{kid}.other.json"
    write_new(file, _private(new_signing_key(kid)))
    key = read_key(file)
    sender = read_sender(data, number)
    if all(known.kid != kid for known in sender.keys):
        entry = _public(key, valid_from, valid_to)
        write_sender(data / "senders", sender.model_copy(update={"keys": (entry, *sender.keys)}))
    return key


def read_sender(data: Path, number: str) -> Sender:
    """The entry of the sender in ``data/senders``; raises `NoKey`."""
    try:
        return Sender.model_validate_json((data / "senders" / f"{number}.json").read_bytes())
    except FileNotFoundError:
        raise NoKey(f"Sender {number} is not in the register.") from None


def made_up_cvr(number: str) -> str:
    """A CVR number that passes modulus 11, the same for the same sender and no one's on purpose."""
    attempt = 0
    while True:
        digest = int.from_bytes(sha256(f"{number}/{attempt}".encode()).digest()[:8])
        digits = f"{1_000_000 + digest % 9_000_000:07d}"
        rest = sum(int(digit) * weight for digit, weight in zip(digits, _CVR_WEIGHTS, strict=True)) % 11
        if rest != 1:
            return f"{digits}{(11 - rest) % 11}"
        attempt += 1


def _enter(data: Path, sender: Sender, valid_from: datetime) -> Sender:
    """The private key first: an entry without it would be taken for a sender whose key lies elsewhere."""
    keys, register = _folders(data)
    file = keys / f"{sender.number}.key.json"
    write_new(file, _private(new_signing_key(f"{sender.number}-1")))
    sender = sender.model_copy(update={"keys": (_public(read_key(file), valid_from, None),)})
    write_sender(register, sender)
    return sender


def _folders(data: Path) -> tuple[Path, Path]:
    keys, register = data / "keys", data / "senders"
    keys.mkdir(parents=True, exist_ok=True, mode=0o700)
    register.mkdir(parents=True, exist_ok=True)
    return keys, register


def _public(key: OKPKey, valid_from: datetime, valid_to: datetime | None) -> VerificationKey:
    return VerificationKey(
        x=str(key.as_dict(private=False)["x"]), kid=str(key.kid), valid_from=valid_from, valid_to=valid_to
    )


def _private(key: OKPKey) -> bytes:
    return orjson.dumps(key.as_dict(private=True))
