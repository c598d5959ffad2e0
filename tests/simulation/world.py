"""The world of one seed: who acts next, what goes wrong, and how it all comes to rest.

Everything that is left to chance is drawn from one generator, so a seed is a whole run. Nothing here judges.
"""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any, Final, Protocol

from tests.simulation.bounces import PostBox
from tests.simulation.channels import Relay
from tests.simulation.clock import BEGINNINGS, Clock
from tests.simulation.erasing import Eraser
from tests.simulation.failing_connection import Session
from tests.simulation.faults import Fault, Mutation
from tests.simulation.growing import Grower
from tests.simulation.history import Sent, story
from tests.simulation.kafka_in_memory import Log
from tests.simulation.ledgers import LedgerProcess, deal
from tests.simulation.notifiers import Notifier, caller, mailer
from tests.simulation.postgres_in_memory import Memory
from tests.simulation.reminder_runners import StepRunner
from tests.simulation.unit_staff import Office
from tests.simulation.units import ADDRESSES, LAW, POLICY
from tests.simulation.webhook_receivers import Receivers
from tests.simulation.workers import (
    Group,
    Worker,
    Written,
)

_COMPACTION_LAG: Final = timedelta(hours=1)
"""A week in truth; worlds live for days only, and the cleaner must find something in them."""


class Database(Protocol):
    """PostgreSQL, or what stands in for it."""

    async def connect(self) -> Any:
        """A connection."""

    async def at(self, now: Any) -> None:
        """From here on it is this late."""

    async def backup(self) -> Any:
        """Position and content together."""

    async def restore(self, backup: Any) -> None:
        """Back to it."""

    async def rows(self, table: str) -> list[dict[str, Any]]:
        """A table's content."""


class World:
    """Made for one run."""

    def __init__(
        self,
        seed: int | str,
        *,
        mutation: Mutation | None = None,
        database: Callable[[Clock], Database] | None = None,
        tell: Callable[[str], None] | None = None,
    ) -> None:
        self.seed = seed
        self.mutation = mutation
        self.rng = Random(f"chaos {seed}")
        self.story: list[Sent] = story(Random(f"story {seed}"))
        self.clock = Clock(self.rng.choice(BEGINNINGS))
        self.faults: Counter[Fault] = Counter()
        self.log = Log(self.clock, compaction_lag=_COMPACTION_LAG)
        self.log.last_write_wins = mutation is Mutation.LOWER_OFFSET_WINS
        self.log.forgets_carried = mutation is Mutation.CARRIED_FORGOTTEN
        self.log.carries_too_far = mutation is Mutation.CARRIED_TOO_FAR
        self.log.forgets_cut_offs = mutation is Mutation.GRAVESTONE_FORGETS
        self.eraser = Eraser(seed, self.log, self.clock, self.story, self.count)
        self.database: Database = Memory(self.clock, mutation) if database is None else database(self.clock)
        self.post = PostBox(self.clock, self.rng, self.count, mutation)
        self.post.bad = frozenset(one for one in ADDRESSES if self.rng.random() < 0.12)
        self.relay = Relay(self.clock, self.rng, self.count, self.post.taken)
        self.receivers = Receivers(self.clock, self.rng, self.count, mutation)
        self.unsent = list(range(len(self.story)))
        self.late: list[Written] = []
        self.actions = 0
        self._tell = tell
        self.last_backup: Any = None
        blind = mutation is Mutation.HOLE_NOT_READ
        self.grower = Grower(seed, self.log)
        self.group = Group(
            self.log,
            [
                Worker(
                    name,
                    self.log,
                    self.clock,
                    LAW,
                    self.story,
                    blind=blind,
                )
                for name in ("w1", "w2")
            ],
        )

    async def begin(self) -> None:
        """Open the connections, deal the partitions out."""
        await self.database.at(self.clock.now)
        self.sessions = [Session(await self.database.connect(), self.count) for _ in range(10)]
        sessions = iter(self.sessions)
        self.ledgers = [
            LedgerProcess(self.log, POLICY, self.rng, next(sessions), self.count) for _ in range(2)
        ]
        common = (self.clock, self.count, self.mutation)
        self.mailers = [mailer(f"n{one}", next(sessions), self.relay, *common) for one in (1, 2)]
        self.callers = [caller(f"h{one}", next(sessions), self.receivers, *common) for one in (1, 2)]
        self.office = Office(next(sessions), POLICY, self.clock, self.rng, self.count, self.mutation)
        self.runners = [StepRunner(next(sessions)) for _ in range(2)]
        self.reader = next(sessions)
        self.group.rebalance(self.rng)
        deal(self.ledgers, self.log, apart=True)

    @property
    def notifiers(self) -> list[Notifier[Any]]:
        """Of mail and of webhooks."""
        return [*self.mailers, *self.callers]

    def restored(self) -> None:
        """The database knows less than those outside."""
        self.relay.age += 1
        self.receivers.age += 1
        self.post.age += 1

    def heal(self, *, receivers_too: bool) -> None:
        """From here on relays and receivers do what they should; but those that are gone or down may stay so."""
        self.relay.healed = self.receivers.healed = self.post.healed = True
        if receivers_too:
            self.receivers.down.clear()

    def count(self, fault: Fault) -> None:
        """It has happened."""
        self.faults[fault] += 1
        self.say(f"  ! {fault}")

    def say(self, text: str) -> None:
        """A line of the trace."""
        if self._tell is not None:
            self._tell(f"{self.clock.now:%m-%d %H:%M:%S} {text}")
