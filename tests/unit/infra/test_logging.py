"""Logs: a library that says the same thing a thousand times is heard once in a while; we are always heard."""

import json
import logging
import re

import pytest

from config.sections.processes import LogForm
from infra.logging import CPR_FOUND, OnceInAWhile, configure, without_cpr


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


@pytest.mark.parametrize(
    "number", ["0101011234", "010101-1234", "010101 1234", "010101\u20131234", "6101011234"]
)
def test_what_can_be_a_cpr_is_struck_out_and_counted(number: str) -> None:
    before = CPR_FOUND._value.get()
    assert without_cpr(f"a row with {number}, and more") == "a row with [CPR], and more"
    assert CPR_FOUND._value.get() == before + 1


@pytest.mark.parametrize(
    "text",
    [
        "offset 1795920089",
        "9901011234",
        "a1010101123",
        "01010112345",
        "FV-010101-1234x",
        "13:41:05.123456 0101",
    ],
)
def test_what_cannot_be_one_stays(text: str) -> None:
    """An offset or a moment in seconds has no such date in front; a longer number is another number."""
    assert without_cpr(text) == text


def written(capsys: pytest.CaptureFixture[str], form: LogForm) -> list[str]:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    try:
        configure(form=form)
        logging.getLogger("ledger.consume").warning("waiting: %s", "0101011234", extra={"text": "a secret"})
        try:
            raise ValueError("of 010101-1234")
        except ValueError:
            logging.getLogger("uvicorn.error").exception("it failed")
    finally:
        root.handlers[:] = before
        root.setLevel(level)
    return capsys.readouterr().err.splitlines()


def test_a_line_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    first, second, *rest = written(capsys, LogForm.LINE)
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z WARNING ledger.consume: waiting: \[CPR\]", first
    )
    assert second.endswith("ERROR uvicorn.error: it failed")
    assert rest[-1] == "ValueError: of [CPR]"


def test_an_object_a_line_for_whoever_collects_them(capsys: pytest.CaptureFixture[str]) -> None:
    """Its fields are those that somebody has looked at; what a library adds is dropped."""
    first, second = map(json.loads, written(capsys, LogForm.JSON))
    assert first.keys() == {"timestamp", "level", "logger", "event"}
    assert first["event"] == "waiting: [CPR]"
    assert second.keys() == {*first.keys(), "exception"}
    assert "1234" not in second["exception"]
