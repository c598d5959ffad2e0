"""The senders of the rig: as their libraries do, what the broker refuses is sent again."""

import time
from collections.abc import Callable, Iterable
from typing import Final

from confluent_kafka import Producer

from tests.faults.kafka_log import QUIET
from tests.faults.workload import Sent

_TRIES: Final = 20


class Publisher:
    """One idempotent producer for all of them."""

    def __init__(self, servers: str) -> None:
        reach: dict[str, str | int | float | bool] = {"bootstrap.servers": servers, **QUIET}
        self._producer = Producer(
            reach | {"linger.ms": 5, "enable.idempotence": True, "message.timeout.ms": 120_000}
        )

    def publish(self, records: Iterable[Sent], timestamp_ms: int) -> None:
        """Until every record is acknowledged."""
        waiting = list(records)
        for _ in range(_TRIES):
            waiting = self._send(waiting, timestamp_ms)
            if not waiting:
                return
            time.sleep(1)  # as a sender does: what was refused is sent again
        raise AssertionError(f"the load could not be published: {len(waiting)} records are left")

    def _send(self, records: Iterable[Sent], timestamp_ms: int) -> list[Sent]:
        """Those that the broker has refused."""
        refused: list[Sent] = []

        def told(sent: Sent) -> Callable[[object, object], None]:
            def answered(error: object, _: object) -> None:
                if error is not None:
                    refused.append(sent)

            return answered

        for sent in records:
            ready = sent.ready
            headers: list[tuple[str, str | bytes | None]] = [*ready.headers]
            while True:
                try:
                    self._producer.produce(
                        ready.topic,
                        ready.value,
                        ready.key,
                        headers=headers,
                        on_delivery=told(sent),
                        timestamp=timestamp_ms,
                    )
                    break
                except BufferError:
                    self._producer.poll(0.05)
        left = self._producer.flush(120)
        assert left == 0, f"the load could not be published: {left} records are under way"
        return refused
