"""Every name of a library that we use although its authors have not promised it: private ones, and inner ones.

An upgrade may take any of them away or give it another meaning. One test holds each row against the installed
library, and another holds that the source touches no private name that is not listed here.

Two rows are used outside this folder: the ledger checks its consumer as the engine does, and may not import streams;
and the mail channel must see bytes that aiosmtplib keeps to itself. Those stand here too, so that there is one table.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Library(StrEnum):
    """A distribution, as it is installed."""

    FAUST = "faust-streaming"
    MODE = "mode-streaming"
    AIOKAFKA = "aiokafka"
    AIOSMTPLIB = "aiosmtplib"


VERSIONS: Final = {
    Library.FAUST: "0.15.3",
    Library.MODE: "0.7.1",
    Library.AIOKAFKA: "0.14.0",
    Library.AIOSMTPLIB: "5.1.3",
}
"""The versions that were read and measured. With another one, read what each row names, then change it here."""

ATTRIBUTE: Final = "attribute"


@dataclass(frozen=True, slots=True)
class PrivateName:
    """One name: where the library defines it, what it must look like, which of our files use it, and why."""

    library: Library
    owner: str
    """The module, or the class with its module."""
    name: str
    shape: str
    """`attribute`, `property`, `class`, or the parameters of a function, with `async` before them."""
    files: tuple[str, ...]
    why: str


def _rows(
    library: Library, owner: str, files: tuple[str, ...], why: str, shapes: Mapping[str, str]
) -> tuple[PrivateName, ...]:
    return tuple(PrivateName(library, owner, name, shape, files, why) for name, shape in shapes.items())


_APP: Final = "faust.app.base.App"
_CONSUMER: Final = "faust.transport.consumer.Consumer"
_DELEGATE: Final = "faust.transport.consumer.ThreadDelegateConsumer"
_THREAD: Final = "faust.transport.drivers.aiokafka.AIOKafkaConsumerThread"
_KAFKA_CONSUMER: Final = "aiokafka.consumer.consumer.AIOKafkaConsumer"
_COORDINATOR: Final = "aiokafka.consumer.group_coordinator.GroupCoordinator"
_STATE: Final = "aiokafka.consumer.subscription_state"

_FAUST_APP: Final = "streams/engine/faust_app.py"
_TRANSPORT: Final = "streams/engine/batch_transport.py"
_WATCHDOG: Final = "streams/engine/consumer_watchdog.py"
_COMMITS: Final = "streams/engine/generation_commits.py"
_FETCHES: Final = "streams/engine/fetch_wait.py"
_FAIL_STOP: Final = "streams/engine/fail_stop.py"
_HEADERS: Final = "infra/tolerant_headers.py"
_HEALTH: Final = "infra/consumer_health.py"
_SMTP: Final = "notifiers/email/connection.py"

_BATCHES: Final = "one message carries many records, under the offset of the last"
_COMMITTED: Final = "acknowledgements and commits belong to one generation (faust.md, 19)"
_SILENT: Final = "Faust says nothing of a task that was cancelled (faust.md, 21)"
_ENDED: Final = "aiokafka says nothing of a task that has ended (faust.md, 22)"
_FETCH_WAIT: Final = "a fetch waits for more records; Faust has no setting for it"
_HEADER_NAMES: Final = "header names that are not UTF-8"

_MESSAGE: Final = (
    "(self, topic, partition, offset, timestamp, timestamp_type, headers, key, value, checksum, "
    "serialized_key_size=None, serialized_value_size=None, tp=None, time_in=None, time_out=None, "
    "time_total=None, generation_id=None)"
)

F, M, K = Library.FAUST, Library.MODE, Library.AIOKAFKA

_FAUST_NAMES: Final = (
    *_rows(
        F,
        _APP,
        (_FAUST_APP,),
        "Faust's own handler commits the batch that failed (faust.md, 1)",
        {"_on_agent_error": "async (self, agent, exc)"},
    ),
    *_rows(F, _APP, (_FAUST_APP,), "our transport takes the place of Faust's", {"_new_transport": "(self)"}),
    *_rows(F, _APP, (_FAUST_APP,), "whoever watches hears that the loop turns", {"on_start": "async (self)"}),
    *_rows(F, _APP, (_TRANSPORT,), _COMMITTED, {"consumer_generation_id": ATTRIBUTE}),
    *_rows(
        F,
        "faust.transport.drivers.aiokafka.Transport",
        (_TRANSPORT,),
        "our consumer takes the place of Faust's",
        {"Consumer": "class"},
    ),
    *_rows(
        F,
        _DELEGATE,
        (_TRANSPORT,),
        "our thread takes the place of Faust's",
        {"_thread": ATTRIBUTE, "_new_consumer_thread": "(self)"},
    ),
    *_rows(F, _DELEGATE, (_TRANSPORT,), _SILENT, {"_method_queue": ATTRIBUTE}),
    *_rows(
        F,
        _DELEGATE,
        (_TRANSPORT,),
        "Faust seeks nowhere in a partition without a commit (faust.md, 17)",
        {"seek_to_committed": "async (self)"},
    ),
    *_rows(
        F,
        _CONSUMER,
        (_TRANSPORT,),
        _BATCHES,
        {
            "getmany": "async (self, timeout)",
            "_wait_next_records": "async (self, timeout)",
            "_buffered_partitions": ATTRIBUTE,
            "flow_active": ATTRIBUTE,
            "perform_seek": "async (self)",
            "_new_offset": "(self, tp)",
        },
    ),
    *_rows(
        F,
        _CONSUMER,
        (_TRANSPORT,),
        "Faust turns a gap of offsets into a list in memory (faust.md, 13)",
        {"_add_gap": "async (self, tp, offset_from, offset_to)"},
    ),
    *_rows(
        F,
        _CONSUMER,
        (_TRANSPORT,),
        _COMMITTED,
        {
            "_acked": ATTRIBUTE,
            "_acked_index": ATTRIBUTE,
            "_unacked_messages": ATTRIBUTE,
            "_committed_offset": ATTRIBUTE,
            "_commit_offsets": "async (self, offsets, start_new_transaction=True)",
            "on_partitions_assigned": "async (self, assigned, generation_id=0)",
            "ack": "(self, message)",
        },
    ),
    *_rows(
        F,
        _CONSUMER,
        (_TRANSPORT,),
        "Faust ends a worker whose partition has no position yet (faust.md, 20)",
        {"verify_event_path": "(self, now, tp)"},
    ),
    *_rows(F, "faust.types.tuples.Message", (_TRANSPORT,), _BATCHES, {"__init__": _MESSAGE}),
    *_rows(
        F,
        "faust.sensors.monitor.Monitor",
        (_TRANSPORT,),
        "what is overridden told the monitor",
        {"track_tp_end_offset": "(self, tp, offset)", "on_tp_commit": "(self, tp_offsets)"},
    ),
    *_rows(
        F, _THREAD, (_WATCHDOG, _COMMITS), "the way to aiokafka's consumer", {"_ensure_consumer": "(self)"}
    ),
    *_rows(F, _THREAD, (_WATCHDOG,), _ENDED, {"on_start": "async (self)"}),
    *_rows(F, _THREAD, (_FETCHES,), _FETCH_WAIT, {"_create_worker_consumer": "(self, transport)"}),
    *_rows(
        F,
        _THREAD,
        (_COMMITS,),
        _COMMITTED,
        {"_commit": "async (self, offsets)", "call_thread": "async (self, fun, *args, **kwargs)"},
    ),
)

_MODE_NAMES: Final = (
    *_rows(M, "mode.services.Service", (_FAIL_STOP,), _SILENT, {"_execute_task": "async (self, task)"}),
    *_rows(M, "mode.threads", (_FAIL_STOP,), _SILENT, {"MethodQueueWorker": "class"}),
    *_rows(M, "mode.threads.MethodQueue", (_TRANSPORT,), _SILENT, {"Worker": "class"}),
)

_AIOKAFKA_NAMES: Final = (
    *_rows(K, _KAFKA_CONSUMER, (_HEALTH,), _ENDED, {"_fetcher": ATTRIBUTE}),
    *_rows(
        K,
        _KAFKA_CONSUMER,
        (_HEALTH, _WATCHDOG, _COMMITS),
        "the member of the group: whether it lives, and in which generation",
        {"_coordinator": ATTRIBUTE},
    ),
    *_rows(K, _KAFKA_CONSUMER, (_COMMITS,), _COMMITTED, {"_subscription": ATTRIBUTE}),
    *_rows(
        K,
        _KAFKA_CONSUMER,
        (_FETCHES,),
        _FETCH_WAIT,
        {"_fetch_min_bytes": ATTRIBUTE, "_fetch_max_wait_ms": ATTRIBUTE},
    ),
    *_rows(K, "aiokafka.consumer.fetcher.Fetcher", (_HEALTH,), _ENDED, {"error_future": "property"}),
    *_rows(K, _COORDINATOR, (_HEALTH,), _ENDED, {"_coordination_task": ATTRIBUTE}),
    *_rows(
        K,
        _COORDINATOR,
        (_WATCHDOG,),
        "a join that failed waits until somebody takes its error (faust.md, 22)",
        {"_pending_exception": ATTRIBUTE},
    ),
    *_rows(
        K,
        _COORDINATOR,
        (_WATCHDOG,),
        "a worker whose brokers are away is not ready",
        {"coordinator_id": ATTRIBUTE},
    ),
    *_rows(K, _COORDINATOR, (_COMMITS,), _COMMITTED, {"generation": ATTRIBUTE}),
    *_rows(K, f"{_STATE}.SubscriptionState", (_COMMITS,), _COMMITTED, {"subscription": "property"}),
    *_rows(K, f"{_STATE}.Subscription", (_COMMITS,), _COMMITTED, {"assignment": "property"}),
    *_rows(K, f"{_STATE}.Assignment", (_COMMITS,), _COMMITTED, {"unassign_future": ATTRIBUTE}),
    *_rows(K, "aiokafka.consumer.fetcher", (_HEADERS,), _HEADER_NAMES, {"MemoryRecords": "class"}),
    *_rows(
        K, "aiokafka.record.default_records", (_HEADERS,), _HEADER_NAMES, {"_DefaultRecordBatchPy": "class"}
    ),
    *_rows(
        K,
        "aiokafka.record.default_records._DefaultRecordBatchPy",
        (_HEADERS,),
        _HEADER_NAMES,
        {"__init__": "(self, buffer)", "_maybe_uncompress": "(self)", "_buffer": ATTRIBUTE},
    ),
)

_SMTP_NAMES: Final = _rows(
    Library.AIOSMTPLIB,
    "aiosmtplib.protocol.SMTPProtocol",
    (_SMTP,),
    "an answer that nobody asked for would pass for the next one",
    {"_buffer": ATTRIBUTE},
)

PRIVATE_NAMES: Final = (*_FAUST_NAMES, *_MODE_NAMES, *_AIOKAFKA_NAMES, *_SMTP_NAMES)
