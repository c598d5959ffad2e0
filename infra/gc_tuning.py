"""How often Python looks for garbage in cycles: seldom, since hardly any of ours is in one.

Every record makes hundreds of small objects that die by their reference counts, and with Python's own setting each
700 of them start another search. It must change nothing but when memory is given back.
"""

import gc
from typing import Final

_YOUNG: Final = 50_000
_ROUNDS: Final = 20


def search_seldom() -> None:
    """For the whole process, from now on."""
    gc.set_threshold(_YOUNG, _ROUNDS, _ROUNDS)


def keep_for_good() -> None:
    """What has been loaded until now is not searched any more: it lives as long as the process."""
    gc.collect()
    gc.freeze()
