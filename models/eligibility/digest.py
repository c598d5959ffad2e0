"""What a decision says, in twelve bytes: by it match knows whether a decision is another one than the last. Pure."""

from hashlib import blake2b
from typing import Final

from models.eligibility.decision import MessageRef, Verdict

_ADDED_LATER: Final = (
    "contradicted_by",
    "law_confirmed_until",
    "law_known_until",
    "received_on",
    "window_includes_last_day",
)
"""The evidence that earlier versions did not know: no part of a digest where it is absent. Otherwise every message
would get a revision more at the next event of its person. A new field of the evidence is named here."""


def digest_of(verdict: Verdict, reference: MessageRef, joined: tuple[str, ...]) -> str:
    """Another one makes a revision more. So does a number that is joined: the ledger learns of it that way."""
    absent = {name for name in _ADDED_LATER if getattr(verdict.evidence, name) is None}
    unsent = {"sent_as"} if reference.sent_as is None else None
    said = verdict.model_dump_json(exclude={"evidence": absent}) + reference.model_dump_json(exclude=unsent)
    said += "".join(f"|{name}" for name in joined)
    return blake2b(said.encode(), digest_size=12).hexdigest()
