"""The auditor: holds Kafka's log against the ledger, hop by hop, with another client than the service's.

It reads and counts; driving again what is missing is `frafaldsvarsel.heal`'s.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import psycopg
from pydantic import ValidationError

from config.topics import Topic
from models.events import TYPE_PREFIX, InputTopic
from models.person_event import PersonEvent
from ops.accounts import Account, Audit, Hop, Missing
from ops.log import Bounds, Log

Connection = psycopg.Connection[tuple[Any, ...]]
_LISTED: Final = 10_000
"""Exceptions looked at one by one in a partition; more are counted all the same."""
_RAISED: Final = f"{TYPE_PREFIX}dropout-risk.raised.v1"


def audit(log: Log, connection: Connection, *, grace: timedelta) -> Audit:
    """The accounting now. What is younger than `grace` counts as under way."""
    auditor = _Auditor(log, connection, grace)
    accounts = (
        auditor.receipts(),
        auditor.accepted(),
        auditor.person_events(),
        auditor.decisions(),
        auditor.tasks(),
        auditor.notices(),
        auditor.deliveries(),
    )
    return Audit(accounts=accounts, exceptions=tuple(auditor.missing))


class _Auditor:
    def __init__(self, log: Log, connection: Connection, grace: timedelta) -> None:
        self._log = log
        self._connection = connection
        self._grace = grace
        self.missing: list[Missing] = []

    def receipts(self) -> Account:
        """Input records against receipts: by offset, in what the brokers still hold."""
        total, young, old = 0, 0, 0
        accepted, rejected, markers = 0, 0, 0
        for topic in InputTopic:
            for partition, bounds in self._log.bounds(topic).items():
                total += bounds[1] - bounds[0]
                found = self._counts(
                    "SELECT status, count(*) FROM receipts WHERE topic = %s AND partition = %s "
                    'AND "offset" >= %s AND "offset" < %s GROUP BY status',
                    (topic, partition, *bounds),
                )
                accepted += found.get("accepted", 0)
                rejected += found.get("rejected", 0)
                gone = self._absent("receipts", topic, partition, bounds, sum(found.values()))
                waiting, lost, empty = self._ages(Hop.RECEIPTS, topic, partition, gone, "no receipt")
                young, old, markers = young + waiting, old + lost, markers + empty
        parts = {"accepted": accepted, "rejected": rejected}
        if markers:
            parts["transaction_markers"] = markers
        return Account(hop=Hop.RECEIPTS, total=total, parts=parts, under_way=young, unaccounted=old)

    def accepted(self) -> Account:
        """Accepted receipts against what match has applied, by origin."""
        total = self._number("SELECT count(*) FROM receipts WHERE status = 'accepted'")
        rows = self._rows(
            'SELECT r.topic, r.partition, r."offset", r.event_id, r.recorded_at < now() - %s '
            "FROM receipts r WHERE status = 'accepted' AND NOT EXISTS (SELECT 1 FROM applied a WHERE "
            '(a.origin_topic, a.origin_partition, a.origin_offset) = (r.topic, r.partition, r."offset"))',
            (self._grace,),
        )
        old = [row for row in rows if row[4]]
        for topic, partition, offset, event_id, _ in old[:_LISTED]:
            self.missing.append(
                Missing(
                    hop=Hop.PERSON_EVENTS,
                    what="accepted, but not applied",
                    topic=topic,
                    partition=partition,
                    offset=offset,
                    message_id=event_id,
                )
            )
        return Account(
            hop=Hop.PERSON_EVENTS,
            total=total,
            parts={"applied": total - len(rows)},
            under_way=len(rows) - len(old),
            unaccounted=len(old),
        )

    def person_events(self) -> Account:
        """Person events against applied entries; one whose origin was applied by another is accounted for."""
        total, applied, again, young, old = 0, 0, 0, 0, 0
        for partition, bounds in self._log.bounds(Topic.PERSON_EVENTS).items():
            total += bounds[1] - bounds[0]
            found = self._number(
                'SELECT count(*) FROM applied WHERE partition = %s AND "offset" >= %s AND "offset" < %s',
                (partition, *bounds),
            )
            applied += found
            gone = self._absent("applied", None, partition, bounds, found)
            for message in self._log.read(Topic.PERSON_EVENTS, partition, gone[:_LISTED]):
                if self._origin_applied(message.value() or b""):
                    again += 1
                elif self._is_young(message.timestamp()[1]):
                    young += 1
                else:
                    old += 1
                    self.missing.append(
                        Missing(
                            hop=Hop.APPLIED,
                            what="not applied",
                            topic=Topic.PERSON_EVENTS,
                            partition=partition,
                            offset=message.offset(),
                        )
                    )
            old += max(0, len(gone) - _LISTED)
        parts = {"applied": applied}
        if again:
            parts["driven_again"] = again
        return Account(hop=Hop.APPLIED, total=total, parts=parts, under_way=young, unaccounted=old)

    def decisions(self) -> Account:
        """Accepted at-risk messages against their decisions."""
        total = self._number(
            "SELECT count(*) FROM receipts WHERE status = 'accepted' AND type = %s", (_RAISED,)
        )
        repeats = self._counts(
            'SELECT p.kind, count(*) FROM repeats p JOIN receipts r USING (topic, partition, "offset") '
            "WHERE r.type = %s GROUP BY p.kind",
            (_RAISED,),
        )
        decided = self._counts(
            "SELECT m.outcome, count(*) FROM messages m JOIN receipts r "
            'ON (r.topic, r.partition, r."offset") = (m.origin_topic, m.origin_partition, m.origin_offset) '
            "AND r.status = 'accepted' WHERE NOT EXISTS (SELECT 1 FROM repeats p "
            'WHERE (p.topic, p.partition, p."offset") = (m.origin_topic, m.origin_partition, m.origin_offset)) '
            "GROUP BY m.outcome"
        )
        rows = self._rows(
            'SELECT r.topic, r.partition, r."offset", r.event_id, r.recorded_at < now() - %s FROM receipts r '
            "WHERE r.status = 'accepted' AND r.type = %s "
            'AND NOT EXISTS (SELECT 1 FROM repeats p WHERE (p.topic, p.partition, p."offset") '
            '= (r.topic, r.partition, r."offset")) '
            "AND NOT EXISTS (SELECT 1 FROM messages m WHERE (m.origin_topic, m.origin_partition, m.origin_offset) "
            '= (r.topic, r.partition, r."offset"))',
            (self._grace, _RAISED),
        )
        old = [row for row in rows if row[4]]
        self.missing += [
            Missing(
                hop=Hop.DECISIONS,
                what="no decision",
                topic=topic,
                partition=partition,
                offset=offset,
                message_id=event_id,
            )
            for topic, partition, offset, event_id, _ in old[:_LISTED]
        ]
        parts = {name: decided.get(name, 0) for name in ("obliged", "not_obliged", "undecided")}
        parts |= {name: repeats.get(name, 0) for name in ("duplicate", "conflict")}
        return Account(
            hop=Hop.DECISIONS, total=total, parts=parts, under_way=len(rows) - len(old), unaccounted=len(old)
        )

    def tasks(self) -> Account:
        """Obliged messages against open tasks: same person, enrolment and unit."""
        total = self._number("SELECT count(*) FROM messages WHERE outcome = 'obliged'")
        rows = self._rows(
            "SELECT m.message_id, m.task_id FROM messages m LEFT JOIN tasks t ON t.id = m.task_id "
            "WHERE m.outcome = 'obliged' AND (t.id IS NULL OR t.status <> 'open' "
            "OR (t.person_id, t.enrolment_id, t.unit_id) IS DISTINCT FROM (m.person_id, m.enrolment_id, m.unit_id))"
        )
        empty = self._rows(
            "SELECT t.id FROM tasks t WHERE t.status = 'open' "
            "AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.task_id = t.id AND m.outcome = 'obliged')"
        )
        self.missing += [
            Missing(hop=Hop.TASKS, what="not in an open task of its unit", message_id=message_id)
            for message_id, _ in rows[:_LISTED]
        ]
        self.missing += [
            Missing(hop=Hop.TASKS, what="an open task without a message that obliges", task_id=str(task_id))
            for (task_id,) in empty[:_LISTED]
        ]
        return Account(
            hop=Hop.TASKS,
            total=total + len(empty),
            parts={"in_open_tasks": total - len(rows)},
            unaccounted=len(rows) + len(empty),
        )

    def notices(self) -> Account:
        """Tasks against the notices of their first day."""
        total = self._number("SELECT count(*) FROM tasks")
        rows = self._rows(
            "SELECT id FROM tasks t WHERE NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.task_id = t.id "
            "AND d.occasion IN ('new', 'taken_over'))"
        )
        self.missing += [
            Missing(hop=Hop.NOTICES, what="nobody was told", task_id=str(task_id))
            for (task_id,) in rows[:_LISTED]
        ]
        return Account(
            hop=Hop.NOTICES, total=total, parts={"with_notice": total - len(rows)}, unaccounted=len(rows)
        )

    def deliveries(self) -> Account:
        """Due notices against their end: sent, refused, exhausted, superseded, or still to be sent."""
        found = self._counts("SELECT status, count(*) FROM deliveries GROUP BY status")
        late = self._rows(
            "SELECT id, task_id FROM deliveries WHERE status = 'due' AND due_at < now() - %s "
            "AND (lease_until IS NULL OR lease_until < now() - %s)",
            (self._grace, self._grace),
        )
        self.missing += [
            Missing(hop=Hop.DELIVERIES, what="due, and nobody has tried", task_id=str(task_id))
            for _, task_id in late[:_LISTED]
        ]
        waiting = found.pop("due", 0)
        return Account(
            hop=Hop.DELIVERIES,
            total=sum(found.values()) + waiting,
            parts={name: found.get(name, 0) for name in ("delivered", "refused", "exhausted", "superseded")},
            under_way=waiting - len(late),
            unaccounted=len(late),
        )

    def _absent(self, table: str, topic: str | None, partition: int, bounds: Bounds, found: int) -> list[int]:
        """The offsets within `bounds` that have no row."""
        if found == bounds[1] - bounds[0]:
            return []
        where = "r.topic = %(topic)s AND " if topic is not None else ""
        rows = self._connection.execute(
            f"SELECT o FROM generate_series(%(first)s::bigint, %(last)s::bigint) o WHERE NOT EXISTS "  # noqa: S608 - fixed words
            f'(SELECT 1 FROM {table} r WHERE {where}r.partition = %(partition)s AND r."offset" = o) ORDER BY o',
            {"topic": topic, "partition": partition, "first": bounds[0], "last": bounds[1] - 1},
        ).fetchall()
        return [offset for (offset,) in rows]

    def _ages(
        self, hop: Hop, topic: str, partition: int, gone: Sequence[int], what: str
    ) -> tuple[int, int, int]:
        """Of the missing: how many are under way, how many are lost, and how many offsets hold no record at all."""
        young = old = 0
        listed = gone[:_LISTED]
        for message in self._log.read(topic, partition, listed):
            if self._is_young(message.timestamp()[1]):
                young += 1
                continue
            old += 1
            self.missing.append(
                Missing(hop=hop, what=what, topic=topic, partition=partition, offset=message.offset())
            )
        return young, old + len(gone) - len(listed), len(listed) - young - old

    def _origin_applied(self, value: bytes) -> bool:
        try:
            origin = PersonEvent.model_validate_json(value).origin
        except ValidationError:
            return False
        return bool(
            self._number(
                "SELECT count(*) FROM applied WHERE (origin_topic, origin_partition, origin_offset) = (%s, %s, %s)",
                origin.place,
            )
        )

    def _is_young(self, timestamp_ms: int) -> bool:
        return datetime.now(UTC) - datetime.fromtimestamp(timestamp_ms / 1000, UTC) < self._grace

    def _rows(self, sql: Any, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        return self._connection.execute(sql, parameters).fetchall()

    def _number(self, sql: Any, parameters: Sequence[Any] = ()) -> int:
        return int(self._rows(sql, parameters)[0][0])

    def _counts(self, sql: Any, parameters: Sequence[Any] = ()) -> dict[str, int]:
        return dict(self._rows(sql, parameters))
