"""Last words of numbers that were erased since, which compaction has taken away before what waits for them.

An erasure buries a number's last word and the decisions that name it. They stand in different partitions, and are not
taken away at the same time. The ledger had read the word; a rebuild notes it by the decision that waits for it, and
the erasure forgets it again where it stands, also in a later generation (docs/decisions/0069). So the order of reading
stays as it was for everybody else.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from config.topics import Topic
from infra.partition_reader import PartitionReader
from infra.postgres import Connection
from infra.stream_mac import StreamMac
from ledger.consume.batch import Batch, Said
from ledger.consume.joins import NOTE
from models.eligibility.decision import ErasureMark, JoinMark

_MARKS: Final = (b'"erased_before"', b'"joined_to"')
"""A record that has neither is none of the two."""


@dataclass(slots=True)
class LostWords:
    """Of one rebuild. They are looked for once: of a number that is waited for, no mark was read meanwhile."""

    reader: PartitionReader
    connection: Connection
    mac: StreamMac
    skips: Collection[tuple[str, int, int]]
    _erased: set[str] | None = None

    async def note(self, waiting: Iterable[tuple[int, int]], unread: Mapping[int, tuple[int, int]]) -> int:
        """How many were lost that a decision at one of the places in `waiting` waits for. `unread`: by partition."""
        if self._erased is None:
            self._erased = await self._erased_in(unread)
        noted = 0
        for partition, offset in waiting:
            for said in await self._read(partition, offset, offset + 1):
                if not isinstance(said.content, ErasureMark | JoinMark):
                    for name in self._erased & {*(said.content.joined or ())}:
                        noted += await self._note(name, said.content.message.person_id)
        return noted

    async def _note(self, name: str, joined_to: str) -> int:
        async with self.connection.transaction():
            return (await self.connection.execute(NOTE, (name, joined_to))).rowcount

    async def _erased_in(self, unread: Mapping[int, tuple[int, int]]) -> set[str]:
        """The numbers of which an erasure is read before a last word, if one is read at all."""
        first: dict[str, ErasureMark | JoinMark] = {}
        for partition, (start, end) in sorted(unread.items()):
            for said in await self._read(partition, start, end, _MARKS):
                if isinstance(said.content, ErasureMark | JoinMark):
                    first.setdefault(said.content.person_id, said.content)
        return {name for name, mark in first.items() if isinstance(mark, ErasureMark)}

    async def _read(
        self, partition: int, start: int, end: int, having: Collection[bytes] = (b"",)
    ) -> list[Said]:
        batch = Batch(self.mac, self.skips)
        async for records in self.reader.read(Topic.DECISIONS, partition, start, end):
            for record in records:
                if any(one in (record.value or b"") for one in having):
                    batch.take(record)
        return batch.said
