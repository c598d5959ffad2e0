"""One night of retention: asks for the erasure of those whose time is over, and takes rows out. It deletes nothing
that the plan of the same rules would not have shown for a week."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final
from uuid import UUID, uuid4

from infra.postgres import SyncConnection
from ledger.store.retention import note_run
from models.retention import OF_A_PERSON, PersonDue
from ops.recovery.erasure_requests import ask_by_rule
from ops.retention.log import LogView
from ops.retention.plan import RetentionPlan
from ops.retention.rows import ROW_CLASSES, take

GROUND: Final = "retention: the time of everything that is held is over"
_JUST_AFTER: Final = timedelta(milliseconds=1)


def ask(connection: SyncConnection, ready: Sequence[PersonDue], *, most: int) -> UUID | None:
    """One request for at most `most` people: a run over the log forgets them together. None: there is nobody.

    Its cut-off lies just after the last word that was known about any of them, which is months ago.
    """
    some = sorted(ready, key=lambda one: one.since)[:most]
    if not some:
        return None
    request = uuid4()
    ask_by_rule(
        connection,
        request,
        [number for one in some for number in one.person.people],
        ground=GROUND,
        rules=", ".join(sorted({rule.version for one in some for rule in one.rules})),
        before=max(one.person.last_said for one in some) + _JUST_AFTER,
    )
    return request


def take_rows(
    connection: SyncConnection, plan: RetentionPlan, log: LogView, *, today: date, most: int
) -> dict[str, int]:
    """Take out what is about nobody in particular; how many rows of each class."""
    allowed = {one.rule.of: one.rule for one in plan.classes if one.objection is None}
    return {
        of.value: take(connection, rule, rule.counted_before(today), log.first_held, most=most)
        for of in ROW_CLASSES
        if (rule := allowed.get(of)) is not None
    }


def note(connection: SyncConnection, after: RetentionPlan, taken: dict[str, int]) -> None:
    """What the night has left, for the metrics. `after`: the plan once more, when all was done."""
    for one in after.classes:
        waiting = one.would_go if one.rule.of not in OF_A_PERSON else one.would_go + sum(one.held.values())
        done = taken.get(one.rule.of.value, 0)
        note_run(connection, one.rule, taken=done, waiting=waiting, overdue=one.overdue)
