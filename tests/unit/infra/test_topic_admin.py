"""Why a broker lets nobody in is said as the person needs it who must mend it."""

import pytest
from confluent_kafka import KafkaError

from infra.topic_admin import refusal

ALERT = "sasl_ssl://k.example:9093/bootstrap: Receive failed: error:0A000412:SSL routines::ssl/tls alert {}: SSL alert"


@pytest.mark.parametrize(
    ("code", "said", "sentence"),
    [
        (
            KafkaError._TRANSPORT,
            ALERT.format("bad certificate"),
            "Kafka does not take the client's certificate",
        ),
        (
            KafkaError._TRANSPORT,
            ALERT.format("certificate expired"),
            "Kafka does not take the client's certificate",
        ),
        (KafkaError._TRANSPORT, ALERT.format("unknown ca"), "Kafka does not take the client's certificate"),
        (KafkaError._AUTHENTICATION, "wrong password", "Kafka lets nobody in under this name"),
        (KafkaError._SSL, "certificate verify failed", "Kafka lets nobody in under this name"),
        (KafkaError._TRANSPORT, "Connect to k.example:9093 failed: Connection refused", ""),
        (KafkaError._ALL_BROKERS_DOWN, "1/1 brokers are down", ""),
    ],
)
def test_a_broker_that_says_no_is_told_from_one_that_is_away(code: int, said: str, sentence: str) -> None:
    assert refusal(KafkaError(code, said)).partition(":")[0] == sentence
