"""Every mail that came back ended its notice, is noted, or is a case for people; and none ended without a report."""

import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, LiteralString

from ops.audit.checks.context import LISTED, MAILDIR, CheckContext
from ops.audit.report import Check, CheckResult

_UNHEARD: Final = "a mail came back, and its notice was not refused"
_UNFOUNDED: Final = "refused for a report that nobody has"
_NO_FOLDER: Final = "the folder of what comes back cannot be read"
STANDING: Final[LiteralString] = """
SELECT CASE WHEN action = 'failed' AND found IN ('delivered', 'due') THEN 'refused' ELSE 'noted' END, count(*)
FROM bounces GROUP BY 1
"""
CASES: Final[LiteralString] = """
SELECT count(*) FROM bounces b WHERE action = 'unread' AND NOT EXISTS (
    SELECT FROM quarantine q WHERE q.kind = 'bounce' AND q.id = concat_ws('/', b.delivery_id, left(b.report, 16))
    AND q.since = b.at AND q.state IN ('replayed', 'dismissed'))
"""
"""Not understood, and no person has decided."""
DISAGREE: Final[LiteralString] = """
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


def count(context: CheckContext) -> CheckResult:
    """Reports of the mail system against the notices that they ended; what was only noted has changed nothing."""
    found = context.counts(STANDING)
    unheard = unfounded = 0
    for place, (task_id, more) in enumerate(context.rows(DISAGREE)):
        unheard, unfounded = unheard + max(0, more), unfounded + max(0, -more)
        if place < LISTED:
            what = _UNHEARD if more > 0 else _UNFOUNDED
            context.miss(Check.BOUNCES, what, task_id=None if task_id is None else str(task_id))
    unreadable, lying = _lying(context)
    total = sum(found.values()) + unfounded + unreadable + lying
    return CheckResult(
        hop=Check.BOUNCES,
        total=total,
        parts={"refused": found.get("refused", 0) - unheard, "noted": found.get("noted", 0)},
        beside={"not_understood": context.number(CASES)},
        under_way=lying,
        unaccounted=unheard + unfounded + unreadable,
    )


def _lying(context: CheckContext) -> tuple[int, int]:
    """Whether the folder cannot be read, and how much lies in it. A notifier says nowhere which file it has passed by:
    what lies too long is stuck, and never missing."""
    if context.maildir is None:
        return 0, 0
    try:
        came = sorted(_came(context.maildir / "new"))
    except OSError as error:
        context.miss(Check.BOUNCES, _NO_FOLDER, detail=type(error).__name__)
        return 1, 0
    for at in came:
        context.under_way(at, waits=True)
        context.wait(at, MAILDIR)
    return 0, len(came)


def _came(new: Path) -> Iterator[datetime]:
    """When each file was written."""
    for file in new.iterdir():
        try:
            found = file.stat()
        except FileNotFoundError:
            continue  # it is being read just now
        if stat.S_ISREG(found.st_mode):
            yield datetime.fromtimestamp(found.st_mtime, UTC)
