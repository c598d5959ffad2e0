"""Which decisions of a batch may be projected now, where several numbers are one person's (docs/decisions/0041).

A decision that names a joined number waits, with its partition, until that number's last word was projected: then its
rows are complete, whichever partition is read first. Behind its last word a number says nothing more: what still comes
is from a worker that had lost its partition.
"""

from collections import defaultdict, deque
from collections.abc import Collection
from typing import Final, LiteralString

from config.topics import Topic
from infra.postgres import Connection
from ledger.consume.batch import Batch, Said
from ledger.consume.erasures import take_out
from models.eligibility.decision import ErasureMark, JoinMark

KNOWN: Final[LiteralString] = "SELECT person_id, joined_to FROM person_joins WHERE person_id = ANY(%s)"
NOTE: Final[LiteralString] = """
INSERT INTO person_joins (person_id, joined_to) VALUES (%s, %s) ON CONFLICT DO NOTHING
"""


async def settle(connection: Connection, batch: Batch) -> None:
    """Put the batch's decisions into an order in which they may be projected, and cut off what has to wait.

    To be called in the transaction that projects them; it notes the numbers that have said their last word.
    """
    await take_out(connection, batch)
    people = {name for each in batch.said for name in each.people}
    if not people:
        return
    cursor = await connection.execute(KNOWN, (sorted(people),))
    batch.joins = joins = dict(await cursor.fetchall())
    marks = _order(batch, joins, batch.erased)
    for mark in marks:
        await connection.execute(NOTE, (mark.person_id, mark.joined_to))


def _order(batch: Batch, closed: dict[str, str], erased: Collection[str]) -> list[JoinMark]:
    """Of each partition as much as may be projected, again and again until nothing more may."""
    waiting: defaultdict[int, deque[Said]] = defaultdict(deque)
    for said in batch.said:
        waiting[said.partition].append(said)
    marks: list[JoinMark] = []
    went_on = True
    while went_on:
        went_on = False
        for queue in waiting.values():
            while queue and _may_go(queue[0], closed, erased):
                said, went_on = queue.popleft(), True
                if isinstance(said.content, JoinMark):
                    if said.content.person_id not in closed:
                        marks.append(said.content)
                    closed.setdefault(said.content.person_id, said.content.joined_to)
                elif (
                    not isinstance(said.content, ErasureMark) and said.content.message.person_id not in closed
                ):
                    batch.decisions.append(said.content)
                    batch.offsets.append(said.offset)
    for partition, queue in waiting.items():
        if queue:
            batch.next_offsets[Topic.DECISIONS, partition] = queue[0].offset
            batch.is_held = True
    batch.said = []
    return marks


def _may_go(said: Said, closed: Collection[str], erased: Collection[str]) -> bool:
    """Behind an erased number nothing is waited for: its rows are gone, and its last word may be, too."""
    content = said.content
    if isinstance(content, JoinMark | ErasureMark) or content.message.person_id in closed:
        return True
    return all(name in closed or name in erased for name in content.joined or ())
