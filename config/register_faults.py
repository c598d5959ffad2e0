"""What is wrong with the senders' register as a whole: entries that each can be read, and are of no use or dangerous.

A running service goes on with such entries: no key that is not valid signs, and no published one. This is for the
person who must mend them.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time

from nacl.bindings import crypto_core_ed25519_is_valid_point

from config.errors import Fault
from config.sender_files import SUFFIX
from config.successors import leads_back
from crypto import base64url
from crypto.published_keys import SIGNING
from models.calendar import COPENHAGEN, copenhagen_date, in_force
from models.events.sender import Sender, VerificationKey

Validity = tuple[datetime, datetime]
"""From the first moment, until before the second."""
Holders = dict[str, list[tuple[str, Validity]]]
"""By public half: which senders can sign with its key, and when."""
_FOR_EVER = datetime.max.replace(tzinfo=UTC)


def entry_faults(
    senders: Iterable[Sender], *, now: datetime, published_keys_taken: bool
) -> tuple[Fault, ...]:
    """The faults of all entries, in the order of their numbers. `now` judges which keys have ended."""
    known = {sender.number: sender for sender in sorted(senders, key=lambda sender: sender.number)}
    holders: Holders = {}
    found = []
    for sender in known.values():
        sentences = (
            *_of_dates(sender),
            *_of_successor(sender, known),
            *_of_keys(sender, now, published_keys_taken=published_keys_taken),
            *_of_other_holders(sender, holders),
            *_of_today(sender, now),
        )
        found += [Fault(sentence, f"{sender.number}{SUFFIX}") for sentence in sentences]
    return tuple(found)


def _of_dates(sender: Sender) -> Iterator[str]:
    if sender.valid_to is not None and sender.valid_to <= sender.valid_from:
        yield f"{sender.number} ends on {sender.valid_to}, before it begins on {sender.valid_from}."
    for key in sender.keys:
        if key.valid_to is not None and key.valid_to <= key.valid_from:
            yield f"key {key.kid} ends at {key.valid_to}, before it begins at {key.valid_from}."


def _of_successor(sender: Sender, known: Mapping[str, Sender]) -> Iterator[str]:
    if sender.successor is None:
        return
    following = known.get(sender.successor)
    if sender.successor == sender.number:
        yield f"{sender.number} is its own successor."
    elif following is None:
        yield f"successor {sender.successor} is not in the register."
    elif following.kind is not sender.kind:
        yield f"successor {sender.successor} is of another kind."
    elif leads_back(sender, known):
        yield f"the successors of {sender.number} lead back to it."
    elif sender.valid_to is None:
        yield f"{sender.number} has a successor and no valid_to."
    elif following.valid_to is not None and following.valid_to < sender.valid_to:
        yield f"successor {sender.successor} ends before {sender.number}."


def _of_keys(sender: Sender, now: datetime, *, published_keys_taken: bool) -> Iterator[str]:
    by_half: dict[str, str] = {}
    for key in sender.keys:
        if key.x in SIGNING and not published_keys_taken and now < _usable(sender, key)[1]:
            yield f"key {key.kid} is published ({SIGNING[key.x]}): anybody can sign with it."
        if not crypto_core_ed25519_is_valid_point(base64url.decode(key.x)):
            yield f"key {key.kid} is no key that a pair is made of: nothing that it signs can be trusted."
        if (first := by_half.setdefault(key.x, key.kid)) != key.kid:
            yield f"key {key.kid} is key {first} under another kid: a change of keys that changes nothing."


def _of_other_holders(sender: Sender, holders: Holders) -> Iterator[str]:
    said = set()
    for key in sender.keys:
        usable = _usable(sender, key)
        others = holders.setdefault(key.x, [])
        first = next((number for number, period in others if _overlap(period, usable)), sender.number)
        if first != sender.number and (first, key.x) not in said:
            said.add((first, key.x))
            yield f"{sender.number} has a key of {first}: either could sign for the other."
        others.append((sender.number, usable))


def _usable(sender: Sender, key: VerificationKey) -> Validity:
    """When the sender can sign with the key: both must be valid."""
    ends = (_begin_of(sender.valid_to) if sender.valid_to else _FOR_EVER, key.valid_to or _FOR_EVER)
    return max(_begin_of(sender.valid_from), key.valid_from), min(ends)


def _begin_of(day: date) -> datetime:
    return datetime.combine(day, time(), COPENHAGEN)


def _overlap(one: Validity, other: Validity) -> bool:
    return max(one[0], other[0]) < min(one[1], other[1])


def _of_today(sender: Sender, now: datetime) -> Iterator[str]:
    if not in_force(copenhagen_date(now), sender.valid_from, sender.valid_to):
        return
    if any(key.valid_from <= now and (key.valid_to is None or now < key.valid_to) for key in sender.keys):
        return
    if not sender.keys:
        yield f"{sender.number} has no key: all that it sends is refused."
    elif coming := [key.valid_from for key in sender.keys if key.valid_from > now]:
        yield f"no key of {sender.number} is valid before {min(coming)}: all that it sends is refused until then."
    else:
        yield f"every key of {sender.number} has ended: all that it sends is refused."
