"""Every person event has exactly one answer: applied entries on the log that all agree, and the same in the ledger."""

from collections import Counter
from collections.abc import Iterator
from typing import Any, Final, LiteralString

from config.topics import Topic
from ops.audit.checks.context import CheckContext, moment_of
from ops.audit.checks.erasing import erasing
from ops.audit.checks.merge_join import pairs
from ops.audit.digest import SUMMED, in_sql
from ops.audit.kafka_log import Bounds
from ops.audit.readers.applied import COLUMNS
from ops.audit.readers.erasures import ERASED
from ops.audit.report import Check, CheckResult, GapKind

MARK: Final = "applied"
COPY: Final = "an event that was driven again, and not applied either"
"""No kind of gap: what was driven again is never driven again itself."""
NOT_FORGOTTEN: Final = "its person was erased, and the ledger has not forgotten it"
OTHERWISE: Final = "the ledger has another applied entry than the log"
_SAID: Final = in_sql(COLUMNS)
IN_LEDGER: Final = (
    f'SELECT "offset" >= %s, count(*), coalesce(sum({_SAID} & {SUMMED}), 0) FROM applied '
    'WHERE partition = %s AND "offset" >= %s AND "offset" < %s GROUP BY 1'
)
ON_LOG: Final = (
    f"SELECT place >= ?, count(*), sum(said & {SUMMED}) FROM event "
    "WHERE partition = ? AND place >= ? AND place < ? AND said = entry AND NOT differs GROUP BY 1"
)
ELSEWHERE: Final = (
    "SELECT count(*) FROM applied WHERE (origin_topic, origin_partition, origin_offset) = (%s, %s, %s)"
)
AGAIN: Final[LiteralString] = "SELECT sum(entries - 1) FROM event WHERE entries > 1"
COUNT_ERASED: Final[LiteralString] = "SELECT count(*) FROM event WHERE erased"
PLACES: Final[LiteralString] = "SELECT place FROM event WHERE partition = ? AND place >= ?"
EVENTS: Final[LiteralString] = """
SELECT e.place, e.said, e.at_ms, e.entry, e.differs, coalesce(o.entries, 0) > 0, o.event_partition, o.event_place,
       o.entry_partition, o.entry_place, e.erased, e.place > o.event_first, e.topic, e.origin_partition, e.origin_place
FROM event e LEFT JOIN origin o ON (o.topic, o.partition, o.place) = (e.topic, e.origin_partition, e.origin_place)
WHERE e.partition = ? AND e.place >= ? AND e.place < ? ORDER BY e.place
"""
ENTRIES: Final[LiteralString] = (
    f"SELECT \"offset\", {_SAID}, person_id = '{ERASED}' FROM applied "
    'WHERE partition = %s AND "offset" >= %s AND "offset" < %s ORDER BY "offset"'
)


def count(context: CheckContext) -> CheckResult:
    """Person events against applied entries; one whose origin was applied by another is accounted for."""
    found: Counter[str] = Counter()
    total = 0
    for (topic, part), (first, end) in context.moment.own.items():
        if topic == Topic.PERSON_EVENTS:
            total += end - first
            found += _partition(context, part, (first, end))
    uncalled = _uncalled(context)
    again = context.index.value(AGAIN)
    young, old = found.pop("young", 0), found.pop("old", 0)
    parts = {"applied": found.pop("applied", 0)} | {name: number for name, number in found.items() if number}
    return CheckResult(
        hop=Check.APPLIED,
        total=total + uncalled,
        parts=parts,
        under_way=young,
        unaccounted=old + uncalled,
        beside={"written_again": again or 0, "erased": context.index.value(COUNT_ERASED)},
    )


def _partition(context: CheckContext, part: int, bounds: Bounds) -> Counter[str]:
    """Where both sides agree by their sums, nothing is looked at one by one."""
    first, end = bounds
    upto = min(max(first, context.index.mark(MARK, Topic.PERSON_EVENTS, part) or first), end)
    parameters = (upto, part, first, end)
    ledger = {bool(tail): (rows, said) for tail, rows, said in context.rows(IN_LEDGER, parameters)}
    log = {bool(tail): (rows, said) for tail, rows, said in context.index.rows(ON_LOG, parameters)}
    nothing = (0, 0)
    head, tail = log.get(False, nothing), log.get(True, nothing)
    if head != ledger.get(False, nothing) or head[0] != upto - first:
        return _one_by_one(context, part, (first, end))
    if tail == ledger.get(True, nothing) and tail[0] == end - upto:
        _set_mark(context, part, end)
        return Counter(applied=end - first)
    return Counter(applied=head[0]) + _one_by_one(context, part, (upto, end))


def _one_by_one(context: CheckContext, part: int, bounds: Bounds) -> Counter[str]:
    found: Counter[str] = Counter()
    upto, contiguous = bounds[0], True
    for place, event, ledger in pairs(_on_log(context, part, bounds), _in_ledger(context, part, bounds)):
        said = _judge(context, part, place, event, ledger)
        found[said] += 1
        contiguous = contiguous and said == "applied" and place == upto
        upto += contiguous
    found["no_record"] = bounds[1] - bounds[0] - found.total()
    _set_mark(context, part, upto)
    return found


def _judge(
    context: CheckContext,
    part: int,
    place: int,
    event: tuple[Any, ...] | None,
    ledger: tuple[Any, ...] | None,
) -> str:
    """Which part a person event belongs to."""

    def wrong(what: str) -> str:
        context.miss(Check.APPLIED, what, topic=str(Topic.PERSON_EVENTS), partition=part, offset=place)
        return "old"

    if event is None and ledger is not None and ledger[2]:
        return "erased"  # of a record that was taken out of the log, and so was its entry
    if event is None or event[1] is None:
        return wrong("an applied entry for a person event that is not there")
    (
        _,
        said,
        at_ms,
        entry,
        differs,
        elsewhere,
        event_part,
        event_place,
        entry_part,
        entry_place,
        erased,
        copy,
        *origin,
    ) = event
    if differs:
        return wrong("applied entries that contradict each other")
    if entry is None:
        if elsewhere:
            return "driven_again"
        if ledger is not None and context.shortened(Topic.APPLIED):
            return "applied"
        if context.under_way_at(moment_of(at_ms), str(Topic.PERSON_EVENTS), event_part, event_place):
            return "young"
        return wrong(COPY if copy else GapKind.NOT_APPLIED)
    if entry != said:
        return wrong("its applied entry speaks of another record")
    if ledger is None:
        copy_waits = context.waits(str(Topic.PERSON_EVENTS), event_part, event_place)
        if copy_waits or context.under_way_at(moment_of(at_ms), str(Topic.APPLIED), entry_part, entry_place):
            return "young"
        if context.number(ELSEWHERE, origin):
            return "driven_again"
        return wrong(GapKind.ENTRY_NOT_BOOKED)
    if ledger[1] != said and erased and not ledger[2] and erasing(context, part):
        return "young"
    if ledger[1] != said:
        return wrong(NOT_FORGOTTEN if erased and not ledger[2] else OTHERWISE)
    return "applied"


def _uncalled(context: CheckContext) -> int:
    """Entries beyond the end of the person events that were read."""
    found = 0
    for (topic, part), (_, end) in context.moment.own.items():
        if topic == Topic.PERSON_EVENTS:
            rows = context.index.rows(PLACES, (part, end))
            beyond = [place for (place,) in rows]
            _, now = context.log.bounds(topic)[part] if beyond else (0, 0)
            for place in (place for place in beyond if place >= now):
                found += 1
                context.miss(
                    Check.APPLIED,
                    "an applied entry for a person event that is not there",
                    topic=topic,
                    partition=part,
                    offset=place,
                )
    return found


def _on_log(context: CheckContext, part: int, bounds: Bounds) -> Iterator[tuple[Any, ...]]:
    return context.index.rows(
        EVENTS,
        (part, *bounds),
    )


def _in_ledger(context: CheckContext, part: int, bounds: Bounds) -> Iterator[tuple[Any, ...]]:
    return context.stream(
        ENTRIES,
        (part, *bounds),
    )


def _set_mark(context: CheckContext, part: int, upto: int) -> None:
    with context.index.writing():
        context.index.set_mark(MARK, Topic.PERSON_EVENTS, part, upto)
