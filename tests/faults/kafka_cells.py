"""Faults of the broker and of the way to it, on one node; what only a cluster can show is in `cluster_cells`."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any, Final

from confluent_kafka import Producer

from config.environments import AuditEnvironment
from config.topics import Topic
from frafaldsvarsel.processes.auditor import once
from models.events.event_types import InputTopic
from streams.settings import GROUP
from tests.faults.admin import Admin, AdminError
from tests.faults.cells import Cell, Family, Run, halves
from tests.faults.kafka_log import NotDrained, places
from tests.faults.network_faults import bad_way, cut, lost_answers
from tests.faults.observation import Seen
from tests.faults.process_settings import SESSION_SECONDS
from tests.faults.proxy import OFFSET_COMMIT, PRODUCE, Way
from tests.faults.rig import KAFKA, WORKERS
from tests.faults.workload import Sent

_FETCH: Final = 1
_JOIN: Final = 11
_HEARTBEAT: Final = 12
_PATIENCE: Final = 30.0


def _broker_killed(run: Run, chunk: Sequence[Sent], *, in_order: bool = False) -> int:
    first, second = halves(chunk)
    run.publish(first)
    broker = run.rig.broker
    broker.stop() if in_order else broker.kill()
    broker.start()
    broker.wait_ready()
    run.healed()
    run.publish(second)
    return 1


def _swallowed(run: Run, chunk: Sequence[Sent], *, api: int, times: int) -> int:
    proxy = run.rig.proxy
    before = proxy.swallowed(KAFKA)
    proxy.swallow(KAFKA, times, api=api)
    for part in halves(chunk, times):
        run.publish(part)
        time.sleep(0.3)
    return lost_answers(run, server=KAFKA, before=before, times=times, seconds=_PATIENCE)


def _storm(run: Run, chunk: Sequence[Sent], *, times: int) -> int:
    """Workers without a steady name come and go: every time, everybody stops and is assigned anew."""
    children = run.rig.children
    for turn, part in enumerate(halves(chunk, times)):
        name = f"worker-{20 + turn}"
        children.add(name, steady=False)
        run.publish(part)
        children.wait_ready(name)
        children.remove(name)
    run.healed()
    return 2 * times


def _without_workers(run: Run, chunk: Sequence[Sent], work: Callable[[Admin], None]) -> int:
    """`work` on the group while nobody is in it."""
    first, second = halves(chunk)
    run.rig.children.hold(*WORKERS)
    run.publish(first)
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            work(run.rig.admin)
            break
        except AdminError:  # the group is not empty before the session of a steady member has run out
            if time.monotonic() > deadline:
                raise NotDrained("the group never became empty") from None
            time.sleep(0.5)
    run.rig.children.release(*WORKERS)
    run.healed()
    run.publish(second)
    return 1


def _group_deleted(run: Run, chunk: Sequence[Sent]) -> int:
    return _without_workers(run, chunk, lambda admin: admin.delete_group(GROUP))


def _offsets_moved(run: Run, chunk: Sequence[Sent], *, back: bool) -> int:
    """By hand, by a tool: every partition of the group to its beginning, or past everything that waits."""

    def move(admin: Admin) -> None:
        names = [*map(str, InputTopic), str(Topic.PERSON_EVENTS)]
        now, ends = run.rig.committed(), run.rig.ends(names)
        admin.move(
            GROUP, {place: max(0, now[place] - 50) if back else ends[place] for place in places(names)}
        )

    return _without_workers(run, chunk, move)


def _transaction(run: Run, chunk: Sequence[Sent], *, commit: bool) -> int:
    """A sender that uses transactions, which operations.md forbids: its markers are offsets without a record."""
    producer = Producer(
        {
            "bootstrap.servers": run.rig.direct,
            "transactional.id": f"somebody-{time.monotonic_ns()}",
            "log_level": 0,
        }
    )
    producer.init_transactions(30)
    marked: set[tuple[str, int]] = set()

    def told(error: Any, message: Any) -> None:
        if error is None:
            marked.add((message.topic(), message.partition()))

    first, second = halves(chunk)
    run.publish(first)
    producer.begin_transaction()
    # What is aborted was said once already, so that to take it back changes nothing.
    for sent in second if commit else first[:20]:
        headers: list[tuple[str, str | bytes | None]] = [*sent.ready.headers]
        producer.produce(
            sent.ready.topic, sent.ready.value, sent.ready.key, headers=headers, on_delivery=told
        )
    producer.flush(30)
    names = {topic for topic, _ in marked}
    before = run.rig.ends(names)
    producer.commit_transaction(30) if commit else producer.abort_transaction(30)
    # The answer comes before the markers are written.
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        ends = run.rig.ends(names)
        if all(ends[place] > before[place] for place in marked):
            break
        time.sleep(0.05)
    run.rig.markers |= {(*place, before[place]) for place in marked}
    if commit:
        run.published += second
    else:
        run.publish(second)
    run.healed()
    return 1


def _amend_aborted(run: Run, seen: Seen) -> None:
    """The worker reads what is not committed yet: it answers an aborted record as any other."""
    known = {logged.place for logged in seen.inputs}
    answered = [place for place in seen.receipts if place not in known]
    run.told.append(f"{len(answered)} records of aborted transactions were taken as if they counted")
    for place in answered:
        del seen.receipts[place]


def _retention(run: Run, chunk: Sequence[Sent]) -> int:
    """Records go before anybody has read them. They are lost: what counts is that somebody says so."""
    rig = run.rig
    topic = str(InputTopic.DROPOUT_RISKS)
    # A partition that nobody has ever read has no place from which a hole could be seen.
    rig.publish(rig.load.draw(200))
    rig.drain()
    # The auditor has been here before: one that comes for the first time believes what it finds.
    once(rig.told(AuditEnvironment), timedelta(0))
    run.marks = rig.mark()
    before = rig.ends([topic])
    rig.children.hold(*WORKERS)
    doomed = [one for one in rig.load.draw(120) if one.ready.topic == topic]
    rig.publish(doomed)
    ends = rig.ends([topic])
    gone = {place: end for place, end in ends.items() if end > before[place]}
    rig.admin.delete_records(gone)
    removed = {(*place, offset) for place, end in gone.items() for offset in range(before[place], end)}
    rig.markers |= removed
    run.lost_on_purpose += len(removed)
    rig.children.release(*WORKERS)
    rig.children.wait_ready(*WORKERS)
    run.healed()
    run.publish(chunk)
    return 1


def _amend_retention(run: Run, seen: Seen) -> None:
    said = [
        line
        for where, text in seen.texts
        if where.startswith("log worker")
        for line in text.decode(errors="replace").splitlines()
        if "retention has removed" in line
    ]
    run.told.append(
        f"{run.lost_on_purpose} records were removed unread, and the log says so {len(said)} times"
    )
    if not said:
        run.left_out.append("records were removed unread, and nobody said so")


def _copied(run: Run, chunk: Sequence[Sent]) -> int:
    """Good records of one topic written to another by somebody who may write there."""
    run.publish(chunk)
    topics = [str(topic) for topic in InputTopic]
    copies = []
    for number, sent in enumerate([one for one in chunk if one.event is not None][:10]):
        others = [topic for topic in topics if topic != sent.ready.topic]
        copied = replace(sent.ready, topic=others[number % len(others)])
        copies.append(replace(sent, ready=copied, event=None))
    run.publish(copies)
    run.healed()
    return len(copies)


def _cell(name: str, work: Any, *, per_round: int = 1, most_rounds: int = 100, **more: Any) -> Cell:
    given = {key: more.pop(key) for key in ("amend", "alarms") if key in more}
    return Cell(
        name, Family.KAFKA, partial(work, **more), per_round=per_round, most_rounds=most_rounds, **given
    )


CELLS: Final = (
    _cell("offsets of the group deleted", _group_deleted, most_rounds=1),
    _cell("offsets of the group moved back", _offsets_moved, most_rounds=2, back=True),
    _cell("offsets of the group moved ahead", _offsets_moved, most_rounds=2, back=False),
    _cell("broker killed and started", _broker_killed, most_rounds=6),
    _cell("broker stopped and started", _broker_killed, most_rounds=2, in_order=True),
    _cell("answer to Produce swallowed", _swallowed, per_round=5, api=PRODUCE, times=5),
    _cell("answer to OffsetCommit swallowed", _swallowed, per_round=5, api=OFFSET_COMMIT, times=5),
    _cell("answer to Fetch swallowed", _swallowed, per_round=5, api=_FETCH, times=5),
    _cell("answer to Heartbeat swallowed", _swallowed, per_round=3, most_rounds=4, api=_HEARTBEAT, times=3),
    _cell("connections to the broker cut", cut, server=KAFKA, per_round=4, times=4),
    _cell("broker refuses connections", bad_way, server=KAFKA, way=Way.REFUSE, seconds=3, most_rounds=4),
    _cell("broker half open", bad_way, server=KAFKA, way=Way.HALF_OPEN, seconds=4, most_rounds=3),
    _cell("broker's answers vanish", bad_way, server=KAFKA, way=Way.DEAF, seconds=3, most_rounds=2),
    _cell(
        "broker blocked past the session",
        bad_way,
        server=KAFKA,
        way=Way.BLOCK,
        seconds=SESSION_SECONDS + 3,
        most_rounds=3,
    ),
    _cell("broker slow", bad_way, server=KAFKA, way=Way.OPEN, seconds=3, latency=0.3, most_rounds=3),
    _cell("rebalance storm", _storm, per_round=6, most_rounds=4, times=3),
    _cell("transactions aborted by others", _transaction, commit=False, most_rounds=5, amend=_amend_aborted),
    _cell("offset gaps from a sender's transactions", _transaction, commit=True, most_rounds=5),
    _cell("retention passes the workers", _retention, most_rounds=1, amend=_amend_retention, alarms=True),
    _cell("records copied to another kind's topic", _copied, per_round=10),
)
