"""Checks a consumer: aiokafka does not report when one of its own tasks has ended (docs/faust.md, 22)."""

from typing import Any


class ConsumerEnded(RuntimeError):
    """The consumer will not fetch, or not join its group, any more. Start the process again."""


def check_consumer(consumer: Any) -> None:
    """Raise `ConsumerEnded` if the fetch task or the group task of `consumer`, a started one with a group, has died."""
    for what, task in (
        ("fetching", consumer._fetcher.error_future),
        ("membership of its group", consumer._coordinator._coordination_task),
    ):
        if task.done():
            fault = None if task.cancelled() else task.exception()
            raise ConsumerEnded(f"the consumer's {what} has ended") from fault
