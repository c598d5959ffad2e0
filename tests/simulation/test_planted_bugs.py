"""The simulation can fail: each planted bug is caught within a few hundred seeds."""

import pytest

from tests.simulation.faults import Mutation
from tests.simulation.simulate import simulate

WITHIN = 1_500


@pytest.mark.parametrize("mutation", list(Mutation))
def test_a_planted_bug_is_caught(mutation: Mutation) -> None:
    """None of these seeds fails without it."""
    caught = next((seed for seed in range(WITHIN) if simulate(seed, mutation=mutation).violations), None)
    assert caught is not None, f"{WITHIN} seeds did not see that {mutation}"
