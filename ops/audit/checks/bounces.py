"""Every mail that came back is read and ended its notice, and no notice was ended for a report that nobody has."""

import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, LiteralString

from ops.audit.checks.context import LISTED, MAILDIR, CheckContext
from ops.audit.report import Check, CheckResult

_UNHEARD: Final = "a mail came back, and its notice was not refused"
_UNFOUNDED: Final = "refused for a report that nobody has"
_UNREAD: Final = "what has come back lies unread"
_NO_FOLDER: Final = "the folder of what comes back cannot be read"
STANDING: Final[LiteralString] = """
SELECT CASE WHEN action = 'failed' AND found IN ('delivered', 'due') THEN 'refused' ELSE 'noted' END, count(*)
FROM bounces GROUP BY 1
"""
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
LAST_WORK: Final[LiteralString] = """
SELECT greatest((SELECT max(at) FROM attempts), (SELECT max(at) FROM bounces))
"""
"""When the notifier last sent or read anything."""


def count(context: CheckContext) -> CheckResult:
    """Reports of the mail system against the notices that they ended; what was only noted has changed nothing."""
    found = context.counts(STANDING)
    unheard = unfounded = 0
    for place, (task_id, more) in enumerate(context.rows(DISAGREE)):
        unheard, unfounded = unheard + max(0, more), unfounded + max(0, -more)
        if place < LISTED:
            what = _UNHEARD if more > 0 else _UNFOUNDED
            context.miss(Check.BOUNCES, what, task_id=None if task_id is None else str(task_id))
    unread, young = _lying(context)
    total = sum(found.values()) + unfounded + unread + young
    return CheckResult(
        hop=Check.BOUNCES,
        total=total,
        parts={"refused": found.get("refused", 0) - unheard, "noted": found.get("noted", 0)},
        under_way=young,
        unaccounted=unheard + unfounded + unread,
    )


def _lying(context: CheckContext) -> tuple[int, int]:
    """How much lies unread for longer than the grace time, and for less. Whoever should read it could not say so."""
    if context.maildir is None:
        return 0, 0
    try:
        came = sorted(_came(context.maildir / "new"))
    except OSError as error:
        context.miss(Check.BOUNCES, _NO_FOLDER, detail=type(error).__name__)
        return 1, 0
    ((last_work,),) = context.rows(LAST_WORK)
    old = [at for at in came if not _waits(context, at, last_work)]
    if old:
        since = old[0].isoformat(timespec="seconds")
        context.miss(Check.BOUNCES, _UNREAD, detail=f"{len(old)} files, the first since {since}")
    return len(old), len(came) - len(old)


def _waits(context: CheckContext, since: datetime, last_work: datetime | None) -> bool:
    """Whether the notifier has still to come to it."""
    passed = last_work is not None and since < last_work - context.grace
    if not passed:
        context.wait(since, MAILDIR)
    return context.under_way(since, waits=not passed)


def _came(new: Path) -> Iterator[datetime]:
    """When each file was written."""
    for file in new.iterdir():
        try:
            found = file.stat()
        except FileNotFoundError:
            continue  # it is being read just now
        if stat.S_ISREG(found.st_mode):
            yield datetime.fromtimestamp(found.st_mtime, UTC)
