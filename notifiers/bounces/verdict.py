"""What a mail that came back says of our one recipient. Pure.

Fields go before words, and words before silence: what neither says is for a person, and never nothing.
"""

from dataclasses import dataclass
from typing import Final

from models.notifications.returned import ReportedAction
from notifiers.bounces.automatic import is_automatic_answer, is_from_a_mail_system
from notifiers.bounces.free_text import read_text
from notifiers.bounces.report import BounceReport
from notifiers.bounces.status_fields import RecipientStatus, address_in

_FIRST: Final = (ReportedAction.FAILED, ReportedAction.DELAYED, ReportedAction.UNREAD)
_HYBRID: Final = ".onmicrosoft.com"
"""Exchange Online names a mailbox there by the organisation's own domain and by this one."""
_NO_STATUS: Final = "0.0.0"


@dataclass(frozen=True, slots=True)
class BounceVerdict:
    """What it says."""

    action: ReportedAction
    status: str
    """The enhanced status code (RFC 3463); 0.0.0 where it names none."""


def verdict(report: BounceReport, recipient: str) -> BounceVerdict | None:
    """What `report` says of `recipient`; None where it says that all went well, or is an automatic answer."""
    if report.recipients:
        return _by_fields(report, recipient)
    named = " ".join(value for name, value in report.headers if name == "x-failed-recipients")
    said = read_text(f"{report.subject}\n{named}\n{report.text}", recipient)
    # Anybody else may write a mail system's words: an answer by hand, or a gateway that calls itself otherwise.
    if said is not None and is_from_a_mail_system(report):
        return BounceVerdict(*said)
    own = address_in(report.sender) == recipient.casefold()
    if is_automatic_answer(report) and (own or said is None):
        return None
    return BounceVerdict(ReportedAction.UNREAD, _NO_STATUS)


def _by_fields(report: BounceReport, recipient: str) -> BounceVerdict | None:
    about = [one for one in report.recipients if _is_about(one, recipient.casefold())]
    if not about:
        bad = [one for one in report.recipients if one.action is not None]
        return BounceVerdict(ReportedAction.OTHER, bad[0].status) if bad else None
    for action in _FIRST:
        found = next((one for one in about if one.action is action), None)
        if found is not None:
            return BounceVerdict(action, found.status)
    return None


def _is_about(one: RecipientStatus, recipient: str) -> bool:
    """Who the mail finally failed to reach decides: a list or a rule passes copies on, and ours was taken.

    The same mailbox under its system's own name is ours; so is a report that names no address, for we wrote to one.
    """
    if one.final is None:
        return one.original is None or one.original == recipient
    if one.final == recipient:
        return True
    local, _, domain = one.final.rpartition("@")
    own_local, _, own = recipient.rpartition("@")
    related = domain.endswith((f".{own}", _HYBRID)) or own.endswith(f".{domain}") or domain == own
    return local == own_local and related
