"""How many bytes a second each user may write: the brokers' own client quotas, told and asked.

Neither client library can change them, so the request (AlterClientQuotas, api key 49, version 0) is described here
with aiokafka's types.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError
from aiokafka.protocol.admin import DescribeClientQuotasRequest
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import Array, Boolean, Float64, Int16, Int32, Schema, String

from config.kafka import KafkaSettings
from infra.topic_admin import TopicsUnreachable

EVERYBODY_ELSE: Final = None
"""In place of a user: all that have no quota of their own."""
_PRODUCE: Final = "producer_byte_rate"
_USER: Final = "user"
_ANY: Final = 2
"""Match type: every entity of the kind."""
_SECONDS: Final = 30
Quotas = Mapping[str | None, int]


class _AlterAnswer(Response):  # type: ignore[misc]  # aiokafka has no types
    API_KEY = 49
    API_VERSION = 0
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "entries",
            Array(
                ("error_code", Int16),
                ("error_message", String("utf-8")),
                ("entity", Array(("entity_type", String("utf-8")), ("entity_name", String("utf-8")))),
            ),
        ),
    )


class _AlterQuestion(RequestStruct):  # type: ignore[misc]
    API_KEY = 49
    API_VERSION = 0
    RESPONSE_TYPE = _AlterAnswer
    SCHEMA = Schema(
        (
            "entries",
            Array(
                ("entity", Array(("entity_type", String("utf-8")), ("entity_name", String("utf-8")))),
                ("ops", Array(("key", String("utf-8")), ("value", Float64), ("remove", Boolean))),
            ),
        ),
        ("validate_only", Boolean),
    )


class _Alter(Request[_AlterQuestion]):  # type: ignore[misc]
    API_KEY = 49

    def __init__(self, quotas: Quotas) -> None:
        self._quotas = quotas

    def build(self, request_struct_class: type[_AlterQuestion]) -> _AlterQuestion:
        entries = [([(_USER, user)], [(_PRODUCE, float(rate), False)]) for user, rate in self._quotas.items()]
        return request_struct_class(entries, False)


@dataclass(frozen=True, slots=True)
class QuotaChange:
    """A quota that was set; `before` None: there was none."""

    user: str | None
    before: int | None
    now: int


def apply_quotas(kafka: KafkaSettings, wanted: Quotas) -> list[QuotaChange]:
    """Set what differs from `wanted` (bytes a second by user); others' quotas are left alone."""
    return asyncio.run(_apply(kafka, wanted))


def produce_quotas(kafka: KafkaSettings) -> dict[str | None, int]:
    """The quotas that the brokers have."""
    return asyncio.run(_apply_nothing(kafka))


async def _apply_nothing(kafka: KafkaSettings) -> dict[str | None, int]:
    async with _Connected(kafka) as client:
        return await _known(client)


async def _apply(kafka: KafkaSettings, wanted: Quotas) -> list[QuotaChange]:
    async with _Connected(kafka) as client:
        known = await _known(client)
        changes = [
            QuotaChange(user, known.get(user), rate)
            for user, rate in wanted.items()
            if known.get(user) != rate
        ]
        if changes:
            answer = await _ask(client, _Alter({change.user: change.now for change in changes}))
            for code, said, _ in answer.entries:
                _judge(code, said)
        return changes


class _Connected:
    def __init__(self, kafka: KafkaSettings) -> None:
        self._client = AIOKafkaClient(**kafka.aiokafka())

    async def __aenter__(self) -> Any:
        try:
            await self._client.bootstrap()
        except KafkaError as error:
            await self._client.close()
            raise TopicsUnreachable(f"Kafka does not answer: {type(error).__name__}.") from None
        return self._client

    async def __aexit__(self, *_: object) -> None:
        await self._client.close()


async def _known(client: Any) -> dict[str | None, int]:
    answer = await _ask(client, DescribeClientQuotasRequest([(_USER, _ANY, None)], True))
    _judge(answer.error_code, answer.error_message)
    return {
        entity[0][1]: round(value)
        for entity, values in answer.entries or ()
        for name, value in values
        if name == _PRODUCE
    }


async def _ask(client: Any, question: Any) -> Any:
    try:
        async with asyncio.timeout(_SECONDS):
            return await client.send(client.get_random_node(), question)
    except (KafkaError, TimeoutError) as error:
        raise TopicsUnreachable(f"Kafka does not tell of quotas: {type(error).__name__}.") from None


def _judge(code: int, said: str | None) -> None:
    if code:
        raise TopicsUnreachable(f"Kafka does not take the quotas: {said or code}.")
