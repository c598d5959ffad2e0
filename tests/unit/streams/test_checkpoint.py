"""Progress: a hole in what the engine delivers is read beside it, so that each partition is whole and in order."""

import logging

import pytest

from config.topics import Topic
from streams.checkpoint import Checkpoint
from tests.unit.streams.doubles import Log

TOPIC = "enrolments"


def filled(count: int) -> Log:
    """A log with `count` records on partition 2."""
    log = Log()
    for number in range(count):
        log.append(TOPIC, 2, None, b"%d" % number)
    return log


def of(log: Log) -> Checkpoint:
    """The progress of a step of this test."""
    return Checkpoint("step", log.reader)


async def offsets(progress: Checkpoint, log: Log, *delivered: int) -> list[int]:
    """The offsets that are applied when the engine delivers these."""
    records = [log.records[TOPIC, 2][offset] for offset in delivered]
    return [record.offset for record in await progress.fill_gaps(TOPIC, 2, records)]


async def test_what_was_skipped_before_the_first_record_and_between_is_read_in_order() -> None:
    """Nothing noted yet: the partition counts from its beginning."""
    log = filled(8)
    progress = of(log)
    assert await offsets(progress, log, 2, 3, 6) == [0, 1, 2, 3, 4, 5, 6]
    assert progress.skipped == 4


async def test_a_batch_goes_on_where_the_last_one_ended() -> None:
    """After `advance` only a hole from there on is a hole."""
    log = filled(8)
    progress = of(log)
    progress.advance(TOPIC, 2, 4, log.output())
    assert await offsets(progress, log, 4, 5) == [4, 5]
    progress.advance(TOPIC, 2, 6, log.output())
    assert await offsets(progress, log, 7) == [6, 7]
    assert progress.skipped == 1


async def test_a_replay_is_taken_as_it_comes() -> None:
    """A record below the progress is delivered again after a crash: it is no hole, and no reason to read more."""
    log = filled(8)
    progress = of(log)
    progress.advance(TOPIC, 2, 6, log.output())
    assert await offsets(progress, log, 3, 4, 5, 6) == [3, 4, 5, 6]
    assert progress.skipped == 0


async def test_progress_survives_a_restart_and_never_goes_back() -> None:
    """Of several writers, a zombie among them, the furthest is right; other steps' notes are theirs."""
    log = filled(9)
    output = log.output()
    first = of(log)
    first.advance(TOPIC, 2, 7, output)
    first.advance(TOPIC, 2, 5, output)
    await output.flush()
    log.append(Topic.PROGRESS, 0, b"step/enrolments/2", b"3")
    log.append(Topic.PROGRESS, 0, b"other/enrolments/2", b"9")
    assert [record.value for record in log.written(Topic.PROGRESS)][:2] == [b"7", b"7"]
    second = of(log)
    await second.load()
    assert await offsets(second, log, 8) == [7, 8]


async def test_a_new_load_forgets_what_was_known_of_an_old_assignment() -> None:
    """Another worker may have gone further meanwhile: only what stands in Kafka counts."""
    log = filled(9)
    progress = of(log)
    progress.advance(TOPIC, 2, 2, log.output())
    log.append(Topic.PROGRESS, 0, b"step/enrolments/2", b"6")
    await progress.load()
    assert await offsets(progress, log, 7) == [6, 7]


async def test_what_retention_has_taken_is_said_and_the_rest_is_read(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A record that nobody can read any more is an error in the log, not the end of the partition."""
    log = filled(8)
    log.first[TOPIC, 2] = 4
    progress = of(log)
    progress.advance(TOPIC, 2, 1, log.output())
    with caplog.at_level(logging.ERROR):
        assert await offsets(progress, log, 6) == [4, 5, 6]
    assert "offsets 1 to 3 of enrolments/2" in caplog.text
