"""Before anything is sent: each line gets its own sender's key, and a line without one is a fault."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import count

from publisher.events import FileLine, LineFault, Outgoing, PlainEvent
from publisher.publish import PublishResult, prepared
from tests.unit.publisher.conftest import CPR, Keys


def test_every_line_becomes_a_record_or_stays_a_fault(event: PlainEvent, keys: Keys) -> None:
    lines: list[FileLine | LineFault] = [
        FileLine(1, event),
        LineFault(2, "Line 2: it is not JSON."),
        FileLine(3, replace(event, sender="900999")),
        FileLine(4, replace(event, data={**event.data, "absence_percentage": 2**60})),
        FileLine(5, replace(event, type="dk.frafaldsvarsel.exam.failed.v1")),
        FileLine(6, event),
    ]
    found = list(prepared(lines, keys))
    assert [line.number for line in found] == [1, 2, 3, 4, 5, 6]
    assert [type(line) for line in found] == [Outgoing, LineFault, LineFault, LineFault, LineFault, Outgoing]
    sentences = [line.sentence for line in found if isinstance(line, LineFault)]
    assert sentences == [
        "Line 2: it is not JSON.",
        "Line 3: There is no private key of sender 900999.",
        "Line 4: data holds a number that JSON cannot carry exactly.",
        "Line 5: the contract has no event of this type, so there is no topic for it.",
    ]
    assert all(CPR not in sentence for sentence in sentences)


def test_nothing_is_prepared_before_it_is_asked_for(event: PlainEvent, keys: Keys) -> None:
    """So memory does not grow with the file."""
    taken: list[int] = []

    def endless() -> Iterator[FileLine]:
        for number in count(1):
            taken.append(number)
            yield FileLine(number, event)

    stream = prepared(endless(), keys)
    next(stream)
    next(stream)
    assert taken == [1, 2]


def test_a_result_is_complete_only_when_every_line_was_acknowledged() -> None:
    assert PublishResult(read=2, acknowledged=2).complete
    assert not PublishResult(read=2, acknowledged=1, faulty=1).complete
    assert not PublishResult(read=2, acknowledged=2, gave_up=True).complete
