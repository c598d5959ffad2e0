"""What a decision says, in twelve bytes: by it match knows whether a decision is another one than the last. Pure."""

from hashlib import blake2b
from typing import Any, Final

from msgspec import Struct, defstruct
from msgspec.json import Encoder
from msgspec.structs import astuple, fields

from models.eligibility.simple_decision import SimpleEvidence, SimpleMessageRef, SimpleVerdict, by_its_model

_ADDED_LATER: Final = (
    "contradicted_by",
    "law_confirmed_until",
    "law_known_until",
    "received_on",
    "window_includes_last_day",
)
"""The evidence that earlier versions did not know: no part of a digest where it is absent. Otherwise every message
would get a revision more at the next event of its person. A new field of the evidence is named here."""


def digest_of(verdict: SimpleVerdict, reference: SimpleMessageRef, joined: tuple[str, ...]) -> str:
    """Another one makes a revision more. So does a number that is joined: the ledger learns of it that way."""
    outcome, reason, law_version, evidence, *rest = astuple(verdict)
    said = _WRITE.encode(_Verdict(outcome, reason, law_version, _Evidence(*astuple(evidence)), *rest))
    said += _WRITE.encode(_Reference(*astuple(reference)))
    for name in joined:
        said += b"|" + name.encode()
    return blake2b(said, digest_size=12).hexdigest()


def _with_what_is_absent(record: type[Struct], but: tuple[str, ...] = ()) -> Any:
    """The fields of `record`, written as null where they are absent; those of `but` are left out then."""
    absent = object()
    return defstruct(
        record.__name__,
        [(field.name, Any, None if field.name in but else absent) for field in fields(record)],
        omit_defaults=True,
    )


_Evidence: Final = _with_what_is_absent(SimpleEvidence, _ADDED_LATER)
_Verdict: Final = _with_what_is_absent(SimpleVerdict)
_Reference: Final = _with_what_is_absent(SimpleMessageRef, ("sent_as",))
_WRITE: Final = Encoder(enc_hook=by_its_model)
