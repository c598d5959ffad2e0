"""Lets Python's garbage collector run seldom: hardly any garbage of this service is in a reference cycle.

Every record makes hundreds of small objects that are freed by their reference counts, and by default each 700 of them
start a collection. This changes only when memory is given back.
"""

import gc
from typing import Final

_YOUNG: Final = 50_000
_ROUNDS: Final = 20


def search_seldom() -> None:
    """Set the thresholds of this process."""
    gc.set_threshold(_YOUNG, _ROUNDS, _ROUNDS)


def keep_for_good() -> None:
    """Exclude everything that exists now from collections: modules live as long as the process."""
    gc.collect()
    gc.freeze()
