"""The same world, driven by Hypothesis: what it finds, it makes small."""

import asyncio
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.simulation.come_to_rest import rest
from tests.simulation.judge import judge
from tests.simulation.schedule import ACTIONS, act
from tests.simulation.world import World


class Worlds(RuleBasedStateMachine):
    """A step is one action of the world with its own chance; at the end everything must come to rest."""

    def __init__(self) -> None:
        super().__init__()
        self._runner = asyncio.Runner()
        self.world: World | None = None

    def _do(self, what: Any) -> Any:
        return self._runner.run(what)

    @initialize(story=st.integers(0, 30))
    def begin(self, story: int) -> None:
        """Some histories, nothing sent yet."""
        self.world = World(story)
        self._do(self.world.begin())

    @rule(name=st.sampled_from(sorted(ACTIONS)), chance=st.integers(0, 255))
    def happen(self, name: str, chance: int) -> None:
        """One thing happens."""
        assert self.world is not None
        self.world.rng.seed(chance)
        self._do(act(self.world, name))

    @rule(chance=st.integers(0, 255))
    def work(self, chance: int) -> None:
        """The service gets on for a moment: chance alone gives it too little time."""
        assert self.world is not None
        self.world.rng.seed(chance)
        for name in ("send", "intake", "intake", "match", "match", "ledger", "ledger", "work", "notify"):
            self._do(act(self.world, name))

    @invariant()
    def one_open_task_for_each_duty(self) -> None:
        """At every moment, not only at rest; and every task's message stands in the table."""
        if self.world is None:
            return
        tasks = self._do(self.world.database.rows("tasks"))
        open_tasks = [
            (row["person_id"], row["enrolment_id"], row["unit_id"])
            for row in tasks
            if row["status"] == "open"
        ]
        assert len(open_tasks) == len(set(open_tasks))
        messages = self._do(self.world.database.rows("messages"))
        named = {row["task_id"] for row in messages}
        assert {row["id"] for row in tasks if row["status"] == "open"} <= named

    def teardown(self) -> None:
        """Faults end; the world comes to rest and is judged."""
        try:
            if self.world is not None:
                self.world.rng.seed(0)
                self._do(rest(self.world))
                assert self._do(judge(self.world)) == []
        finally:
            self._runner.close()


Worlds.TestCase.settings = settings(
    max_examples=80,
    stateful_step_count=25,
    deadline=None,
    derandomize=True,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
TestWorlds = Worlds.TestCase
