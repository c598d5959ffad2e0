"""Every mail that came back ended its notice, and no notice was ended for a report that nobody has."""

from typing import Final, LiteralString

from ops.accounts import Account, Hop
from ops.hops.desk import LISTED, Desk

_UNHEARD: Final = "a mail came back, and its notice was not refused"
_UNFOUNDED: Final = "refused for a report that nobody has"
_STANDING: Final[LiteralString] = """
SELECT CASE WHEN action = 'failed' AND found IN ('delivered', 'due') THEN 'refused' ELSE 'noted' END, count(*)
FROM bounces GROUP BY 1
"""
_DISAGREE: Final[LiteralString] = """
WITH back AS (
    SELECT delivery_id, count(*) AS times FROM bounces
    WHERE action = 'failed' AND found IN ('delivered', 'due') GROUP BY 1
), ended AS (
    SELECT delivery_id, count(*) AS times FROM attempts
    WHERE outcome = 'refused' AND detail LIKE 'bounce: %%' GROUP BY 1
)
SELECT d.task_id, coalesce(b.times, 0) - coalesce(e.times, 0)
FROM back b FULL JOIN ended e USING (delivery_id) JOIN deliveries d ON d.id = delivery_id
WHERE coalesce(b.times, 0) <> coalesce(e.times, 0)
"""


def count(desk: Desk) -> Account:
    """Reports of the mail system against the notices that they ended; what was only noted has changed nothing."""
    found = desk.counts(_STANDING)
    unheard = unfounded = 0
    for place, (task_id, more) in enumerate(desk.rows(_DISAGREE)):
        unheard, unfounded = unheard + max(0, more), unfounded + max(0, -more)
        if place < LISTED:
            what = _UNHEARD if more > 0 else _UNFOUNDED
            desk.miss(Hop.BOUNCES, what, task_id=None if task_id is None else str(task_id))
    total = sum(found.values()) + unfounded
    return Account(
        hop=Hop.BOUNCES,
        total=total,
        parts={"refused": found.get("refused", 0) - unheard, "noted": found.get("noted", 0)},
        unaccounted=unheard + unfounded,
    )
