"""Collects what a cell has left behind, for the judge: only what came since its marks."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import psycopg

from config.topics import Topic
from models.events.event_types import InputTopic
from streams.packed_record import with_unpacked
from tests.faults.kafka_log import NotDrained, read
from tests.faults.observation import ActSeen, DeliverySeen, Logged, MailSeen, MessageSeen, Seen, TaskSeen
from tests.faults.rig import Marks, Rig
from tests.faults.workload import Sent

_INPUTS = set(map(str, InputTopic))


def gather(rig: Rig, marks: Marks, published: Sequence[Sent]) -> Seen:
    """Everything since `marks`."""
    seen = Seen()
    ends = rig.ends({topic for topic, _ in marks.ends})
    # Partitions that have come since begin with their first record.
    marks = replace(marks, ends={place: marks.ends.get(place, 0) for place in ends})
    messages = read(rig.direct, {place: (first, ends[place]) for place, first in marks.ends.items()})
    _inputs(seen, messages, published)
    for message in messages:
        where = f"topic {message.topic()}/{message.partition()}@{message.offset()}"
        said = [message.key() or b"", with_unpacked(message.value() or b"")]
        said += [part for name, held in message.headers() or () for part in (name.encode(), held or b"")]
        seen.texts.append((where, b"\n".join(said)))
    for mail, body in rig.relay.take():
        seen.mails.append(mail)
        seen.texts.append((f"mail {mail.message_id}", body))
    for file in rig.logs():
        with file.open("rb") as log:
            log.seek(min(marks.logs.get(file, 0), file.stat().st_size))
            seen.texts.append((f"log {file.name}", log.read()))
    with rig.connect() as connection:
        _rows(seen, connection, marks)
    return seen


def inputs(rig: Rig, marks: Marks, published: Sequence[Sent]) -> list[Logged]:
    """The input records since `marks` alone, in the middle of a cell."""
    places = {place: first for place, first in marks.ends.items() if place[0] in _INPUTS}
    ends, seen = rig.ends(_INPUTS), Seen()
    _inputs(
        seen, read(rig.direct, {place: (first, ends[place]) for place, first in places.items()}), published
    )
    return seen.inputs


def _of_others(connection: psycopg.Connection[Any], seen: Seen) -> set[str]:
    """Mails of an earlier cell that has failed: what it left behind went out in this one."""
    unknown = {_delivery(mail) for mail in seen.mails} - {str(one.id) for one in seen.deliveries}
    rows = connection.execute("SELECT id FROM deliveries WHERE id::text = ANY(%s)", (list(unknown),))
    return {str(found) for (found,) in rows.fetchall()}


def _delivery(mail: MailSeen) -> str:
    return mail.message_id.partition("@")[0].lstrip("<")


def _inputs(seen: Seen, messages: Iterable[Any], published: Sequence[Sent]) -> None:
    by_bytes: defaultdict[bytes, list[Sent]] = defaultdict(list)
    for sent in published:
        by_bytes[_digest(sent.ready.topic, sent.ready.key, sent.ready.value, sent.ready.headers)].append(sent)
    logged: set[bytes] = set()
    for message in messages:
        if message.topic() not in _INPUTS:
            continue
        digest = _digest(message.topic(), message.key(), message.value(), message.headers() or ())
        known = by_bytes.get(digest)
        if known is None:
            raise NotDrained(f"{message.topic()}@{message.offset()} was not published by this cell")
        logged.add(digest)
        appended_at = datetime.fromtimestamp(message.timestamp()[1] / 1000, UTC)
        place = (message.topic(), message.partition(), message.offset())
        seen.inputs.append(Logged(place, appended_at, known[0]))
    if missing := len(by_bytes.keys() - logged):
        raise NotDrained(f"{missing} published records are not in the log: the broker lost them")


def _digest(topic: str, key: bytes | None, value: bytes | None, headers: Any) -> bytes:
    return hashlib.sha256(repr((topic, key, value, list(headers))).encode()).digest()


def _rows(seen: Seen, connection: psycopg.Connection[Any], marks: Marks) -> None:
    def ask(query: Any, parameters: Any = ()) -> list[Any]:
        return connection.execute(query, parameters).fetchall()

    def texts(table: str, rows: Iterable[tuple[str]]) -> None:
        seen.texts.extend((f"table {table}", text.encode()) for (text,) in rows)

    for (topic, partition), first in marks.ends.items():
        if topic in _INPUTS:
            rows = ask(
                'SELECT "offset", status, r::text FROM receipts r WHERE topic = %s AND partition = %s '
                'AND "offset" >= %s',
                (topic, partition, first),
            )
            seen.receipts |= {(topic, partition, offset): status for offset, status, _ in rows}
            texts("receipts", [(text,) for _, _, text in rows])
        elif topic == Topic.PERSON_EVENTS:
            rows = ask(
                "SELECT origin_topic, origin_partition, origin_offset, person_id, a::text FROM applied a "
                'WHERE partition = %s AND "offset" >= %s',
                (partition, first),
            )
            seen.applied += [((row[0], row[1], row[2]), row[3]) for row in rows]
            texts("applied", [(row[4],) for row in rows])
    # Not those whom an earlier cell has left, and who were healed meanwhile.
    ours = {logged.place for logged in seen.inputs}
    people = list({person_id for place, person_id in seen.applied if place in ours})
    for *columns, text in ask(
        "SELECT sender, message_id, person_id, outcome, reason, enrolment_id, unit_id, task_id, m::text "
        "FROM messages m WHERE person_id = ANY(%s)",
        (people,),
    ):
        seen.messages.append(MessageSeen(*columns))
        texts("messages", [(text,)])
    for *columns, text in ask(
        "SELECT id, person_id, enrolment_id, unit_id, status, react_by, appended_at, attempts, reference, t::text "
        "FROM tasks t WHERE person_id = ANY(%s)",
        (people,),
    ):
        seen.tasks.append(TaskSeen(*columns))
        texts("tasks", [(text,)])
    tasks = [task.id for task in seen.tasks]
    for *columns, text in ask(
        "SELECT id, task_id, number, kind, detail ->> 'to_unit', serial, by_id, a::text FROM acts a "
        "WHERE task_id = ANY(%s)",
        (tasks,),
    ):
        seen.acts.append(ActSeen(*columns))
        texts("acts", [(text,)])
    for *columns, text in ask(
        "SELECT id, task_id, occasion, cause, recipient, status, audience, channel, d::text FROM deliveries d "
        "WHERE task_id = ANY(%s)",
        (tasks,),
    ):
        seen.deliveries.append(DeliverySeen(*columns))
        texts("deliveries", [(text,)])
    strangers = _of_others(connection, seen)
    seen.mails = [mail for mail in seen.mails if _delivery(mail) not in strangers]
    deliveries = [delivery.id for delivery in seen.deliveries]
    texts("attempts", ask("SELECT a::text FROM attempts a WHERE delivery_id = ANY(%s)", (deliveries,)))
    texts("audit", ask("SELECT a::text FROM audit a WHERE id > %s", (marks.audit,)))
    texts(
        "outbox",
        ask("SELECT convert_from(value, 'UTF8') || o.key FROM outbox o WHERE due_at >= %s", (marks.began,)),
    )
    texts(
        "repeats",
        ask(
            'SELECT p::text FROM repeats p JOIN receipts USING (topic, partition, "offset") WHERE recorded_at >= %s',
            (marks.began,),
        ),
    )
