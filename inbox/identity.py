"""Who came back from the provider: the subject under whom a person acts for years, and the name that is shown. Pure."""

from typing import Final

from models.actor_text import fault_in
from models.base import Frozen

_LONGEST_NAME: Final = 120
_LONGEST_SUBJECT: Final = 200


class NoIdentity(ValueError):
    """The subject cannot be kept or shown. The message says why, and holds nothing of it."""


class Identity(Frozen):
    """One person."""

    subject: str
    name: str


def identity_of(subject: object, name: object) -> Identity:
    """The person of an id token that holds, by its claims `sub` and `name`; raises `NoIdentity`.

    A subject is never shortened: two people would become one. A name that may not be shown gives way to the subject.
    """
    if not isinstance(subject, str):
        raise NoIdentity("the subject is no text")
    if len(subject) > _LONGEST_SUBJECT:
        raise NoIdentity("the subject is too long")
    fault = fault_in(subject)
    if fault is not None:
        raise NoIdentity(f"the subject {fault}")
    shown = " ".join(name.split())[:_LONGEST_NAME].strip() if isinstance(name, str) else ""
    return Identity(subject=subject, name=subject[:_LONGEST_NAME] if fault_in(shown) else shown)
