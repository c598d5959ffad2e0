"""Every revision of every decision stands once: without holes, never with two contents, and the last one in the ledger.

The ledger says otherwise than the log in one case alone: it refuses a message whose id came first about somebody else.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any, Final, LiteralString

from config.topics import Topic
from ops.audit.checks.context import LISTED, CheckContext, moment_of
from ops.audit.checks.erasing import pending
from ops.audit.checks.hand_overs import HandOvers
from ops.audit.digest import digest, in_sql
from ops.audit.readers.decisions import COLUMNS, NOT_REMEMBERED, message_key
from ops.audit.report import Check, CheckResult

LEDGER: Final = (
    f"SELECT m.sender, m.message_id, m.person_id, m.revision, {in_sql(COLUMNS)}, m.outcome, m.reason, "
    "EXISTS (SELECT 1 FROM repeats p WHERE p.kind = 'conflict' AND (p.topic, p.partition, p.\"offset\") "
    "= (m.origin_topic, m.origin_partition, m.origin_offset)), "
    "CASE WHEN t.status <> 'withdrawn' THEN t.unit_id END, m.enrolment_id "
    "FROM messages m LEFT JOIN tasks t ON t.id = m.task_id"
)
DIFFERENT: Final = """
SELECT m.message_id, m.partition, m.place, m.at_ms, m.revision, m.outcome, s.revision, s.outcome, s.reason, s.refused
FROM message m LEFT JOIN standing s ON s.id = m.id
WHERE s.said <> m.said OR s.id IS NULL AND m.person NOT IN (SELECT person FROM joined)
"""
WRONG: Final = """
SELECT m.message_id, m.partition, m.place, max(r.differs) FROM revision r JOIN message m ON m.id = r.message
WHERE r.revision > 0 GROUP BY r.message
HAVING max(r.differs) OR (count(*) <> max(r.revision) OR min(r.revision) <> 1) AND NOT EXISTS (
    SELECT 1 FROM message n JOIN joined j ON j.person = n.person
    WHERE (n.sender, n.message_id) = (m.sender, m.message_id))
"""
"""Of several numbers of a person, one goes on from the revision that another has had."""
MOVED: Final[LiteralString] = """
SELECT count(*) FROM message m JOIN joined j ON j.person = m.person
WHERE NOT EXISTS (SELECT 1 FROM standing s WHERE s.id = m.id)
"""
"""They stand under another number of the person now: by their place, the check of decisions looks for each."""
LEFT_BEHIND: Final[LiteralString] = """
SELECT m.message_id, j.noted_at FROM messages m JOIN person_joins j ON j.person_id = m.person_id
"""
PHANTOM: Final = """
SELECT message_id FROM standing s WHERE NOT EXISTS (SELECT 1 FROM message m WHERE m.id = s.id) AND NOT EXISTS (
    SELECT 1 FROM message n JOIN joined j ON j.person = n.person
    WHERE (n.sender, n.message_id) = (s.sender, s.message_id))
"""
NOTED: Final[LiteralString] = "SELECT 1 FROM message WHERE id = ?"
MESSAGES: Final[LiteralString] = "SELECT count(*) FROM message"
REVISIONS: Final[LiteralString] = "SELECT count(*), coalesce(sum(times), 0) FROM revision"
EMPTY_STANDING: Final[LiteralString] = "DELETE FROM standing"
ADD_STANDING: Final[LiteralString] = "INSERT INTO standing VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"


def count(context: CheckContext) -> CheckResult:
    """Messages decided on the log, against the ledger's row of each."""
    _lay_out(context)
    found: Counter[str] = Counter()
    accused: set[tuple[int, int]] = set()
    for message_id, part, place, differs in context.index.rows(WRONG):
        what = "a revision with two contents" if differs else "revisions with holes"
        accused.add((part, place))
        _accuse(context, found, what, message_id, part, place)
    for row in context.index.rows(DIFFERENT):
        message_id, part, place = row[:3]
        if (part, place) in accused:
            continue
        said = _judge(context, row)
        if said in ("under_way", "refused_by_the_ledger"):
            found[said] += 1
        else:
            _accuse(context, found, said, message_id, part, place)
    phantoms = [message_id for (message_id,) in context.index.rows(PHANTOM)]
    for message_id in phantoms[:LISTED]:
        context.miss(
            Check.REVISIONS, "a message in the ledger that the log does not know", message_id=message_id
        )
    left_behind = _left_behind(context)
    total: int = context.index.value(MESSAGES)
    revisions, times = next(context.index.rows(REVISIONS))
    different = found.total()
    moved: int = context.index.value(MOVED)
    parts = {"in_the_ledger": total - different - moved - left_behind}
    if moved:
        parts["under_another_number"] = moved
    if found["refused_by_the_ledger"]:
        parts["refused_by_the_ledger"] = found["refused_by_the_ledger"]
    return CheckResult(
        hop=Check.REVISIONS,
        total=total + len(phantoms),
        parts=parts,
        under_way=found["under_way"],
        unaccounted=found["wrong"] + len(phantoms) + left_behind,
        beside={"revisions": revisions, "written_again": times - revisions},
    )


def _left_behind(context: CheckContext) -> int:
    """Messages of a number that was joined to another one, where nobody has gone on with them."""
    old = [
        message_id
        for message_id, noted_at in context.rows(LEFT_BEHIND)
        if not context.under_way(noted_at, waits=False)
    ]
    for message_id in old[:LISTED]:
        context.miss(
            Check.REVISIONS, "a number was joined to another, and this stayed behind", message_id=message_id
        )
    return len(old)


def _accuse(
    context: CheckContext, found: Counter[str], what: str, message_id: str, part: int, place: int
) -> None:
    found["wrong"] += 1
    if found["wrong"] <= LISTED:
        context.miss(
            Check.REVISIONS,
            what,
            topic=str(Topic.DECISIONS),
            partition=part,
            offset=place,
            message_id=message_id,
        )


def _judge(context: CheckContext, row: tuple[Any, ...]) -> str:
    """What is to be said of a message on which log and ledger differ."""
    _, part, place, at_ms, revision, outcome, booked, booked_outcome, booked_reason, refused = row
    if booked is not None and booked > revision:
        return "the ledger has a revision that the log does not"
    if booked == revision:
        if (
            refused
            and outcome == "obliged"
            and (booked_outcome, booked_reason) == ("not_obliged", "id_conflict")
        ):
            return "refused_by_the_ledger"
        return "the ledger says otherwise than the log"
    if not context.waits(str(Topic.DECISIONS), part, place):
        return "the ledger has passed it by"
    context.under_way_at(moment_of(at_ms), str(Topic.DECISIONS), part, place)
    return "under_way"


def _lay_out(context: CheckContext) -> None:
    """The ledger's messages beside the log's, where they can be compared by key."""

    given = HandOvers(context)
    leaving = pending(context)

    def rows() -> Iterator[tuple[Any, ...]]:
        for (
            sender,
            message_id,
            person,
            revision,
            said,
            outcome,
            reason,
            refused,
            unit,
            enrolment,
        ) in context.stream(LEDGER):
            key = message_key(sender, message_id, person)
            if leaving and digest(person) in leaving and context.index.value(NOTED, (key,)) is None:
                continue  # to be forgotten, when the ledger comes to the mark
            by = given.by(person, enrolment, unit)
            if reason == "too_many_events":
                revision = NOT_REMEMBERED
            yield key, sender, message_id, revision, said, outcome, reason, refused, unit, by

    context.index.run(EMPTY_STANDING)
    with context.index.writing():
        context.index.many(ADD_STANDING, rows())
