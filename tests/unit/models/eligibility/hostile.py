"""What one institution can send about a person, drawn at its worst: the ids, messages and names of others included."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final

from hypothesis import strategies as st

from models.events.contract import EducationType
from models.events.person_event import Origin, PersonEvent
from tests import factories as make

HOSTILE: Final = "282003"
"""No predecessor or successor of the institutions of `histories`."""
Claim = tuple[int, int, int, int, int]

_STARTS: Final = (date(2025, 8, 11), date(2025, 8, 31), date(2021, 8, 31), date(2025, 10, 1))
_MOMENTS: Final = (
    datetime(2020, 1, 1, tzinfo=UTC),
    datetime(2025, 8, 10, 22, tzinfo=UTC),
    datetime(2025, 10, 1, 10, tzinfo=UTC),
    datetime(2026, 2, 27, 22, 30, tzinfo=UTC),
)

claim = st.tuples(
    st.integers(0, 6),  # what is said
    st.integers(0, 3),  # about which enrolment
    st.integers(0, 3),  # when it was registered
    st.integers(0, 35),  # with which values, or about whose message
    st.integers(0, 8),  # under which id: one of its own, or that of somebody else's event
)
claims = st.lists(claim, min_size=1, max_size=14)


def hostile_events(drawn: Sequence[Claim], honest: Sequence[PersonEvent]) -> list[PersonEvent]:
    """The events of the claims, each at its own place."""
    events: list[PersonEvent] = []
    for number, (what, about, when, values, name) in enumerate(drawn):
        place = Origin(
            topic="hostile",
            partition=0,
            offset=number,
            # Before, among and after those of the others, whose brokers stamped them in March.
            appended_at=datetime(2026, 3, 1, tzinfo=UTC) + timedelta(hours=4 * (values - 9)),
        )
        event_id = make.uuid(f"hostile {number}")
        if name < len(honest):
            event_id = honest[name].event_id
        elif name == 8 and events:
            event_id = events[values % len(events)].event_id
        events.append(_event(what, about, when, values, honest, events, origin=place, event_id=event_id))
    return events


def _event(
    what: int,
    about: int,
    when: int,
    values: int,
    honest: Sequence[PersonEvent],
    earlier: Sequence[PersonEvent],
    *,
    origin: Origin,
    event_id: str,
) -> PersonEvent:
    at, name = _MOMENTS[when], f"subject {about}"  # the names of `histories`, too
    match what:
        case 0 | 1:
            return make.enrolment(
                institution=HOSTILE,
                name=name,
                education=tuple(EducationType)[values % len(EducationType)],
                start=_STARTS[values % 4],
                at=at,
                kind=("enrolment.registered", "enrolment.corrected")[what],
                origin=origin,
                event_id=event_id,
            )
        case 2:
            ended = date(2025, 9, 1) + timedelta(days=values)
            return make.enrolment_end(
                ended, institution=HOSTILE, name=name, at=at, origin=origin, event_id=event_id
            )
        case 3:
            target = honest[values % len(honest)]
            return make.withdrawal(target, sender=HOSTILE, at=at, origin=origin, event_id=event_id)
        case 4 if earlier:
            target = earlier[values % len(earlier)]
            return make.withdrawal(target, sender=HOSTILE, at=at, origin=origin, event_id=event_id)
        case 5 if earlier:
            # The ledger refuses what reused an id of somebody else's event.
            return make.refusal(earlier[values % len(earlier)], origin=origin)
        case _:
            return make.risk(at, institution=HOSTILE, origin=origin, event_id=event_id)
