"""People with facts and messages, any number of them, nobody twice: what a cell publishes.

Most of it is good, in and out of order; some repeats itself, contradicts itself, or must be refused.
"""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from joserfc.jwk import OKPKey

from models.events.event_types import TYPE_PREFIX
from models.events.sender import Sender
from publisher.events import Binding, PlainEvent, Ready
from publisher.prepare import LATEST, ContractVersion, prepare, topic_of
from tests.factories import uuid
from tests.integration.streams.traffic import made_up_cpr

INSTITUTIONS: Final = ("900101", "900112", "900123", "900134", "900145", "900156")
MUNICIPALITIES: Final = ("0101", "0147", "0157", "0773")
REGISTER: Final = "REG-CPR"
SENDERS: Final = (*INSTITUTIONS, *MUNICIPALITIES, REGISTER)
_TOGETHER: Final = 10
"""People whose records are mixed: few, so that most are whole in the share of a round."""
MORNING: Final = "2025-10-01T09:00:00+02:00"
NIGHTS: Final = (
    "2025-08-10T23:59:59+02:00",  # the day before the start
    "2025-08-11T00:00:00+02:00",
    "2025-10-25T23:59:59+02:00",
    "2025-10-26T02:30:00+02:00",  # this half past two comes twice
    "2025-10-26T02:30:00+01:00",
    "2025-10-26T00:30:00Z",
    "2026-02-10T23:59:59+01:00",  # the last second of the six months
    "2026-02-11T00:00:00+01:00",
    "2026-03-29T01:59:59+01:00",
    "2026-03-29T03:00:00+02:00",  # and there is no half past two this night
)
"""Moments around midnights and changes of the clock: the Danish date decides, and not UTC's."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One record as it is published. `event` None: it must be refused."""

    ready: Ready
    cpr: str
    event: PlainEvent | None


@dataclass(frozen=True, slots=True)
class Keys:
    """What senders sign with, asked anew for every record: keys may be rotated meanwhile."""

    signing: Callable[[str], OKPKey]
    service: OKPKey


class Load:
    """Draws people of a run. `first` is the number of the first person that nobody has drawn yet."""

    def __init__(self, senders: Mapping[str, Sender], keys: Keys, *, seed: int, first: int = 0) -> None:
        self._senders = senders
        self._keys = keys
        self._chance = random.Random(seed)
        self._salt = str(seed)
        self.next_person = first

    def draw(self, records: int, *, moments: Sequence[str] = (MORNING,)) -> list[Sent]:
        """About `records` records, sealed and signed, of people who are whole in it."""
        return self.mix(records, lambda: list(self._person(moments)))

    def mix(self, records: int, next_lane: Callable[[], list[Sent]]) -> list[Sent]:
        """About `records` records of whole lanes, each in its order or shuffled."""
        lanes: list[list[Sent]] = []
        count = 0
        while count < records:
            lane = next_lane()
            if self._chance.random() < 0.3:
                self._chance.shuffle(lane)
            lanes.append(lane)
            count += len(lane)
        blocks = [lanes[first : first + _TOGETHER] for first in range(0, len(lanes), _TOGETHER)]
        return [sent for block in blocks for sent in self._interleave(block)]

    def _interleave(self, lanes: list[list[Sent]]) -> Iterator[Sent]:
        """Everybody's records mixed, each person's in the order of the lane."""
        order = [number for number, lane in enumerate(lanes) for _ in lane]
        self._chance.shuffle(order)
        waiting = [iter(lane) for lane in lanes]
        for number in order:
            yield next(waiting[number])

    def next_pen(self, moments: Sequence[str] = (MORNING,)) -> "Pen":
        """Of the next person."""
        number = self.next_person
        self.next_person += 1
        return Pen(number, self._senders, self._salt, self._chance.choice(moments))

    def sent(self, event: PlainEvent, *, version: ContractVersion = LATEST) -> Sent:
        """The event as it is published."""
        binding = Binding.BINARY if self._chance.random() < 0.2 else Binding.STRUCTURED
        return Sent(self._ready(event, binding, version), event.data["cpr"], event)

    def _person(self, moments: Sequence[str]) -> Iterator[Sent]:
        pen = self.next_pen(moments)
        for event in pen.story(pen.number % 20):
            yield self.sent(event, version=1 if pen.number % 3 == 0 else LATEST)
        if pen.number % 20 == 19:
            yield self._bad(pen, pen.number // 20 % 5)

    def _ready(
        self, event: PlainEvent, binding: Binding = Binding.STRUCTURED, version: ContractVersion = LATEST
    ) -> Ready:
        return prepare(
            event,
            signing_key=self._keys.signing(event.sender),
            service_key=self._keys.service,
            binding=binding,
            version=version,
        )

    def _bad(self, pen: "Pen", which: int) -> Sent:
        event = pen.risk("bad")
        ready = self._ready(event)
        value = ready.value or b""
        match which:
            case 0:  # signed content changed on the way
                ready = replace(ready, value=value.replace(b'"high"', b'"low"'))
            case 1:
                ready = replace(ready, value=value[: len(value) // 2])
            case 2:  # another kind's topic
                ready = replace(ready, topic="enrolments")
            case 3:  # another institution's name on it
                other = next(one for one in INSTITUTIONS if one != event.sender)
                ready = replace(ready, value=value.replace(event.sender.encode(), other.encode()))
            case _:
                ready = replace(ready, value=None)
        return Sent(ready, event.data["cpr"], None)


class Pen:
    """Writes one person's events."""

    def __init__(self, number: int, senders: Mapping[str, Sender], salt: str, moment: str) -> None:
        self.cpr = made_up_cpr(number)
        self._senders = senders
        self._name = f"{salt} {number}"
        self.number = number
        self._moment = moment
        self.institution = INSTITUTIONS[number // 3 % len(INSTITUTIONS)]
        self.municipality = MUNICIPALITIES[number // 7 % len(MUNICIPALITIES)]

    def event(self, kind: str, sender: str, what: str, time: str, **data: Any) -> PlainEvent:
        return PlainEvent(
            type=f"{TYPE_PREFIX}{kind}.v1",
            id=uuid(f"{what} {self._name}"),
            sender=sender,
            source=self._senders[sender].source,
            time=time,
            data={"cpr": self.cpr, **data},
        )

    def risk(self, what: str = "first", *, severity: str = "high") -> PlainEvent:
        return self.event(
            "dropout-risk.raised",
            self.institution,
            what,
            self._moment,
            institution_number=self.institution,
            seen_at=self._moment,
            signals=["absence", "lost_contact"],
            severity=severity,
            text="Har ikke svaret i to uger.",
        )

    def study(self, *, kind: str = "registered", education: str = "eud", day: str = "12") -> PlainEvent:
        return self.event(
            f"enrolment.{kind}",
            self.institution,
            f"study {kind}",
            f"2025-08-{day}T09:00:00+02:00",
            institution_number=self.institution,
            enrolment_id=uuid(f"study {self._name}"),
            education_type=education,
            admission_date="2025-08-01",
            study_start="2025-08-11",
        )

    def help(self) -> PlainEvent:
        return self.event(
            "benefit-period.registered",
            self.municipality,
            "help",
            "2025-01-01T09:00:00+01:00",
            period_id=uuid(f"help {self._name}"),
            municipality_code=self.municipality,
            benefit_type="uddannelseshjaelp",
            target_group="uddannelsesparat",
            valid_from="2024-01-01",
        )

    def home(self, code: str, since: str = "2020-01-01") -> PlainEvent:
        return self.event(
            "residence.registered",
            REGISTER,
            f"home {since}",
            "2025-09-20T09:00:00+02:00" if since > "2021" else "2020-01-01T09:00:00+01:00",
            residence_id=uuid(f"home {since} {self._name}"),
            municipality_code=code,
            valid_from=since,
        )

    def whole(self) -> list[PlainEvent]:
        return [self.study(), self.help(), self.home(self.municipality), self.risk()]

    def story(self, kind: int) -> list[PlainEvent]:
        whole = self.whole()
        own = {"institution_number": self.institution}
        match kind:
            case 6:
                return [*whole, self.risk("second")]
            case 7:
                return [*whole, whole[-1], self.risk("second"), whole[0]]
            case 8:
                other = MUNICIPALITIES[(MUNICIPALITIES.index(self.municipality) + 1) % len(MUNICIPALITIES)]
                return [*whole, self.home(other, "2025-07-01")]
            case 9:
                return [whole[0], whole[2], whole[3]]
            case 10:
                return [whole[2], whole[3]]
            case 11:
                return [whole[0], whole[1], whole[3]]
            case 12:
                taken_back = self.event(
                    "dropout-risk.withdrawn",
                    self.institution,
                    "withdrawal",
                    "2026-04-01T09:00:00+02:00",
                    **own,
                    message_id=whole[3].id,
                    reason="risk_over",
                )
                return [*whole, taken_back]
            case 13:
                return [*whole, self.study(kind="corrected", education="avu", day="13")]
            case 14:
                annulled = self.event(
                    "benefit-period.annulled",
                    self.municipality,
                    "annulment",
                    "2025-02-01T09:00:00+01:00",
                    period_id=whole[1].data["period_id"],
                    municipality_code=self.municipality,
                )
                return [*whole, annulled]
            case 15:
                return [*whole, self.risk(severity="low")]
            case 16:  # the same id about somebody else
                other_pen = Pen(self.number + 1_500_000, self._senders, self._name, self._moment)
                other_pen.institution, other_pen.municipality = self.institution, self.municipality
                others = other_pen.whole()
                return [*whole, *others[:3], replace(others[3], id=whole[3].id)]
            case 17:
                end = self.event(
                    "enrolment.ended",
                    self.institution,
                    "end",
                    "2025-09-01T09:00:00+02:00",
                    **own,
                    enrolment_id=whole[0].data["enrolment_id"],
                    ended_on="2025-08-31",
                    reason="dropped_out",
                )
                return [*whole, end]
            case 18:  # what came before has the number of before, and the register says so last
                before = Pen(self.number + 2_500_000, self._senders, self._name, self._moment)
                before.institution, before.municipality = self.institution, self.municipality
                changed = before.event(
                    "person-number.changed",
                    REGISTER,
                    "number",
                    "2025-09-25T09:00:00+02:00",
                    new_cpr=self.cpr,
                    valid_from="2025-09-24",
                )
                return [before.help(), before.home(self.municipality), whole[0], whole[3], changed]
            case _:
                return whole


def topic(event: PlainEvent) -> str:
    """Where the event belongs."""
    found = topic_of(event)
    assert found is not None
    return found
