"""The duties of the follow-up report from the journal: each unit's own notes of what it did, gone through in time.

See `plain_count`.
"""

from bisect import bisect_right
from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from tests.integration.reports.plain_count import PlainCounts, Told, lines_of, working_days
from tests.integration.reports.played_autumn import Done, Played

_COPENHAGEN: Final = ZoneInfo("Europe/Copenhagen")
_INITIATIVES: Final = (
    "mentor", "extended_mentor", "institution_meeting", "other_offer", "already_in_place", "none",
)  # fmt: skip


def count_duties(counts: PlainCounts, told: list[Told], played: Played, targets: dict[str, int]) -> None:
    """Into `counts`. `targets`: working days of the units that have set their own; all others have five."""
    messages: dict[tuple[str, str], list[Told]] = defaultdict(list)
    for one in told:
        if one.verdict.outcome == "obliged" and one.verdict.unit is not None:
            messages[one.verdict.enrolment, one.verdict.unit].append(one)
    notes: dict[tuple[str, str], list[Done]] = defaultdict(list)
    for done in played.journal:
        if done.at < counts.moment:
            notes[done.enrolment, done.unit].append(done)
    for key, own in messages.items():
        own.sort(key=lambda one: one.arrived)
        ends = _standing(notes[key])
        # Between two closings that stand lies one duty at most: that of the first message there.
        duties: dict[int, Told] = {}
        for one in own:
            duties.setdefault(bisect_right([end.at for end in ends], one.arrived - timedelta.resolution), one)
        for nth, first in duties.items():
            since = ends[nth - 1].at if nth else None
            end = ends[nth] if nth < len(ends) else None
            between = [
                one
                for one in notes[key]
                if one.reached and (since is None or one.at > since) and (end is None or one.at <= end.at)
            ]
            _count(counts, first, between, end, targets.get(key[1], 5))


def _standing(notes: list[Done]) -> list[Done]:
    """The closings that nobody has undone: gone through from the end, each reopening takes the one before it away."""
    found: list[Done] = []
    undone = 0
    for one in sorted(notes, key=lambda each: each.at, reverse=True):
        if one.kind == "reopen":
            undone += 1
        elif one.kind == "close" and undone:
            undone -= 1
        elif one.kind == "close":
            found.insert(0, one)
    return found


def _count(counts: PlainCounts, first: Told, contacts: list[Done], end: Done | None, target: int) -> None:
    arrived = _date(first.arrived)
    if not counts.first <= arrived <= counts.last:
        return
    lines = lines_of(arrived, *first.place)
    if not contacts:
        is_late = _after(arrived, target, counts.as_of)
        counts.put("duties", "not_reached", lines)
        counts.put("unreached", "closed" if end else "overdue" if is_late else "waiting", lines)
        return
    contact = min(contacts, key=lambda one: (one.contact_at or one.at, one.at))
    day = _date(contact.contact_at or contact.at)
    counts.put("duties", "reached", lines)
    counts.put("target", "in_time" if not _after(arrived, target, day) else "late", lines)
    counts.put("form", contact.form, lines)
    is_decided = end is not None and end.ending == "contact_made"
    counts.put("decision", "decided" if is_decided else "not_decided", lines)
    for line in lines:
        counts.days["contact", line].append(working_days(arrived, day))
        if end is not None and is_decided:
            counts.days["decision", line].append(working_days(arrived, _date(end.at)))
    if end is not None and is_decided:
        for initiative in _INITIATIVES:
            counts.put(f"initiative.{initiative}", "yes" if initiative in end.initiatives else "no", lines)


def _after(arrived: date, target: int, day: date) -> bool:
    """Whether `day` is later than the last day of the target."""
    last = arrived
    while working_days(arrived, last) < target:
        last += timedelta(days=1)
    return day > last


def _date(at: datetime) -> date:
    return at.astimezone(_COPENHAGEN).date()
