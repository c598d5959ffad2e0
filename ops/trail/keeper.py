"""Keeps the trail's chain: links what has come each second, signs the root each minute, reads all of it each night.

It never signs over a break: where the database is not what was signed, it goes on linking, says so, and waits for
people. After a restore they say so themselves, with `trail restart`.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import psycopg
from joserfc.jwk import OKPKey

from infra.metrics import Metrics
from infra.postgres import SyncConnection
from ops.trail import metrics, signed_root, store
from ops.trail.chain import GENESIS
from ops.trail.signed_root import RootSigner
from ops.trail.sinks import Sink, SinkAway, gather
from ops.trail.verify import TrailFinding, TrailReader, in_force

log = logging.getLogger(__name__)

_OPEN_FOR: Final = timedelta(minutes=10)
"""So long a transaction may be open and still find its rows linked within the second that it ends."""
_EVERYWHERE: Final = timedelta(hours=1)
_BEGINNING: Final = datetime.fromisoformat("2000-01-01T00:00:00+00:00")
LINKED_WITHIN: Final = timedelta(minutes=2)
"""A row that has no link after so long is a finding."""
_MOST_SAID: Final = 20


@dataclass(slots=True, kw_only=True)
class Keeper:
    """One process's work, round by round, on one connection."""

    connection: SyncConnection
    signer: RootSigner
    keys: Mapping[str, OKPKey]
    """Public keys whose roots count, the signer's among them: after a change of keys the earlier roots still do."""
    sinks: Sequence[Sink]
    read_whole: Callable[[datetime], Sequence[TrailFinding]]
    """Reads the whole trail, on a connection of its own and beside the rounds: it takes longer than a link may."""
    shown: Metrics
    clock: Callable[[], datetime]
    sign_every: timedelta
    verify_every: timedelta
    _everywhere_at: datetime = field(default=_BEGINNING, init=False)
    _signed_at: datetime = field(default=_BEGINNING, init=False)
    _verified_at: datetime = field(default=_BEGINNING, init=False)
    _signed: tuple[int, bytes] | None = field(default=None, init=False)
    """The chain's length and root when it was signed last; None: not since this keeper began."""
    _kept_in: list[str] = field(default_factory=list, init=False)
    """The places that have the root of all rows."""
    _differs: bool = field(default=False, init=False)
    _findings: bool = field(default=False, init=False)
    _reading: "Future[Sequence[TrailFinding]] | None" = field(default=None, init=False)
    _reader: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1), init=False)

    def round(self) -> None:
        """Link, and sign or have the whole trail read where it is time. Raises `psycopg.Error`."""
        now = self.clock()
        everywhere = now - self._everywhere_at >= _EVERYWHERE
        store.link(self.connection, _BEGINNING if everywhere else now - _OPEN_FOR)
        if everywhere:
            self._everywhere_at = now
        if now - self._signed_at >= self.sign_every:
            self._signed_at = now
            self._sign(now)
            self.shown.set(metrics.BUSIEST, store.busiest(self.connection))
        if self._reading is None and now - self._verified_at >= self.verify_every:
            self._reading = self._reader.submit(self.read_whole, now - LINKED_WITHIN)
        if self._reading is not None and self._reading.done():
            self._judge(self._reading, now)
            self._reading = None
        self.shown.set(metrics.LINKS, store.chain_end(self.connection)[0])
        self.shown.set(metrics.ROUND_AT, now.timestamp())
        self.shown.set(metrics.BROKEN, int(self._differs or self._findings))

    def _sign(self, now: datetime) -> None:
        n, root = store.chain_end(self.connection)
        if self._signed is None or self._differs or not self._has(self._signed):
            self._differs = not self._holds()
            if self._differs:
                return
        if self._signed == (n, root):
            for name in self._kept_in:
                self.shown.set(metrics.SIGNED_AT, now.timestamp(), name)
            return
        line = self.signer.write(signed_root.new_root(n, root, now))
        self._kept_in = []
        for sink in self.sinks:
            try:
                sink.write(line)
            except SinkAway as error:
                log.warning("the root of %d rows is not kept in the %s: %s", n, sink.name, error)
            else:
                self._kept_in.append(sink.name)
                self.shown.set(metrics.SIGNED_AT, now.timestamp(), sink.name)
        if self._kept_in:
            self._signed = n, root

    def _holds(self) -> bool:
        """Whether the database still has what was signed last, as far as the places outside can be read."""
        gathered = gather(self.sinks, self.keys, latest=True)
        for place in gathered.away:
            log.warning("what was signed cannot be read from the %s", place)
        signed = in_force(gathered.roots)
        latest = [(one.n, one.root_bytes) for one in signed[-1:]]
        # This keeper's own word stands also where no place can be read.
        if all(map(self._has, latest or [self._signed or (0, GENESIS)])):
            return True
        log.error("the audit trail is not the one that was signed")
        return False

    def _has(self, signed: tuple[int, bytes]) -> bool:
        return store.root_at(self.connection, signed[0]) == signed[1]

    def _judge(self, read: "Future[Sequence[TrailFinding]]", now: datetime) -> None:
        try:
            findings = read.result()
        except psycopg.Error as error:
            log.warning("the whole trail could not be read: %s; trying again", type(error).__name__)
            return
        for finding in findings[:_MOST_SAID]:
            log.error("the audit trail: %s, link %s, row %s", finding.fault, finding.n, finding.audit_id)
        self._findings, self._verified_at = bool(findings), now
        self.shown.set(metrics.VERIFIED_AT, now.timestamp())


def verify(connection: SyncConnection, before: datetime, reader: TrailReader) -> list[TrailFinding]:
    """What is wrong with the trail, as of one moment. `before`: rows older than that must be linked."""
    with connection.transaction():
        connection.execute(store.ONE_MOMENT)
        return [*reader.follow(store.links(connection)), *store.overdue(connection, before)]
