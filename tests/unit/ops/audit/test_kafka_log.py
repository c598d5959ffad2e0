"""A slow answer is waited for; a broker that is gone is said at once."""

from typing import Final

import pytest
from confluent_kafka import KafkaError, KafkaException

from ops.audit.kafka_log import _TRIES, LogUnreachable, patiently

SLOW: Final = KafkaError._TIMED_OUT
GONE: Final = KafkaError._TRANSPORT


class Broker:
    """Fails so often, and then answers."""

    def __init__(self, *faults: int) -> None:
        self.faults = list(faults)
        self.asked = 0

    def answer(self, seconds: float) -> str:
        """What it says within so many seconds."""
        assert seconds > 0
        self.asked += 1
        if self.faults:
            raise KafkaException(KafkaError(self.faults.pop(0)))
        return "here"


def test_a_busy_broker_is_asked_again() -> None:
    broker = Broker(*[SLOW] * (_TRIES - 1))
    assert patiently(broker.answer) == "here"
    assert broker.asked == _TRIES


@pytest.mark.parametrize(("faults", "asked"), [([SLOW] * _TRIES, _TRIES), ([GONE], 1), ([SLOW, GONE], 2)])
def test_one_that_does_not_answer_is_given_up_with_its_own_words(faults: list[int], asked: int) -> None:
    broker = Broker(*faults)
    with pytest.raises(LogUnreachable, match="Kafka does not answer: "):
        patiently(broker.answer)
    assert broker.asked == asked
