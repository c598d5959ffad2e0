"""The Faust application with our settings and fail-stop."""

import asyncio
from typing import Any, Final

import faust
from faust.auth import SASLCredentials, SSLCredentials

from config.kafka import METADATA_MS, KafkaSettings, Security
from streams.engine.batch_transport import Transport
from streams.engine.fail_stop import fail_stop
from streams.settings import GROUP, WorkerSettings
from streams.watch import StreamWatch

_TURN_SECONDS: Final = 0.5


class App(faust.App):
    """Faust's application, with fail-stop: its own error handler would commit the batch that failed (faust.md, 1)."""

    watch: StreamWatch

    async def on_start(self) -> None:
        """Begin to say that the event loop turns."""
        await super().on_start()
        self.add_future(self._turn())

    async def _turn(self) -> None:
        while not self.should_stop:
            self.watch.turned()
            await asyncio.sleep(_TURN_SECONDS)

    async def _on_agent_error(self, agent: Any, exc: BaseException) -> None:
        fail_stop(agent.name, exc)

    def _new_transport(self) -> Transport:
        return Transport(self.conf.broker_consumer, self)


def faust_app(settings: WorkerSettings, watch: StreamWatch) -> App:
    brokers = [f"kafka://{server}" for server in settings.kafka.bootstrap_servers.split(",")]
    session = settings.session_timeout.total_seconds()
    app = App(
        GROUP,
        broker=brokers,
        broker_credentials=_credentials(settings.kafka),
        broker_session_timeout=session,
        broker_heartbeat_interval=session / 4,
        broker_rebalance_timeout=30.0,
        broker_request_timeout=30.0,
        broker_commit_interval=0.5,
        consumer_auto_offset_reset="earliest",
        consumer_metadata_max_age_ms=METADATA_MS,
        consumer_group_instance_id=settings.instance and f"{GROUP}-{settings.instance}",
        consumer_max_fetch_size=8 * 1024 * 1024,
        processing_guarantee="at_least_once",
        key_serializer="raw",
        value_serializer="raw",
        store="memory://",
        stream_buffer_maxsize=64,
        stream_wait_empty=False,
        producer_request_timeout=60.0,
        topic_allow_declare=False,
        topic_disable_leader=True,
        web_enabled=False,
        cython_optimizations=True,
        datadir=settings.data_dir,
    )
    app.watch = watch
    return app


def raw_channel(app: App, *topics: str) -> Any:
    return app.topic(
        *topics,
        key_type=bytes,
        value_type=bytes,
        key_serializer="raw",
        value_serializer="raw",
        allow_empty=True,
        internal=False,
    )


def _credentials(kafka: KafkaSettings) -> SSLCredentials | SASLCredentials | None:
    context = kafka.ssl_context()
    if kafka.security is Security.PLAINTEXT or context is None:
        return None
    if kafka.security is Security.SSL:
        return SSLCredentials(context=context)
    password = kafka.password.get_secret_value() if kafka.password else None
    return SASLCredentials(
        username=kafka.username, password=password, mechanism=kafka.mechanism, ssl_context=context
    )
