"""Kaplan and Meier's estimate: of those who began, how large a part is still enrolled after so many days.

Pure. Nonparametric estimation from incomplete observations, JASA 53 (1958): at each day on which somebody left, the
part that stayed of those still under observation. Who left on a day counts before who was last seen on it.
"""

from collections.abc import Mapping

Lives = Mapping[tuple[int, bool], int]
"""Days under observation, and whether they ended by leaving → how many."""


def still_enrolled(lives: Lives, days: int) -> float | None:
    """The part that has not left within `days`; None where nobody was under observation for so long.

    >>> still_enrolled({(10, True): 1, (20, False): 1, (30, True): 1, (40, False): 1}, 30)
    0.375
    """
    if not any(seen >= days for (seen, _), number in lives.items() if number):
        return None
    part = 1.0
    at_risk = sum(lives.values())
    for day in sorted({seen for seen, _ in lives}):
        if day > days:
            break
        left = lives.get((day, True), 0)
        part *= 1 - left / at_risk if at_risk else 1
        at_risk -= left + lives.get((day, False), 0)
    return part
