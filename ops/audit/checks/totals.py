"""Of every day for which a sender has declared its control total, as many events have come as it says, by type.

Counted are the sender's events that carry its signature, by the Danish date of their ``time``, each id once, whatever
intake answered; the versions of a type are one. After the receipts in the order of the checks: a day is settled only
where the receipts are whole.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import orjson

from config.topics import Topic
from models.events.event_types import CONTROL_TOTAL, TYPE_PREFIX, InputTopic, full_type
from models.events.exception_case import WrongTotal
from ops.audit.checks.context import INPUTS, LISTED, CheckContext, moment_of
from ops.audit.dismissals import cases
from ops.audit.report import Check, CheckResult

DISAGREES: Final = "a day's control total disagrees with what has come"
HELD: Final = """
SELECT t.sender, t.day, t.topic, t.partition, t.place, t.counts, d.last_ms, d.stale, d.agreed
FROM total t JOIN day d ON (d.sender, d.day) = (t.sender, t.day)
ORDER BY t.sender, t.day, t.registered_us DESC, t.event_id DESC
"""
CONFLICTS: Final = "SELECT topic, partition, \"offset\" FROM repeats WHERE topic = %s AND kind = 'conflict'"
CAME: Final = r"""
SELECT r.sender, to_char(r.registered_on, 'YYYY-MM-DD'), regexp_replace(r.type, '\.v[0-9]+$', '.v1'),
       count(DISTINCT r.event_id)
FROM unnest(%s::text[], %s::date[]) AS t (sender, day)
JOIN receipts r ON (r.sender, r.registered_on) = (t.sender, t.day)
WHERE r.type <> %s GROUP BY 1, 2, 3
"""
SETTLE: Final = "UPDATE day SET stale = 0, agreed = ? WHERE (sender, day, last_ms) = (?, ?, ?)"
"""Where another auditor that shares the index has added something meanwhile, the day stays as it is."""
SendersDay = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Declared:
    """The total that holds for one day of one sender."""

    place: tuple[str, int, int]
    counts: Mapping[str, int]
    """By the type's name in version 1."""
    last_ms: int
    """When the latest receipt of that day was written."""
    stale: bool
    agreed: int


@dataclass(frozen=True, slots=True)
class TotalsLine:
    """One type of one day of one sender: what it says, and what has come."""

    sender: str
    day: str
    type: str
    declared: int
    came: int

    @property
    def agrees(self) -> bool:
        """Whether nothing is missing and nothing too much."""
        return self.declared == self.came

    @property
    def case(self) -> WrongTotal:
        """By what a person can put it aside."""
        kind = self.type.removeprefix(TYPE_PREFIX)
        return WrongTotal(self.sender, date.fromisoformat(self.day), kind, self.declared, self.came)

    def __str__(self) -> str:
        kind = self.type.removeprefix(TYPE_PREFIX).rsplit(".v", 1)[0]
        return f"sender {self.sender}, {self.day}, {kind}: {self.declared} declared, {self.came} came"


def count(context: CheckContext) -> CheckResult:
    """The lines of all totals in force. A day to which nothing was added since it agreed is not counted again."""
    days = _in_force(context)
    aside = set(cases(context.connection))
    stale = {day: total for day, total in days.items() if total.stale}
    came = _came(context, list(stale))
    found = Counter(agree=sum(total.agreed for total in days.values() if not total.stale))
    settled: list[tuple[int, str, str, int]] = []
    receipts_are_whole = all(one.hop is not Check.RECEIPTS for one in context.missing)
    for day, total in stale.items():
        lines = list(compare(day, total.counts, came[day]))
        at = moment_of(total.last_ms)
        young = context.is_young(at) or context.is_behind(at, {*INPUTS, str(Topic.RECEIPTS)})
        for line in lines:
            if line.agrees:
                found["agree"] += 1
            elif line.case in aside:
                found["dismissed"] += 1
            elif young:
                found["young"] += 1
            else:
                found["old"] += 1
                if found["old"] <= LISTED:
                    _miss(context, total, line)
        if not young and receipts_are_whole and all(line.agrees for line in lines):
            settled.append((len(lines), *day, total.last_ms))
    if settled:
        with context.index.writing():
            context.index.many(SETTLE, settled)
    parts = {"agree": found["agree"]}
    if found["dismissed"]:
        parts["dismissed"] = found["dismissed"]
    return CheckResult(
        hop=Check.TOTALS,
        total=found.total(),
        parts=parts,
        under_way=found["young"],
        unaccounted=found["old"],
        beside={"days": len(days)},
    )


def compare(day: SendersDay, declared: Mapping[str, int], came: Mapping[str, int]) -> Iterator[TotalsLine]:
    """A line for each type that either side names."""
    for kind in sorted(declared.keys() | came.keys()):
        yield TotalsLine(*day, kind, declared.get(kind, 0), came.get(kind, 0))


def _in_force(context: CheckContext) -> dict[SendersDay, Declared]:
    """Of the totals of one day the one registered last; one that reuses another event's id is refused."""
    refused = set(context.rows(CONFLICTS, (str(InputTopic.CONTROL_TOTALS),)))
    found: dict[SendersDay, Declared] = {}
    for sender, day, topic, part, place, counts, last_ms, stale, agreed in context.index.rows(HELD):
        if (topic, part, place) not in refused:
            said: Counter[str] = Counter()
            for name, events in orjson.loads(counts).items():
                said[full_type(name)] += events
            total = Declared((topic, part, place), said, last_ms, bool(stale), agreed)
            found.setdefault((sender, day), total)
    return found


def _came(context: CheckContext, days: list[SendersDay]) -> Mapping[SendersDay, Mapping[str, int]]:
    found: defaultdict[SendersDay, dict[str, int]] = defaultdict(dict)
    if days:
        senders, dates = [sender for sender, _ in days], [date.fromisoformat(day) for _, day in days]
        for sender, day, kind, number in context.rows(CAME, (senders, dates, CONTROL_TOTAL)):
            found[sender, day][kind] = number
    return found


def _miss(context: CheckContext, total: Declared, line: TotalsLine) -> None:
    topic, part, offset = total.place
    context.miss(
        Check.TOTALS,
        DISAGREES,
        topic=topic,
        partition=part,
        offset=offset,
        detail=str(line),
        case=str(line.case),
    )
