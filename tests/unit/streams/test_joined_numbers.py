"""A person with two numbers, through match: what each of them says, and what is said again when it was lost."""

from typing import Final

from config.topics import Topic
from crypto.stream_keys import new_stream_keyring
from infra.stream_mac import StreamMac
from models.eligibility.bounds import MAX_ENROLMENTS
from models.events.person_event import PersonEvent
from models.events.receipt import Applied, AppliedEntry
from streams.person_store import PersonStore
from streams.processors import Match, add_person_event
from tests.factories import DAY, LAW, background, enrolment, moment, number_change, risk
from tests.unit.streams.doubles import Log

HOME: Final = "a" * 64
STUB: Final = "b" * 64


class Numbers:
    """A log that match has read to its end, again and again."""

    def __init__(self, mac: StreamMac | None = None) -> None:
        self.log = Log()
        self.mac = mac or StreamMac()
        self.match = Match(LAW, PersonStore(self.log.reader, self.mac), self.mac)
        self.done: dict[int, int] = {}

    async def say(self, *events: PersonEvent, mac: StreamMac | None = None) -> None:
        """Intake writes them, and match works until nothing is left; `mac`: of what match writes."""
        output = self.log.output(self.mac)
        for event in events:
            add_person_event(event, output)
        await output.flush()
        while left := [
            (partition, records[self.done.get(partition, 0) :])
            for (topic, partition), records in self.log.records.items()
            if topic == Topic.PERSON_EVENTS and len(records) > self.done.get(partition, 0)
        ]:
            for partition, records in left:
                output = self.log.output(mac or self.mac)
                self.done[partition] = records[-1].offset + 1
                await self.match.run(Topic.PERSON_EVENTS, partition, records, output)
                await output.flush()

    def entries(self, person: str) -> list[AppliedEntry]:
        """Match's answers about a number."""
        said = [Applied.model_validate_json(one.value or b"") for one in self.log.written(Topic.APPLIED)]
        return [entry for each in said for entry in each.entries if entry.person_id == person]


def under(number: str, *events: PersonEvent) -> list[PersonEvent]:
    return [event.model_copy(update={"person_id": number}) for event in events]


async def test_what_an_event_is_about_is_said_where_it_counts() -> None:
    """The number that it is sent under cannot say whether there is room for it at the other one."""
    numbers = Numbers()
    many = [enrolment(name=f"enrolment {number}") for number in range(MAX_ENROLMENTS)]
    await numbers.say(*under(HOME, *many), number_change(HOME, person_id=STUB))
    await numbers.say(*under(STUB, enrolment(name="one more"), enrolment(name="enrolment 1", at=moment(DAY))))
    assert [entry.subject for entry in numbers.entries(STUB)] == [None, None, None]
    *_, out, taken = numbers.entries(HOME)
    assert out.left_out is not None
    assert out.subject is None
    assert taken.left_out is None
    assert taken.subject is not None


async def test_a_change_of_number_that_is_handed_over_again_says_all_once_more() -> None:
    """Its mark and what it had forwarded were written under a key that nobody knows."""
    keys = [new_stream_keyring().tags() for _ in range(2)]
    known, unknown = (StreamMac(one) for one in keys)
    numbers = Numbers(known)
    change = number_change(HOME, person_id=STUB)
    await numbers.say(*under(STUB, *background(), risk()))
    await numbers.say(change, mac=unknown)
    assert numbers.entries(HOME) == []
    await numbers.say(change)
    marks = [one for one in numbers.log.written(Topic.DECISIONS) if b'"joined_to"' in (one.value or b"")]
    assert [known.fault(one) is None for one in marks] == [False, True]
    assert [entry.changed for entry in numbers.entries(HOME)][-1] == 1
