"""Bugs of the stream worker."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from config.topics import Topic
from infra import logging as logs
from infra.kafka_record import KafkaRecord
from models import cpr
from models.events.event_types import EVENT_TYPES, InputTopic
from streams import intake, open_person
from streams.batch_driver import BatchDriver
from streams.batch_producer import BatchProducer
from streams.checkpoint import Checkpoint
from streams.engine import batch_transport, faust_app
from streams.receipt_draft import ReceiptDraft
from tests.faults.planted_bugs.replace import replace_attribute

_SLOW_SECONDS = 1.5


async def _as_it_came(
    progress: Checkpoint, topic: str, partition: int, records: Sequence[KafkaRecord]
) -> list[KafkaRecord]:
    return list(records)


def _believe_the_engine() -> None:
    """Takes away the line of defence behind the engine: what it skips is not read beside it any more."""
    replace_attribute(Checkpoint, "fill_gaps", _as_it_came)


def offset_before_output() -> None:
    """A batch ends when its output has been handed over; it is sent a moment later, and nobody waits for it."""
    real = BatchProducer.flush
    later: set[asyncio.Task[None]] = set()

    async def send_later(output: BatchProducer, waiting: Any) -> None:
        await asyncio.sleep(_SLOW_SECONDS)
        real_waiting, output._waiting = output._waiting, waiting
        sending = real(output)
        task = asyncio.ensure_future(sending)
        await asyncio.sleep(0)
        output._waiting = real_waiting
        await task

    async def flush(output: BatchProducer) -> None:
        waiting, output._waiting = output._waiting, defaultdict(list)
        for place in [place for place in waiting if place[0] == Topic.PROGRESS]:
            output._waiting[place] = waiting.pop(place)
        await real(output)
        task = asyncio.create_task(send_later(output, waiting))
        later.add(task)
        task.add_done_callback(later.discard)

    replace_attribute(BatchProducer, "flush", flush)


def two_actors_alone() -> None:
    """Two actors for each step, each of which may be slow: the one that is done first commits past the other."""
    real_agent, real_batch = faust_app.App.agent, BatchDriver.batch
    turn = 0

    def agent(self: faust_app.App, *arguments: Any, **settings: Any) -> Any:
        return real_agent(self, *arguments, **{**settings, "concurrency": 2})

    async def batch(driver: BatchDriver, records: Sequence[KafkaRecord]) -> None:
        nonlocal turn
        turn += 1
        await asyncio.sleep(_SLOW_SECONDS * (turn % 2))
        await real_batch(driver, records)

    replace_attribute(faust_app.App, "agent", agent)
    replace_attribute(BatchDriver, "batch", batch)


def two_actors() -> None:
    """And what was passed over is no hole for the step any more."""
    two_actors_alone()
    _believe_the_engine()


def from_the_end_alone() -> None:
    """A partition without a committed offset is read from its end.

    A step's progress shows the hole with the next record: where none follows, this does harm by itself.
    """

    class Latest(faust_app.App):
        def __init__(self, *arguments: Any, **settings: Any) -> None:
            super().__init__(*arguments, **{**settings, "consumer_auto_offset_reset": "latest"})

    replace_attribute(faust_app, "App", Latest)


def from_the_end() -> None:
    """And nobody seeks its beginning, and the step does not know from its own progress where to read on."""
    from_the_end_alone()
    _believe_the_engine()
    # The method of Faust's own class.
    theirs = super(batch_transport.Consumer, batch_transport.Consumer).seek_to_committed
    replace_attribute(batch_transport.Consumer, "seek_to_committed", theirs)


def cpr_in_the_log() -> None:
    """Somebody wanted to see what came in; the log's second net would strike the number out, and is taken away."""

    def normalise(text: str) -> str:
        number = cpr.normalise(text)
        logging.getLogger("streams.intake").warning("taken: %s", number)
        return number

    replace_attribute(open_person, "normalise", normalise)
    replace_attribute(logs, "without_cpr", lambda text: text)


def topic_not_signed() -> None:
    """A signature for any of the topics will do, and so will any topic for a type."""
    fits = intake._fits_quickly

    def any_topic(envelope: Any, signature: str, key: Any, topic: str) -> bool:
        return any(fits(envelope, signature, key, str(one)) for one in InputTopic)

    of_type = intake._type

    def any_place(envelope: Any, topic: str, draft: ReceiptDraft) -> Any:
        kind = EVENT_TYPES.get(envelope.attributes["type"])
        return of_type(envelope, topic if kind is None else str(kind.topic), draft)

    replace_attribute(intake, "_fits_quickly", any_topic)
    replace_attribute(intake, "_type", any_place)
