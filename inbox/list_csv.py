"""A list of tasks as CSV that a Danish spreadsheet opens: semicolons, a byte order mark, CRLF. Pure.

A cell is text and never a formula: names come from log-ins, and a spreadsheet calculates what begins with a sign
(OWASP, CSV injection).
"""

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Final
from uuid import UUID

from inbox.translations import Translations
from ledger.queries.task_list import ListedTask
from ledger.store.follow_ups import FollowUp
from models.calendar import COPENHAGEN
from models.tasks.stand_in import StandIn

COLUMNS: Final = (
    "reference", "unit", "status", "react_by", "arrived", "acknowledged", "attempts", "reached", "closed", "ending",
    "owner", "stand_in", "institutions", "messages", "severity", "follow_up",
)  # fmt: skip
CPR_COLUMN: Final = "cpr"
_FORMULA: Final = tuple("=+-@\t\r\n＝＋－＠")


def list_csv(header: Sequence[str], lines: Iterable[Sequence[str]]) -> bytes:
    """The whole file.

    >>> list_csv(["a"], [["=1+1"], ["x;y"]])
    b"\\xef\\xbb\\xbfa\\r\\n'=1+1\\r\\n\\"x;y\\"\\r\\n"
    """
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([_cell(cell) for cell in line] for line in lines)
    return text.getvalue().encode("utf-8-sig")


def header_of(say: Translations, *, with_cpr: bool) -> list[str]:
    """The names of the columns."""
    return [say(f"export.column.{name}") for name in (*COLUMNS, *([CPR_COLUMN] if with_cpr else []))]


def line_of(
    task: ListedTask,
    say: Translations,
    *,
    unit: Callable[[str], str],
    institution: Callable[[str], str],
    away: Mapping[tuple[str, str], StandIn],
    follow_ups: Mapping[UUID, FollowUp],
) -> list[str]:
    """One task, in the order of `COLUMNS`; days as ISO 8601 has them, by Copenhagen's clock."""
    one = away.get((task.unit_id, task.owner_id or ""))
    own = follow_ups.get(task.id)
    return [
        task.reference,
        unit(task.unit_id),
        say(f"export.status.{task.status}"),
        task.react_by.isoformat(),
        _day(task.appended_at),
        _day(task.acknowledged_at),
        str(task.attempts),
        _day(task.reached_at),
        _day(task.closed_at),
        "" if task.ending is None else say(f"ending.{task.ending}"),
        task.owner_name or "",
        "" if one is None else one.stand_in_name,
        ", ".join(sorted(map(institution, task.institutions))),
        str(task.messages),
        "" if task.severity is None else say(f"severity.{task.severity}"),
        _day(None if own is None else own.day),
    ]


def _day(at: datetime | date | None) -> str:
    if at is None:
        return ""
    return (at.astimezone(COPENHAGEN).date() if isinstance(at, datetime) else at).isoformat()


def _cell(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text
