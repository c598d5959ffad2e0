"""After a restore: people say that what was signed beyond the restored copy is gone, and the chain goes on."""

from collections.abc import Sequence
from datetime import datetime

from infra.postgres import SyncConnection
from ops.trail import signed_root
from ops.trail.signed_root import Restart, RootSigner
from ops.trail.sinks import Sink, SinkAway, gather
from ops.trail.store import chain_end, root_at
from ops.trail.verify import in_force


class NothingToRestart(ValueError):
    """The database has everything that was signed."""


def restart_chain(
    connection: SyncConnection,
    sinks: Sequence[Sink],
    signer: RootSigner,
    *,
    by: str,
    because: str,
    now: datetime,
) -> int:
    """Sign the break; returns how many rows it gives up. Raises `NothingToRestart`, `SinkAway`."""
    gathered = gather(sinks, {str(signer.key.kid): signer.key})
    if gathered.away:
        raise SinkAway(f"the signed roots in the {', '.join(gathered.away)} cannot be read")
    signed = in_force(gathered.roots)
    kept = max((one.n for one in signed if root_at(connection, one.n) == one.root_bytes), default=0)
    furthest = max((one.n for one in signed), default=0)
    if kept == furthest:
        raise NothingToRestart("The database has everything that was signed: there is no break.")
    n, root = chain_end(connection)
    broken = Restart(lost_after=kept, by=by, because=because)
    line = signer.write(signed_root.new_root(n, root, now, broken))
    for sink in sinks:
        sink.write(line)
    return furthest - kept
