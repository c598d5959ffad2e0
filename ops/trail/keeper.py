"""Keeps the trail's chain: links what has come each second, signs the root each minute, reads all of it each night.

It never signs over a break: where the database is not what was signed, it goes on linking, says so, and waits for
people. After a restore they say so themselves, with `trail restart`.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from infra.metrics import Metrics
from infra.postgres import SyncConnection
from ops.trail import metrics, signed_root, store
from ops.trail.signed_root import RootSigner, SignedRoot
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
    sinks: Sequence[Sink]
    shown: Metrics
    clock: Callable[[], datetime]
    sign_every: timedelta
    verify_every: timedelta
    _everywhere_at: datetime = field(default=_BEGINNING, init=False)
    _signed_at: datetime = field(default=_BEGINNING, init=False)
    _verified_at: datetime = field(default=_BEGINNING, init=False)
    _signed: int | None = field(default=None, init=False)
    """The chain's length when it was signed last; None: it is not known yet whether what was signed holds."""
    _kept_in: list[str] = field(default_factory=list, init=False)
    """The places that have the root of all rows."""
    _differs: bool = field(default=False, init=False)
    _findings: bool = field(default=False, init=False)

    def round(self) -> None:
        """ChainLink, and sign or read the whole trail where it is time. Raises `psycopg.Error`."""
        now = self.clock()
        everywhere = now - self._everywhere_at >= _EVERYWHERE
        store.link(self.connection, _BEGINNING if everywhere else now - _OPEN_FOR)
        if everywhere:
            self._everywhere_at = now
        if now - self._signed_at >= self.sign_every:
            self._signed_at = now
            self._sign(now)
            self.shown.set(metrics.BUSIEST, store.busiest(self.connection))
        if now - self._verified_at >= self.verify_every:
            self._verified_at = now
            self._verify(now)
        self.shown.set(metrics.LINKS, store.chain_end(self.connection)[0])
        self.shown.set(metrics.ROUND_AT, now.timestamp())
        self.shown.set(metrics.BROKEN, int(self._differs or self._findings))

    def _sign(self, now: datetime) -> None:
        n, root = store.chain_end(self.connection)
        if self._signed == n:
            for name in self._kept_in:
                self.shown.set(metrics.SIGNED_AT, now.timestamp(), name)
            return
        if self._signed is None or self._differs:
            self._differs = not self._holds()
            if self._differs:
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
            self._signed = n

    def _holds(self) -> bool:
        """Whether the database still has what was signed last, as far as the places outside can be read."""
        gathered = gather(self.sinks, {str(self.signer.key.kid): self.signer.key}, latest=True)
        for place in gathered.away:
            log.warning("what was signed cannot be read from the %s", place)
        signed = in_force(gathered.roots)
        if not signed or store.root_at(self.connection, signed[-1].n) == signed[-1].root_bytes:
            return True
        log.error("the audit trail is not the one that was signed: %d rows were", signed[-1].n)
        return False

    def _verify(self, now: datetime) -> None:
        findings = verify(self.connection, [], now - LINKED_WITHIN, TrailReader())
        for finding in findings[:_MOST_SAID]:
            log.error("the audit trail: %s, link %s, row %s", finding.fault, finding.n, finding.audit_id)
        self._findings = bool(findings)
        self.shown.set(metrics.VERIFIED_AT, now.timestamp())


def verify(
    connection: SyncConnection, signed: Sequence[SignedRoot], before: datetime, reader: TrailReader
) -> list[TrailFinding]:
    """What is wrong with the trail, as of one moment. `before`: rows older than that must be linked."""
    reader.roots = signed
    with connection.transaction():
        connection.execute(store.ONE_MOMENT)
        return [*reader.follow(store.links(connection)), *store.overdue(connection, before)]
