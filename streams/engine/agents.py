"""Runs the agents of a `StreamApp` on Faust, with the guard rails that docs/faust.md measured.

The process ends with exit code 70 on anything that an agent did not expect. Nothing of the batch is committed then,
and the next process reads it again.
"""

import asyncio
import logging
import os
from collections.abc import Awaitable, Sequence
from typing import Any, Final

from infra import tolerant_headers
from infra.failpoints import Point, reach
from infra.kafka_record import KafkaRecord
from streams.agent import Agent, BatchHandler, StreamApp
from streams.engine.fail_stop import fail_stop
from streams.engine.faust_app import App, faust_app, raw_channel

log = logging.getLogger(__name__)

_WITHIN_SECONDS: Final = 0.03
_REFRESH_SECONDS: Final = 60


def make_app(stream: StreamApp) -> App:
    """The Faust application of these agents, not started."""
    tolerant_headers.install()
    app = faust_app(stream.settings, stream.watch)
    refreshing: list[asyncio.Task[None]] = []

    @app.on_partitions_revoked.connect
    async def revoked(_app: Any, /, *_: Any, **__: Any) -> None:
        stream.on_revoked()

    @app.on_partitions_assigned.connect
    async def assigned(_app: Any, /, *arguments: Any, **_: Any) -> None:
        stream.on_assigned((place.topic, place.partition) for place in arguments[0])

    @app.on_before_shutdown.connect
    async def close(_app: Any, /, *_: Any, **__: Any) -> None:
        reach(Point.STREAM_SHUTDOWN)
        for task in refreshing:
            task.cancel()
        await stream.on_shutdown()

    for agent in stream.agents:
        _add_agent(app, agent, refreshing)
    return app


def _add_agent(app: App, agent: Agent, refreshing: list[asyncio.Task[None]]) -> None:
    async def consume(batches: Any) -> None:
        handler = await agent.start()
        refreshing.append(
            asyncio.create_task(_refresh_periodically(handler), name=f"refreshing {agent.name}")
        )
        async for events in batches:
            await _run_to_completion(app, handler.batch(_records(events)))

    @app.agent(raw_channel(app, *agent.topics), name=agent.name, concurrency=1)
    async def run(stream: Any) -> None:
        batches = stream.take_events(agent.max_record_batches, _WITHIN_SECONDS)
        await _run_until_shutdown(app, consume(batches))


async def _run_to_completion(app: App, batch: Awaitable[None]) -> None:
    """Faust acks a cancelled batch as if it had succeeded: exit before anything is committed (faust.md, 1)."""
    try:
        await batch
    except asyncio.CancelledError as error:
        if app.should_stop:
            log.info("told to stop in the middle of a batch: nothing of it is committed, and it comes again")
            logging.shutdown()
            os._exit(0)
        fail_stop("a batch that was cut off", error)


async def _run_until_shutdown(app: App, work: Awaitable[None]) -> None:
    """Faust goes on without an agent that was cancelled: exit, or the process would be alive and do nothing."""
    try:
        await work
    except asyncio.CancelledError as error:
        if app.should_stop:
            raise
        fail_stop("a cancelled agent", error)


async def _refresh_periodically(handler: BatchHandler) -> None:
    """A task of our own: a Faust timer that raises would let the worker commit first (faust.md, 12)."""
    try:
        while True:
            await asyncio.sleep(_REFRESH_SECONDS)
            await handler.refresh()
    except Exception as error:
        fail_stop("refreshing the state", error)


def _records(events: Sequence[Any]) -> list[KafkaRecord]:
    return [KafkaRecord.of(record) for event in events for record in event.message.records]
