"""Subjects across people: who holds an enrolment, period, residence or message, and what was taken back elsewhere.

Match knows one person at a time. What it cannot see is told to it by the outbox, once under a name that follows from
what it rests on. Which words follow is a function of the set of events: of two versions that follow each other and are
two people's, the person of the earlier one is told. Equal versions are one and the same, wherever they stand.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import permutations
from typing import Final

from infra.postgres import Connection
from ledger.consume.owned import EVER, Owned, owned_by
from ledger.consume.words import ground, handed_over, moved, say
from ledger.store import subjects
from ledger.store.subjects import OriginPlace, SubjectRow, Voice
from models.eligibility.succession import Succession
from models.events.content import RefusedDuplicate, SubjectKind
from models.events.simple_receipt import KnownApplied

_NEVER: Final = datetime(9000, 1, 1, tzinfo=UTC)
"""After every link."""


async def tell(
    connection: Connection,
    applied: Sequence[KnownApplied],
    struck: Sequence[OriginPlace],
    succession: Succession,
) -> None:
    """Write what `applied` is about, and tell each person what follows from it, and from the repeats at `struck`."""
    gone = await subjects.strike(connection, struck)
    await _take_back(connection, gone)
    added = await subjects.add(connection, _about(applied))
    touched = [*gone, *await _not_alone(connection, added, succession)]
    if not touched:
        return
    by_place = {row.place: row for row in touched}
    # A version that comes or falls away can give others of its family of senders another owner: each is looked at anew.
    changing = [
        (row, succession.family(row.sender))
        for row in touched
        if row.says is None and (not row.counts or len(succession.family(row.sender)) > 1)
    ]
    anew = [*_anew(changing), *_own_messages(touched, succession)]
    owned = await owned_by(connection, [*touched, *anew], succession)
    around = list(zip(touched, owned[: len(touched)], strict=True))
    for row, one in zip(anew, owned[len(touched) :], strict=True):
        around.append((replace(by_place[row.place], counts=False), one))
    await _tell_of_moves(connection, list(dict.fromkeys(around)), succession)
    await _hand_over(connection, list(dict.fromkeys(owned)), _everybody(changing), succession)


async def unname(connection: Connection, gone: Sequence[SubjectRow], succession: Succession) -> None:
    """The versions `gone` were erased: whatever takes them back names nothing now, unless another states the same.

    Nobody else is told anything: what was told because of them stays.
    """
    changing = [(row, succession.family(row.sender)) for row in gone if row.says is None and row.counts]
    anew = _anew(changing)
    if not anew:
        return
    owned = list(dict.fromkeys(await owned_by(connection, anew, succession)))
    asked = [(nth, voice) for nth, one in enumerate(owned) for voice in one.voices]
    stated = {nth for nth, _ in (await subjects.latest(connection, asked))[0]}
    await subjects.names(connection, _everybody(changing), something=False)
    held = [voice for nth, one in enumerate(owned) if nth in stated for voice in one.voices]
    await subjects.names(connection, held, something=True)


def _anew(changing: Iterable[tuple[SubjectRow, Collection[str]]]) -> list[SubjectRow]:
    return [
        replace(row, sender=number, appended_at=at)
        for row, family in changing
        for number in sorted(family)
        for at in (row.appended_at, _NEVER)
    ]


def _own_messages(touched: Iterable[SubjectRow], succession: Succession) -> list[SubjectRow]:
    """A withdrawal means its sender's own message, too, whoever else of its family has used that id."""
    return [
        replace(row, says=None)
        for row in touched
        if row.kind is SubjectKind.MESSAGE and row.says is not None and len(succession.family(row.sender)) > 1
    ]


def _everybody(changing: Iterable[tuple[SubjectRow, Collection[str]]]) -> list[Voice]:
    return [Voice(row.kind, row.name, number, EVER) for row, family in changing for number in sorted(family)]


def _about(applied: Sequence[KnownApplied]) -> list[SubjectRow]:
    return [
        SubjectRow(
            topic=entry.origin_topic,
            partition=entry.origin_partition,
            offset=entry.origin_offset,
            person_id=entry.person_id,
            kind=entry.subject.kind,
            name=entry.subject.name,
            sender=entry.subject.sender,
            event_id=entry.subject.event_id,
            # In UTC, as they are read again.
            registered_at=entry.subject.registered_at.astimezone(UTC),
            rank=entry.subject.rank,
            appended_at=entry.subject.appended_at.astimezone(UTC),
            says=entry.subject.taken_back,
            counts=True,
        )
        for one in applied
        for entry in one.entries
        if entry.subject is not None
    ]


async def _not_alone(
    connection: Connection, added: Sequence[SubjectRow], succession: Succession
) -> list[SubjectRow]:
    """Without those that nobody has said anything beside: nobody is told anything of them. Most events are such."""
    named = [
        (nth, row.kind, row.name, number)
        for nth, row in enumerate(added)
        for number in succession.family(row.sender)
    ]
    shared = await subjects.shared(connection, named)
    return [row for nth, row in enumerate(added) if nth in shared or not row.counts]


async def _tell_of_moves(
    connection: Connection, touched: Sequence[tuple[SubjectRow, Owned]], succession: Succession
) -> None:
    """Two messages of one id are no move: the later one is refused (`ledger.consume.duplicates`).

    Where senders follow each other, the person of the later version is told of the earlier one, too: whose subject it
    is depends on who stated it first, which that person's record does not show.
    """
    stated = [
        (row, owned) for row, owned in touched if row.says is None and row.kind is not SubjectKind.MESSAGE
    ]
    asked = [(nth, voice, row) for nth, (row, owned) in enumerate(stated) for voice in owned.voices]
    before, behind = map(_by_number, await subjects.neighbours(connection, asked))
    for nth, (row, owned) in enumerate(stated):
        earlier = max(before[nth], key=lambda one: (one.order, one.person_id), default=None)
        later = min(behind[nth], key=lambda one: (one.order, one.person_id), default=None)
        pairs = [(earlier, row), (row, later)] if row.counts else [(earlier, later)]
        for one, other in pairs:
            if one is not None and other is not None and one.person_id != other.person_id:
                await say(connection, other, "moved", one.person_id, moved(owned, one, other))
                if len(succession.family(owned.owner)) > 1:
                    await say(connection, one, "moved", other.person_id, moved(owned, other, one))


async def _hand_over(
    connection: Connection, owned: Sequence[Owned], lost: Sequence[Voice], succession: Succession
) -> None:
    """What was taken back last counts where the subject is now, whoever it was said about.

    Where senders follow each other, the person that it was said about is told whose it is: there it counts for nothing.
    Of messages, whoever has one of that id is told.

    `lost`: whose words may name nothing any more.
    """
    asked = [(nth, voice) for nth, one in enumerate(owned) for voice in one.voices]
    stated, taken_back = map(_by_number, await subjects.latest(connection, asked))
    held: list[Voice] = []
    messages: list[tuple[Owned, SubjectRow]] = []
    for nth, one in enumerate(owned):
        version = max(stated[nth], key=lambda row: (row.order, row.person_id), default=None)
        last = max(taken_back[nth], key=lambda row: (row.order, row.person_id), default=None)
        if version is None:
            continue
        held += one.voices
        is_message = one.kind is SubjectKind.MESSAGE
        if is_message:
            messages.append((one, version))
        if last is None or last.person_id == version.person_id:
            continue
        if is_message or last.order > version.order:
            await say(connection, last, "taken-back", version.person_id, handed_over(one, last))
            if not is_message and len(succession.family(one.owner)) > 1:
                await say(connection, version, "moved", last.person_id, moved(one, last, version))
    await _tell_of_namesakes(connection, messages, succession)
    await subjects.names(connection, lost, something=False)
    await subjects.names(connection, held, something=True)


async def _tell_of_namesakes(
    connection: Connection, messages: Iterable[tuple[Owned, SubjectRow]], succession: Succession
) -> None:
    """Of two messages of one id whose senders follow each other each person is told of the other's.

    Whose a withdrawal means depends on when each sender used the id.
    """
    families: defaultdict[tuple[str, frozenset[str]], list[tuple[Owned, SubjectRow]]] = defaultdict(list)
    for owned, row in messages:
        families[owned.name, succession.family(owned.owner)].append((owned, row))
    for namesakes in families.values():
        for (_, here), (owned, there) in permutations(namesakes, 2):
            if here.person_id != there.person_id:
                await say(connection, there, "moved", here.person_id, moved(owned, there, there))


def _by_number(rows: Iterable[tuple[int, SubjectRow]]) -> defaultdict[int, list[SubjectRow]]:
    found: defaultdict[int, list[SubjectRow]] = defaultdict(list)
    for number, row in rows:
        found[number].append(row)
    return found


async def _take_back(connection: Connection, gone: Sequence[SubjectRow]) -> None:
    """Whoever was told something because of a record that does not count is told that it is refused."""
    by_ground = {ground(row): row for row in gone}
    for name, person in await subjects.told_because_of(connection, list(by_ground)):
        row = by_ground[name]
        refusal = RefusedDuplicate(
            kind="event.refused", topic=row.topic, partition=row.partition, offset=row.offset
        )
        await say(connection, row, "refused", person, refusal)
