"""What a mail system says in plain words of a recipient of ours: qmail, old Exim, Domino, Exchange 2003 and others.

Pure, and careful: it must name the recipient, and say in words that are known that it was given up or waits. Whatever
else it says is for a person.
"""

import re
from typing import Final

from models.notifications.returned import ReportedAction

_ORIGINAL: Final = re.compile(
    r"(?im)^[ \t>]*-*[ \t]*(?:"
    r"-{3,}.{0,40}(?:copy of|original message|returned message|message header|unsent message|"
    r"mail follows|message follows|text follows)"
    r"|(?:this is|below is|below this line is) a copy of"
    r"|(?:original message|message headers?|the original message) (?:follows?|below|headers?)"
    r"|----- ?original message|return-path:[ \t]*<?[^\s<>]*@|received:[ \t]+(?:from|by)\b|message-id:[ \t]*<)"
)
"""Where the mail that came back begins; what stands there is ours, and says nothing."""
_GIVEN_UP: Final = re.compile(
    "|".join(
        (
            # It says so itself.
            r"permanent(?:ly)? (?:error|fail|fatal|rejected|undeliverable|delivery)|permanent (?:fatal )?errors?",
            r"giv(?:en|ing) up|gave up|will not be (?:retried|attempted|delivered)|no further attempts",
            r"(?:could|can) ?not (?:be )?(?:deliver|sent|reach)|could ?n[o']?t be (?:deliver|completed)",
            r"unable to (?:deliver|relay|send)|wasn'?t able to deliver|was not (?:delivered|able to deliver)",
            r"not delivered to|did not reach|has not been delivered|failed to (?:deliver|be delivered)",
            r"fail(?:ed|ure) (?:recipient|addresses|to deliver)|undeliver(?:able|ed)|(?:was|been) aborted",
            r"returned (?:mail|to sender|as undeliverable)|delivery (?:has )?failed|delivery failure",
            r"status notification \(failure\)",
            r"(?:following|these) (?:address|recipient)\S* (?:had|has|have)? ?(?:permanent|failed|errors?)",
            r"(?:was|been|is) (?:automatically )?rejected|error delivering",
            r"error (?:has )?occurred while (?:attempting|trying) to deliver",
            r"kunne ikke leveres|kan inte levereras|nicht zugestellt|unzustellbar|konnte nicht",
            r"не может быть доставлено|не доставлено|no se (?:pudo|ha podido)|não (?:pôde|foi) |n'a pas pu|non remis",
            # What was wrong with the address.
            r"user (?:is )?(?:unknown|not found|doesn'?t exist)|unknown (?:user|recipient|address|local)",
            r"no such (?:user|mailbox|recipient|address|person)|not listed in|not our customer",
            r"recipient (?:unknown|rejected|address rejected|not found)|host (?:unknown|not found)",
            r"does(?: not|n'?t) (?:exist|have an? (?:\S+ )?account)",
            r"(?:invalid|bad|illegal) (?:recipient|mailbox|address|user)",
            r"mailbox (?:not found|unavailable|does not exist|is (?:disabled|inactive|full))",
            r"account (?:has been |is )?(?:disabled|inactive|suspended|closed|expired)",
            r"over ?quota|quota exceeded|access denied|relaying denied",
            # Another server's answer: 550 and a word, or an enhanced code.
            r"(?<![\d.])5\d\d[ -]+(?:[#(]{0,2}5\.\d{1,3}\.\d{1,3}|[a-z<])",
            r"(?<![\d.])5\.[1-7]\.\d{1,3}(?![\d.])",
        )
    )
)
_WAITS: Final = re.compile(
    "|".join(
        (
            r"will (?:be retried|retry|be tried|try again|keep trying|try to deliver)",
            r"will continue (?:to )?(?:try|attempt|be)",
            r"(?:still|we are) (?:trying|being tried)|not yet been delivered|has been delayed|still undelivered",
            r"delivery (?:is |was |has been )?delayed|do(?:es)? not need to (?:resend|send)|no action is required",
            r"warning[: ]+message (?:still undelivered|only|delayed)|this is (?:only )?a warning",
            r"status notification \(delay\)|delivery attempts will continue|remains? (?:in the )?queued?",
            r"(?:could|has) not (?:be|been) delivered (?:yet|for (?:more than|the last|over))",
        )
    )
)
_FOR_GOOD: Final = re.compile(
    r"giv(?:en|ing) up|gave up|permanent (?:fatal )?errors?|will not be (?:retried|attempted)|no further attempts"
    r"|has been returned|retry time (?:not reached|out)|retry timeout exceeded|is now being returned"
)
_RUNS: Final = re.compile(r"-{4,}|[ \t]{4,}")
_STATUS: Final = re.compile(r"(?<![\d.])[45]\.\d{1,3}\.\d{1,3}(?![\d.])")


def read_text(text: str, recipient: str) -> tuple[ReportedAction, str] | None:
    """What `text` says of `recipient`, with the status code that it names or a general one; None: not understood."""
    ours = _in_front(text)
    plain = " ".join(ours.casefold().split())
    if not _names(plain, recipient.casefold()):
        return None
    waits = _WAITS.search(plain) is not None and _FOR_GOOD.search(plain) is None
    if not waits and _GIVEN_UP.search(plain) is None:
        return None
    codes = [one for one in _STATUS.findall(plain) if waits == one.startswith("4")]
    action = ReportedAction.DELAYED if waits else ReportedAction.FAILED
    return action, codes[0] if codes else ("4.0.0" if waits else "5.0.0")


def _in_front(text: str) -> str:
    text = _RUNS.sub(lambda run: run.group()[:3], text)  # or a long row of them would cost its square
    found = _ORIGINAL.search(text, 1)
    return text[: found.start()] if found else text


def _names(plain: str, recipient: str) -> bool:
    """As a whole address: not the end or the beginning of a longer one."""
    pattern = rf"(?<![\w.+-]){re.escape(recipient)}(?![\w-]|\.\w)"
    return re.search(pattern, plain) is not None
