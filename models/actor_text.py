"""What may stand as the id or the name of one who acts: history, log and mails show it for years.

Asked where it comes in. What is stored already is read as it is.
"""

import unicodedata
from typing import Final

from models.cpr import holds_one

_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Cn", "Zl", "Zp"})
"""Unicode's categories of controls, formats (bidi among them), halves, unassigned, and separators of lines."""
_JOINERS: Final = frozenset("\u200c\u200d")
"""Formats that some scripts need inside a word."""


def fault_in(text: str) -> str | None:
    """What is wrong with it, in words that do not repeat it; None where it may be shown.

    >>> fault_in("Anna Berg"), fault_in(" \u00a0")
    (None, 'is blank')
    """
    if not any(sign.isalnum() for sign in text):
        return "is blank"
    if any(unicodedata.category(sign) in _UNSEEN and sign not in _JOINERS for sign in text):
        return "holds a sign that nobody sees"
    if holds_one(text):
        return "holds a number that could be somebody's CPR"
    return None
