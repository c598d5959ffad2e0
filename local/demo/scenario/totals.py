"""Some senders declare how many events they have published of their busiest days, when everything has been sent."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Final

from local.demo.scenario.duplicates import Item, careless_school
from local.demo.scenario.event_writer import EventWriter
from local.demo.scenario.institutions import Authority, Institutions
from local.demo.scenario.timetable import Phase, written
from models.calendar import COPENHAGEN
from models.events.event_types import CONTROL_TOTAL
from publisher.events import PlainEvent

_SCHOOLS: Final = 7
"""Every seventh school declares, every twentieth municipality, and the register."""
_MUNICIPALITIES: Final = 20
_DAYS: Final = 3
MessageIds = Mapping[str, set[str]]
"""By type."""


def add_totals(writer: EventWriter, pages: dict[Phase, list[Item]]) -> None:
    """Among the last act's records: whatever is sent of a day has been sent by its end."""
    for sender in _counting(writer.cast):
        days = published(sender.number, (item for page in pages.values() for item in page))
        busiest = sorted(days, key=lambda day: (-sum(map(len, days[day].values())), day))[:_DAYS]
        for day in busiest:
            total = _total(writer, sender, day, days[day])
            page = pages[Phase.REPEATS]
            page.insert(writer.chance.randrange(len(page) + 1), total)


def published(number: str, items: Iterable[Item]) -> dict[date, MessageIds]:
    """The ids that a sender has sent, by day and type; what is sent again is sent once."""
    found: defaultdict[date, defaultdict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for item in items:
        if isinstance(item, PlainEvent) and item.sender == number:
            moment = datetime.fromisoformat(item.time.replace("Z", "+00:00"))
            found[moment.astimezone(COPENHAGEN).date()][item.type].add(item.id)
    return dict(found)


def _counting(cast: Institutions) -> list[Authority]:
    """Not the careless school: whether its bad input carries a good signature is a story of its own."""
    careless = careless_school(cast).number
    schools = [Authority(school.number, school.source) for school in cast.schools[::_SCHOOLS]]
    return [
        *(school for school in schools if school.number != careless),
        *cast.municipalities[::_MUNICIPALITIES],
        cast.register,
    ]


def _total(writer: EventWriter, sender: Authority, day: date, ids: MessageIds) -> PlainEvent:
    declared_at = datetime.combine(day + timedelta(days=1), time(5), COPENHAGEN)
    return PlainEvent(
        type=CONTROL_TOTAL,
        id=writer.uid(),
        sender=sender.number,
        source=sender.source,
        time=written(declared_at, utc=False),
        data={
            "day": day.isoformat(),
            "counts": [{"type": kind, "events": len(ids[kind])} for kind in sorted(ids)],
        },
    )
