"""A group's state and its members, as the coordinator describes them.

Asked with aiokafka: librdkafka's own question can abort the process when the coordinator is lost meanwhile
(confluentinc/librdkafka#4605).
"""

from collections.abc import Iterable
from typing import Any, Final

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from config.kafka import KafkaSettings
from ops.lag.sample import GroupState

_MILLISECONDS: Final = 5_000


async def group_states(kafka: KafkaSettings, groups: Iterable[str]) -> dict[str, GroupState]:
    """Of each group that a coordinator describes. A group that has never been is ``Dead``, without members."""
    admin = AIOKafkaAdminClient(**kafka.aiokafka(), request_timeout_ms=_MILLISECONDS)
    try:
        await admin.start()
        # One group a question: aiokafka 0.14 reads version 3 of the answer as 2, and loses its place at the second.
        answers = [answer for group in groups for answer in await admin.describe_consumer_groups([group])]
    except (KafkaError, OSError, TimeoutError):
        return {}
    finally:
        await admin.close()
    return dict(found for answer in answers for one in answer.groups if (found := _state(one)) is not None)


def _state(described: Any) -> tuple[str, GroupState] | None:
    code, group, state, _, _, members, *_ = described
    return None if code else (group, GroupState(state=state, members=len(members)))
