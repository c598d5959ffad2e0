"""How long a fetch of Faust's consumer waits for more records; Faust has no setting for it."""

from typing import Any

from faust.transport.drivers import aiokafka as driver

from config.kafka import FETCH_BYTES, FETCH_WAIT_MS


class FetchingThread(driver.AIOKafkaConsumerThread):
    """Faust's thread. Its own fetches are answered at the first record, and a batch of one costs what many cost."""

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_min_bytes = FETCH_BYTES
        consumer._fetch_max_wait_ms = FETCH_WAIT_MS
        return consumer
