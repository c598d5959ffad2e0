"""Whether a consumer still works: aiokafka's own tasks can end, and it tells nobody (docs/faust.md, 22)."""

from typing import Any


class ConsumerEnded(RuntimeError):
    """It will never fetch, or never join its group, again; start the process again."""


def check_consumer(consumer: Any) -> None:
    """Raise `ConsumerEnded` where `consumer`, which was started and has a group, goes on in name alone."""
    for what, task in (
        ("fetching", consumer._fetcher.error_future),
        ("membership of its group", consumer._coordinator._coordination_task),
    ):
        if task.done():
            fault = None if task.cancelled() else task.exception()
            raise ConsumerEnded(f"the consumer's {what} has ended") from fault
