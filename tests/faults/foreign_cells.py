"""Records that the service did not write, on its own topics and under load: by somebody who may write there."""

import itertools
import signal
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Final

from confluent_kafka import Producer

from config.environments import AuditEnvironment
from config.topics import BY_NAME, Topic
from frafaldsvarsel.processes.auditor import once
from frafaldsvarsel.wiring.common import stream_mac
from infra.kafka_record import KafkaRecord
from ops.audit.report import Check
from tests.faults.cells import Cell, Family, Run, halves
from tests.faults.kafka_log import QUIET, read
from tests.faults.observation import Seen
from tests.faults.rig import LEDGERS, WORKERS
from tests.faults.workload import Sent

_TOPICS: Final = (Topic.RECEIPTS, Topic.APPLIED, Topic.DECISIONS, Topic.PERSON_EVENTS)
_COPIED: Final = 40
"""Of the service's own records, in each round."""


def _poisoned(run: Run, chunk: Sequence[Sent], *, topic: Topic) -> int:
    """Nonsense on every partition, and the service's own records carried elsewhere, changed, and without their MAC.

    Whoever reads the topic is killed while it has them before it.
    """
    before, meanwhile, after = halves(chunk, 3)
    run.publish(before)
    partitions = range(BY_NAME[topic].partitions)
    ends = run.rig.ends([topic])
    genuine = read(
        run.rig.direct,
        {(topic, part): (max(0, ends[topic, part] - 20), ends[topic, part]) for part in partitions},
    )
    producer = Producer({"bootstrap.servers": run.rig.direct, "linger.ms": 5, **QUIET})
    for part in partitions:
        for value in (b'{"not":"a record of ours"}', b"", b"\xff\x00"):
            producer.produce(topic, value, b"key", partition=part)
    for message in itertools.islice(genuine, _COPIED):
        here, headers = message.partition(), message.headers() or []
        false = (message.value() or b"").replace(b'"offset":', b'"offset":7')
        producer.produce(topic, false, message.key(), here, headers=headers)
        producer.produce(topic, false, message.key(), here)
        producer.produce(topic, message.value(), message.key(), (here + 1) % len(partitions), headers=headers)
    run.publish(meanwhile)
    if producer.flush(30):
        run.left_out.append("the broker did not take what was to be foreign")
    victims = WORKERS if topic is Topic.PERSON_EVENTS else LEDGERS
    run.rig.children.signal(victims[-1], signal.SIGKILL)
    run.healed()
    run.publish(after)
    return 3 * len(partitions) + 3 * min(len(genuine), _COPIED)


def _all_listed(run: Run, seen: Seen, *, topic: Topic) -> None:
    """Each lies in quarantine once, nothing of ours does, and the audit names them until people decide."""
    with run.rig.connect() as connection:
        rows = connection.execute(
            'SELECT partition, "offset" FROM foreign_records WHERE topic = %s', (topic,)
        ).fetchall()
    ends = run.rig.ends([topic])
    first = {part: at for (name, part), at in run.marks.ends.items() if name == topic}
    mac = stream_mac(run.rig.settings.stream)
    foreign = {
        (message.partition(), message.offset())
        for message in read(
            run.rig.direct, {(topic, part): (at, ends[topic, part]) for part, at in first.items()}
        )
        if mac.fault(KafkaRecord.of_message(message)) is not None
    }
    listed = {(part, offset) for part, offset in rows if offset >= first[part]}
    if listed != foreign:
        run.left_out.append(
            f"{len(foreign - listed)} foreign records are not in quarantine, {len(listed - foreign)} of ours are"
        )
    (account,) = (
        one for one in once(run.rig.told(AuditEnvironment), timedelta(0)).accounts if one.hop is Check.FOREIGN
    )
    if account.parts["open"] < len(foreign) or not foreign:
        run.left_out.append(f"the audit names {account.parts['open']} of {len(foreign)} foreign records")
    run.told.append(
        f"{len(foreign)} foreign records on {topic} are in quarantine, each once, and the audit names them"
    )


CELLS: Final = tuple(
    Cell(
        f"foreign records on {topic}",
        Family.SERVICE,
        partial(_poisoned, topic=topic),
        per_round=50,
        most_rounds=3,
        amend=partial(_all_listed, topic=topic),
    )
    for topic in _TOPICS
)
