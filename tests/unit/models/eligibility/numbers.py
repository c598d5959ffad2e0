"""Numbers of one person, each in a partition of its own: what they forward arrives in the other's partition.

A worker that dies after any of its outputs is played by `die`: what follows on the record that was written last comes
out once more, all of it, or the first part of it from a worker that has lost its partition.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from hypothesis import strategies as st

from models.eligibility.apply_event import AppliedEvent, apply
from models.eligibility.decision import Cause, Decision, JoinMark
from models.eligibility.person_record import PersonRecord
from models.events.person_event import PersonEvent
from tests.factories import LAW, number_change

Said = Decision | JoinMark


@dataclass
class Number:
    """One partition with one number in it."""

    record: PersonRecord
    log: list[PersonEvent] = field(default_factory=list)
    done: int = 0
    steps: list[AppliedEvent] = field(default_factory=list)
    decisions: list[Said] = field(default_factory=list)


class Numbers:
    """All of them, and the brokers between."""

    def __init__(self, names: Sequence[str]) -> None:
        self.of = {name: Number(PersonRecord(person_id=name)) for name in names}

    def arrive(self, event: PersonEvent) -> None:
        """Intake, or a worker, writes an event."""
        self.of[event.person_id].log.append(event)

    def waiting(self) -> list[str]:
        """Those that have something to do."""
        return [name for name, number in self.of.items() if number.done < len(number.log)]

    def work(self, name: str) -> None:
        """The next event of a number."""
        number = self.of[name]
        step = self._apply(number, number.done)
        number.record = PersonRecord.model_validate_json(step.record.model_dump_json(exclude_defaults=True))
        number.done += 1
        number.steps.append(step)

    def again(self, name: str, offset: int, part: int) -> None:
        """An event is read again, and `part` of what it gives to others comes out."""
        number = self.of[name]
        if offset < number.done:
            self._apply(number, offset, part)

    def overtaken(self, name: str, offset: int, part: int) -> None:
        """A worker that has lost the partition writes what it had made of an event, or the first `part` of it."""
        number = self.of[name]
        if offset < number.done:
            self._put_out(number, number.steps[offset], part)

    def finish(self) -> None:
        """Until nobody has anything to do."""
        while left := self.waiting():
            self.work(left[0])

    def _apply(self, number: Number, offset: int, part: int | None = None) -> AppliedEvent:
        step = apply(number.record, number.log[offset], Cause(partition=0, offset=offset), LAW)
        self._put_out(number, step, part)
        return step

    def _put_out(self, number: Number, step: AppliedEvent, part: int | None = None) -> None:
        number.decisions += [*step.decisions, *(() if step.mark is None else (step.mark,))]
        for event in step.forwards[:part]:
            self.arrive(PersonEvent.model_validate_json(event.model_dump_json(exclude_none=True)))


@st.composite
def joined_numbers(draw: st.DrawFn) -> tuple[list[str], list[PersonEvent]]:
    """Two to four numbers that are one person's, and the register's words that join them, some of them twice.

    Chains, several old numbers of one new one, and changes that are taken back; in any order of their pseudonyms.
    """
    count = draw(st.sampled_from((2, 2, 2, 3, 4)))
    names = draw(st.permutations([f"number{one}" for one in range(count)]))
    pairs = [(names[one], names[draw(st.integers(0, one - 1))]) for one in range(1, count)]
    if draw(st.booleans()):
        pairs.append((names[0], draw(st.sampled_from(names[1:]))))
    joins = [number_change(new, person_id=old) for old, new in pairs]
    twice = draw(st.lists(st.sampled_from(joins), max_size=1))
    return list(names), [*joins, *twice]
