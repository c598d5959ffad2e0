"""A relay's answer: its code, its enhanced status code, and of its words only whose trouble it says that it is. Pure.

Relays say by the same codes that a recipient is not wanted and that we may not send. So a closed list of phrases is
looked for, the fixed texts of mail servers; nothing of what a server wrote is kept or shown.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

_ENHANCED: Final = re.compile(r"([245]\.\d{1,3}\.\d{1,3})\b")
_ENHANCED_AT_END: Final = re.compile(r"\(#([245]\.\d{1,3}\.\d{1,3})\)\s*$")
"""As qmail writes it."""
_LOOKED_AT: Final = 1000
"""Signs of an answer."""


class Blame(StrEnum):
    """Whose trouble an answer speaks of, where its form says it."""

    SENDER = "may not send"
    """We: our address, login, network or standing. No other mail would fare better."""
    LIMIT = "sending limit"
    """We, for a time: too much was sent."""
    RECIPIENT = "recipient policy"
    """This recipient: it takes nothing from us."""
    UNCLEAR = "not allowed"
    """A policy, and not whose: the relay's or the recipient's own."""


_CODES: Final = (
    # Exchange's daily limit of recipients; Gmail's of mails; too many recipients, of whom our mails have one each.
    (Blame.LIMIT, frozenset({"1.90", "4.5", "5.3"})),
    # The sender's address and its domain; Exchange's send-as.
    (Blame.SENDER, frozenset({"1.7", "1.8", "2.252"})),
    # A closed list or group, an address that has a new owner, and Exchange's restrictions of a mailbox or a group.
    (
        Blame.RECIPIENT,
        frozenset({"7.2", "7.17", "7.18", "7.124", "7.129", "7.133", "7.134", "7.135", "7.136"}),
    ),
)
_UNCLEAR_CODES: Final = frozenset({"7.0", "7.1"})
"""All others of the family speak of us: login, encryption, SPF, DKIM, DMARC, the network's name and standing."""
_OF_RECIPIENT: Final = re.compile(r"(?:1\.[1-6]|1\.9|1\.10|2\.[1-4]|3\.4|6\.\d+)")
"""Codes that leave no doubt: mailbox, its address, its room, the mail's size and content."""

_LIMIT: Final = re.compile(
    r"(?:daily|hourly|24[- ]hour|per (?:day|hour|minute)|sending|outgoing|outbound|relay|submission|recipient rate"
    r"|message rate) ?(?:\w+ ){0,3}(?:limit|quota)|limit of \d+ \w+ per|only \d+ \w+ per (?:day|hour)"
    r"|submissionquota|throttling failure|rate ?limit|maximum sending rate|number of allowed outgoing"
)
_SENDER: Final = re.compile(
    r"sender address rejected|sender verif\w+ failed|sender (?:is )?(?:denied|blocked|not (?:allowed|authori[sz]ed))"
    r"|not owned by|from address does not match|email address is not verified|send ?as ?denied"
    r"|(?:permissions?|not allowed|not authori[sz]ed) to send as|outboundspam|bad outbound sender"
    r"|relay(?:ing)? (?:access )?(?:is )?(?:denied|not (?:permitted|allowed)|disallowed|prohibited)"
    r"|(?:unable|not (?:permitted|allowed|authori[sz]ed)) to relay|we do not relay|allowed rcpthosts"
    r"|unusual sending activity|outgoing blocked|banned sending ip|unauthori[sz]ed ip|not authorized to perform"
    r"|client host (?:rejected|blocked)|client (?:was )?not authenticated|helo command rejected"
    r"|authentication (?:is )?required|must (?:be )?(?:authenticated?|log ?(?:ged )?in)|not logged in"
)
_RECIPIENT: Final = re.compile(
    r"recipient address rejected|resolver\.rst|(?:user|recipient|mailbox) (?:does not|doesn'?t) accept"
    r"|only accepts (?:e?mails?|messages?) from|blocked by (?:the|this) (?:recipient|user)"
    r"|not (?:allowed|authori[sz]ed|permitted) to (?:send|post)(?: \w+)? to (?:this|the)"
    r" (?:recipient|user|group|list|mailbox)"
)
_UNCLEAR: Final = re.compile(r"administrative prohibition|policy (?:violation|reasons?)|access denied")
_PHRASES: Final = (
    (Blame.LIMIT, _LIMIT),
    (Blame.SENDER, _SENDER),
    (Blame.RECIPIENT, _RECIPIENT),
    (Blame.UNCLEAR, _UNCLEAR),
)


@dataclass(frozen=True)
class SmtpAnswer:
    """A well-formed reply: its code, the enhanced status code (RFC 3463), and whom its words blame."""

    code: int
    enhanced: str | None = None
    said: Blame | None = None

    @classmethod
    def of(cls, code: int, text: str) -> "SmtpAnswer":
        """What `text` says, all lines of it; it is not kept."""
        text = text[:_LOOKED_AT]
        found = _ENHANCED.match(text) or _ENHANCED_AT_END.search(text)
        # Each line begins with the codes anew.
        plain = " ".join(_ENHANCED.sub(" ", text).casefold().split())
        said = next((blame for blame, phrases in _PHRASES if phrases.search(plain)), None)
        return cls(code, found.group(1) if found else None, said if code >= 400 else None)

    @property
    def blame(self) -> Blame | None:
        """Whose trouble it is: by the enhanced code where that leaves no doubt, then by the words."""
        subject = self.enhanced[2:] if self.enhanced else ""
        if self.code < 400 or _OF_RECIPIENT.fullmatch(subject):
            return None
        known = next((blame for blame, codes in _CODES if subject in codes), self.said)
        if self.code < 500:
            return known if known in (Blame.SENDER, Blame.LIMIT) else None
        if known in (None, Blame.UNCLEAR) and subject.startswith("7."):
            return Blame.UNCLEAR if subject in _UNCLEAR_CODES else Blame.SENDER
        return known
