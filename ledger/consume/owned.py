"""Whose an enrolment, period, residence or message is that an event speaks of, and who else speaks of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final

from infra.postgres import Connection
from ledger.store import subjects
from ledger.store.subjects import SubjectRow, Voice
from models.calendar import COPENHAGEN, copenhagen_date
from models.eligibility.succession import Succession
from models.events.content import SubjectKind

_BEFORE_ALL: Final = date(1900, 1, 1)


def _at(day: date) -> datetime:
    return datetime.combine(day, time(), COPENHAGEN)


EVER: Final = _at(_BEFORE_ALL)
"""Before every link."""


@dataclass(frozen=True, slots=True)
class Owned:
    """A subject and all who speak of it."""

    kind: SubjectKind
    name: str
    owner: str
    since: date
    """Since when it is the owner's."""
    voices: tuple[Voice, ...]


async def owned_by(
    connection: Connection, touched: Sequence[SubjectRow], succession: Succession
) -> list[Owned]:
    """Of each of `touched` the subject that it speaks of. A message is its sender's, whoever has used its id before."""
    families = {row.sender: succession.family(row.sender) for row in touched}
    named = sorted({(row.kind, row.name, number) for row in touched for number in families[row.sender]})
    known = {key: copenhagen_date(at) for key, at in (await subjects.firsts(connection, named)).items()}
    found = []
    for row in touched:

        def first(number: str, row: SubjectRow = row) -> date | None:
            return known.get((row.kind, row.name, number))

        is_message = row.kind is SubjectKind.MESSAGE
        owner = (
            row.sender
            if is_message and row.says is None
            else succession.owner(row.sender, copenhagen_date(row.appended_at), first)
        )
        voices = tuple(
            Voice(
                row.kind,
                row.name,
                number,
                _at(since),
                states=(number if is_message else succession.owner(number, date.max, first)) == owner,
            )
            for number in sorted(families[row.sender])
            if (since := _BEFORE_ALL if number == owner else succession.speaks_since(number, owner, first))
        )
        found.append(Owned(row.kind, row.name, owner, first(owner) or _BEFORE_ALL, voices))
    return found
