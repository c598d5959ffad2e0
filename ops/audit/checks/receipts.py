"""Every input record has exactly one answer: receipts on the log that all say the same, and the same in the ledger."""

from collections import Counter
from collections.abc import Iterator
from typing import Any, Final, LiteralString

from config.topics import Topic
from models.events.event_types import InputTopic
from models.events.probe_identity import SENDERS
from ops.audit.checks.context import LISTED, CheckContext, moment_of
from ops.audit.checks.merge_join import Gaps, pairs
from ops.audit.digest import SUMMED, in_sql
from ops.audit.kafka_log import Bounds
from ops.audit.readers.receipts import COLUMNS
from ops.audit.report import Check, CheckResult, GapKind

MARK: Final = "receipts"
# By the index of the senders' days: what a sender has not signed is in none, and is not its own.
FROM_CANARIES: Final = "SELECT count(*) FROM receipts WHERE sender = ANY(%s) AND registered_on IS NOT NULL"
_SAID: Final = in_sql(COLUMNS)
IN_LEDGER: Final = (
    f"SELECT \"offset\" >= %s, count(*), count(*) FILTER (WHERE status = 'accepted'), coalesce(sum({_SAID} & {SUMMED}), 0) "  # noqa: E501 - fixed words
    'FROM receipts WHERE topic = %s AND partition = %s AND "offset" >= %s AND "offset" < %s GROUP BY 1'
)
ON_LOG: Final = (
    f"SELECT place >= ?, count(*), sum(accepted), sum(said & {SUMMED}) FROM origin "
    "WHERE topic = ? AND partition = ? AND place >= ? AND place < ? AND receipts > 0 GROUP BY 1"
)
AGAIN: Final[LiteralString] = "SELECT sum(receipts - 1) FROM origin WHERE receipts > 1"
FIRST_DIFFERENT: Final[LiteralString] = """
SELECT min(place) FROM origin WHERE topic = ? AND partition = ? AND differs
"""
COUNT: Final[LiteralString] = """
SELECT count(*) FROM origin WHERE topic = ? AND partition = ? AND place >= ? AND place < ? AND empty
"""
NOTE_EMPTY: Final[LiteralString] = """
INSERT INTO origin (topic, partition, place, empty) VALUES (?, ?, ?, 1)
ON CONFLICT DO UPDATE SET empty = 1
"""
WITH_RECEIPT: Final[LiteralString] = """
SELECT place FROM origin WHERE topic = ? AND partition = ? AND place >= ? AND receipts > 0 LIMIT ?
"""
FROM_OFFSET: Final[LiteralString] = """
SELECT "offset" FROM receipts WHERE topic = %s AND partition = %s AND "offset" >= %s LIMIT %s
"""
ORIGINS: Final[LiteralString] = """
SELECT place, said, accepted, at_ms, receipts, differs, empty, receipt_partition, receipt_place FROM origin
WHERE topic = ? AND partition = ? AND place >= ? AND place < ? ORDER BY place
"""
RECEIPTS: Final[LiteralString] = (
    f'SELECT "offset", {_SAID}, status FROM receipts '
    'WHERE topic = %s AND partition = %s AND "offset" >= %s AND "offset" < %s ORDER BY "offset"'
)


def count(context: CheckContext) -> CheckResult:
    """Offsets that the brokers hold, against the receipts on the log, against those in the ledger."""
    found: Counter[str] = Counter(accepted=0, rejected=0)
    total = 0
    for topic in InputTopic:
        for (name, part), bounds in context.moment.input.items():
            if name == topic:
                total += bounds[1] - bounds[0]
                found += _partition(context, topic, part, bounds)
    again = context.index.value(AGAIN)
    young, old = found.pop("young", 0), found.pop("old", 0)
    parts = {name: found.get(name, 0) for name in ("accepted", "rejected")}
    if found.get("transaction_markers"):
        parts["transaction_markers"] = found["transaction_markers"]
    phantoms = _beyond(context)
    beside = {"written_again": again or 0}
    if canaries := context.number(FROM_CANARIES, (sorted(SENDERS),)):
        beside["from_canaries"] = canaries
    return CheckResult(
        hop=Check.RECEIPTS,
        total=total + phantoms,
        parts=parts,
        under_way=young,
        unaccounted=old + phantoms,
        beside=beside,
    )


def _partition(context: CheckContext, topic: str, part: int, bounds: Bounds) -> Counter[str]:
    """Where both sides agree by their sums, nothing is looked at one by one."""
    first, end = bounds
    upto = min(max(first, context.index.mark(MARK, topic, part) or first), end)
    parameters = (upto, topic, part, first, end)
    ledger = {bool(tail): (rows, ok, total) for tail, rows, ok, total in context.rows(IN_LEDGER, parameters)}
    log = {bool(tail): (rows, ok, total) for tail, rows, ok, total in context.index.rows(ON_LOG, parameters)}
    quarrel = context.index.value(FIRST_DIFFERENT, (topic, part))
    nothing = (0, 0, 0)
    head, tail = log.get(False, nothing), log.get(True, nothing)
    empty = context.index.value(
        COUNT,
        (topic, part, first, upto),
    )
    agreed = head == ledger.get(False, nothing) and head[0] + empty == upto - first
    if not agreed or (quarrel is not None and quarrel < upto):
        return _one_by_one(context, topic, part, (first, end))
    found = Counter(accepted=head[1], rejected=head[0] - head[1], transaction_markers=empty)
    if tail == ledger.get(True, nothing) and tail[0] == end - upto and quarrel is None:
        _set_mark(context, topic, part, end)
        return found + Counter(accepted=tail[1], rejected=tail[0] - tail[1])
    return found + _one_by_one(context, topic, part, (upto, end))


def _one_by_one(context: CheckContext, topic: str, part: int, bounds: Bounds) -> Counter[str]:
    found: Counter[str] = Counter()
    open_ends: list[int] = []
    gaps = Gaps(bounds[0])
    for place, log, ledger in pairs(
        _on_log(context, topic, part, bounds), _in_ledger(context, topic, part, bounds)
    ):
        said = _judge(context, topic, part, log, ledger)
        if said is None:
            continue
        gaps.answered(place)
        found[said] += 1
        if said in ("young", "old") and len(open_ends) < LISTED:
            open_ends.append(place)
    gaps.answered(bounds[1])
    found += _unanswered(context, topic, part, gaps, open_ends)
    _set_mark(context, topic, part, min(open_ends, default=bounds[1]))
    return found


def _judge(
    context: CheckContext, topic: str, part: int, log: tuple[Any, ...] | None, ledger: tuple[Any, ...] | None
) -> str | None:
    """Which part an input record belongs to; None where nobody has an answer for it."""
    place = (log or ledger or (0,))[0]

    def wrong(what: str) -> str:
        context.miss(Check.RECEIPTS, what, topic=topic, partition=part, offset=place)
        return "old"

    if log is not None:
        _, said, accepted, at_ms, receipts, differs, empty, *answer = log
        if empty:
            return "transaction_markers"
        if differs:
            return wrong("receipts that contradict each other")
        if receipts:
            if ledger is None:
                if context.under_way_at(moment_of(at_ms), str(Topic.RECEIPTS), *answer):
                    return "young"
                return wrong(GapKind.ACCEPTANCE_NOT_BOOKED if accepted else GapKind.REFUSAL_NOT_BOOKED)
            if ledger[1] != said:
                return wrong("the ledger has another receipt than the log")
            return "accepted" if accepted else "rejected"
    if ledger is None:
        return None
    if context.shortened(Topic.RECEIPTS):
        return str(ledger[2])
    return wrong("a receipt in the ledger that is not on the log")


def _unanswered(
    context: CheckContext, topic: str, part: int, gaps: Gaps, open_ends: list[int]
) -> Counter[str]:
    """Records without any receipt; an offset that holds none is a transaction's marker, and is noted as such."""
    left = set(gaps.listed)
    found: Counter[str] = Counter()
    for message in context.log.read(topic, part, gaps.listed):
        offset = message.offset() or 0
        left.discard(offset)
        open_ends.append(offset)
        if context.under_way_at(moment_of(message.timestamp()[1]), topic, part, offset):
            found["young"] += 1
        else:
            found["old"] += 1
            context.miss(Check.RECEIPTS, GapKind.NO_RECEIPT, topic=topic, partition=part, offset=offset)
    with context.index.writing():
        context.index.many(
            NOTE_EMPTY,
            [(topic, part, offset) for offset in sorted(left)],
        )
    found["transaction_markers"] += len(left)
    if gaps.unlisted:
        # Looked at when those before them are settled: until then nobody knows whether they are records at all.
        found["young"] += gaps.total_unlisted
        open_ends.append(gaps.unlisted[0][0])
    return found


def _beyond(context: CheckContext) -> int:
    """Receipts, on the log or in the ledger, for records that the brokers do not have."""
    found = 0
    for (topic, part), (_, end) in context.moment.input.items():
        on_log = context.index.rows(
            WITH_RECEIPT,
            (topic, part, end, LISTED),
        )
        in_ledger = context.rows(
            FROM_OFFSET,
            (topic, part, end, LISTED),
        )
        beyond = {place for (place,) in (*on_log, *in_ledger)}
        # What came between the look at the input and the look at the receipts is there by now.
        now = context.log.bounds(topic)[part][1] if beyond else end
        for place in sorted(place for place in beyond if place >= now):
            found += 1
            what = "a receipt for a record that is not there"
            context.miss(Check.RECEIPTS, what, topic=topic, partition=part, offset=place)
    return found


def _on_log(context: CheckContext, topic: str, part: int, bounds: Bounds) -> Iterator[tuple[Any, ...]]:
    return context.index.rows(
        ORIGINS,
        (topic, part, *bounds),
    )


def _in_ledger(context: CheckContext, topic: str, part: int, bounds: Bounds) -> Iterator[tuple[Any, ...]]:
    return context.stream(
        RECEIPTS,
        (topic, part, *bounds),
    )


def _set_mark(context: CheckContext, topic: str, part: int, upto: int) -> None:
    with context.index.writing():
        context.index.set_mark(MARK, topic, part, upto)
