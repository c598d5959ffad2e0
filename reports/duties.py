"""Duties from messages and acts: a duty begins with a message, and ends when it is closed and stays so.

Pure. Not read from `tasks`, which holds only the last state: this gives the same whenever it is made again.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from functools import cache
from itertools import groupby
from operator import attrgetter

from models.calendar import copenhagen_date
from models.tasks.actions import Ending
from reports.rows import Act, Duty, DutyMessage, place_of

Target = Callable[[str, date], date]
"""Unit and the date on which a duty arrived → the last day of its target."""
_key = attrgetter("enrolment", "unit")


def duties(messages: Iterable[DutyMessage], acts: Iterable[Act], target: Target) -> Iterator[Duty]:
    """Each duty. Both are in the order of enrolment and unit, and then of time."""
    acting = groupby(acts, _key)
    key: tuple[str, str] | None = None
    done: list[Act] = []
    following = next(acting, None)
    for key, group in groupby(messages, _key):
        while following is not None and following[0] < key:
            following = next(acting, None)
        done = []
        if following is not None and following[0] == key:
            done = list(following[1])
            following = next(acting, None)
        yield from _of_one(list(group), done, target)


def _of_one(messages: list[DutyMessage], acts: list[Act], target: Target) -> Iterator[Duty]:
    closings = _closings(acts)
    begun = False
    ended: Act | None = None
    for message in messages:
        if begun and (ended is None or message.appended_at <= ended.at):
            continue
        # Not only of the duty before: what was closed may have stood on messages that oblige nobody any more.
        since = max((act.at for act in closings if act.at < message.appended_at), default=None)
        begun, ended = True, next((act for act in closings if act.at > message.appended_at), None)
        reached = _first_contact(acts, since, None if ended is None else ended.at)
        is_decided = ended is not None and ended.ending == Ending.CONTACT_MADE
        yield Duty(
            place=place_of(message.place),
            arrived=message.arrived,
            target=target(message.unit, message.arrived),
            contact=None if reached is None else copenhagen_date(reached.contact_at),
            form=None if reached is None else reached.form,
            ending=None if ended is None else ended.ending,
            decided=copenhagen_date(ended.at) if ended is not None and is_decided else None,
            initiatives=_codes(ended.initiatives) if ended is not None and is_decided else (),
        )


def _first_contact(acts: list[Act], after: datetime | None, until: datetime | None) -> Act | None:
    """Of the attempts recorded after the one moment and until the other."""
    first: Act | None = None
    for act in acts:
        if (
            act.kind == "attempt"
            and (after is None or act.at > after)
            and (until is None or act.at <= until)
            and (first is None or (act.contact_at, act.at) < (first.contact_at, first.at))
        ):
            first = act
    return first


def _closings(acts: list[Act]) -> list[Act]:
    """Those that no reopening has undone."""
    closings: list[Act] = []
    for act in acts:
        if act.kind == "close":
            closings.append(act)
        elif act.kind == "reopen" and closings:
            closings.pop()
    return closings


@cache
def _codes(said: str) -> tuple[str, ...]:
    return tuple(said.split())
