"""Logs: a library that says the same thing a thousand times is heard once in a while; we are always heard."""

import logging

from infra.logging import OnceInAWhile


def record(name: str, text: str) -> logging.LogRecord:
    return logging.LogRecord(name, logging.WARNING, __file__, 1, text, None, None)


def test_a_library_repeats_itself_only_after_the_time() -> None:
    now = [100.0]
    once = OnceInAWhile(30, clock=lambda: now[0])
    assert once.filter(record("aiokafka.client", "the broker is away"))
    now[0] += 29
    assert not once.filter(record("aiokafka.client", "the broker is away"))
    assert once.filter(record("aiokafka.client", "another thing"))
    assert once.filter(record("aiokafka.consumer", "the broker is away"))
    now[0] += 2
    assert once.filter(record("aiokafka.client", "the broker is away"))


def test_our_own_lines_are_never_held_back() -> None:
    once = OnceInAWhile(30, clock=lambda: 0.0)
    assert all(once.filter(record("streams.checkpoint", "the stream skipped 3 records")) for _ in range(5))
