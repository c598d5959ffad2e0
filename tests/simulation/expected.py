"""What must have come of a run, worked out a second time and naively: from what was sent, and from the decisions.

Written from the words of the domain and not from the code, with `tests.oracle`. It must import no rule of the service.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from tests import oracle
from tests.simulation.units import LAW
from tests.unit.models.eligibility.histories import plain_law

Plain = dict[str, Any]
Message = tuple[str, str, str]
"""Sender, id, person."""
Subject = tuple[str, str, str]
"""Person, enrolment, unit."""
PLAIN_LAW = plain_law(LAW)


def verdicts(events: list[Plain], erased: Sequence[Plain] = ()) -> dict[Message, Plain]:
    """The oracle's answer for every message of every person: `events` are all accepted ones, with their places.

    `erased`: those that count no more, but have taken their id for their sender all the same.
    """
    answers = oracle.verdicts_of_all(_by_person(events, erased), PLAIN_LAW)
    return {name: verdict for name, verdict in answers.items() if name[0] != "ledger"}


def names_nothing(events: list[Plain]) -> set[tuple[str, int, int]]:
    """The places of those that take back what nobody has stated."""
    return oracle.names_nothing(_by_person(events), PLAIN_LAW)


def _by_person(events: list[Plain], erased: Sequence[Plain] = ()) -> dict[str, list[Plain]]:
    known = [*events, *erased]
    return {
        person: own + [_struck(event) for event in own if _somebody_elses(event, known)]
        for person in sorted({event["person_id"] for event in events})
        for own in [[event for event in events if event["person_id"] == person]]
    }


def _order(event: Plain) -> tuple[Any, str, int, int]:
    return oracle._when_appended(event)


def _same_id(one: Plain, other: Plain) -> bool:
    return (one["sender"], one["event_id"]) == (other["sender"], other["event_id"])


def _somebody_elses(event: Plain, events: list[Plain]) -> bool:
    """Whether the brokers had its id about another person before."""
    return any(
        _same_id(event, other) and other["person_id"] != event["person_id"] and _order(other) < _order(event)
        for other in events
    )


def _struck(event: Plain) -> Plain:
    origin = event["origin"]
    return {
        **event,
        "sender": "ledger",
        "event_id": f"struck {origin}",
        "fingerprint": f"struck {origin}",
        "origin": {**origin, "topic": "ledger"},
        "content": {
            "kind": "event.refused",
            **{name: origin[name] for name in ("topic", "partition", "offset")},
        },
    }


def roots(events: list[Plain]) -> dict[str, str]:
    """Of every number that is joined with others, the smallest of them: written as a search through pairs."""
    pairs = [
        (event["person_id"], event["content"]["new_person_id"])
        for event in events
        if event["content"]["kind"] == "person-number.changed"
    ]
    found: dict[str, str] = {}
    for number in {number for pair in pairs for number in pair}:
        group = {number}
        while more := {one for pair in pairs if group & {*pair} for one in pair} - group:
            group |= more
        found[number] = min(group)
    return found


def contested(events: list[Plain]) -> set[str]:
    """People with an id that was used for two things: what they are told meanwhile depends on what came first."""
    first: dict[tuple[str, str], list[Plain]] = {}
    for event in events:
        first.setdefault((event["sender"], event["event_id"]), []).append(event)
    return {
        event["person_id"]
        for same in first.values()
        if len({event["fingerprint"] for event in same}) > 1
        for event in same
    }


def names_of(event: Plain) -> Iterator[tuple[str, str]]:
    """What the event says something of, as others may too: its own id, and the ids that it names."""
    yield event["sender"], event["event_id"]
    yield "message_id", event["event_id"]
    for field in ("enrolment_id", "period_id", "residence_id", "message_id"):
        if event["content"].get(field) is not None:
            yield field, event["content"][field]


def beside(erased: list[Plain], accepted: list[Plain]) -> set[str]:
    """Whoever names what an erased event names: what of it was told before the erasure is told, and after it is not."""
    named = {name for event in erased for name in names_of(event)}
    return {event["person_id"] for event in accepted if named & {*names_of(event)}}


def across(accepted: list[Plain], cut_offs: Mapping[str, datetime]) -> set[str]:
    """Erased people who name, of after their cut-off, what somebody else named before it: that word is dropped."""
    found = set()
    for person, cut_off in cut_offs.items():
        own = {name for event in accepted if event["person_id"] == person for name in names_of(event)}
        others = (event for event in accepted if event["person_id"] != person and _at(event) < cut_off)
        if any(own & {*names_of(event)} for event in others):
            found.add(person)
    return found


def _at(event: Plain) -> datetime:
    return datetime.fromisoformat(event["origin"]["appended_at"])


def subject_of(message: Plain, verdict: Plain) -> Subject | None:
    """The task that an obliged message belongs to."""
    if verdict["outcome"] != "obliged":
        return None
    return (message["person_id"], verdict["evidence"]["enrolment_id"], verdict["unit_id"])


def react_by(appended_at: str, days: int, days_off: frozenset[date]) -> date:
    """The local target: so many working days after the Danish date on which the broker got the message."""
    day = oracle.danish_date(appended_at)
    while days:
        day += timedelta(days=1)
        if day.isoweekday() <= 5 and day not in days_off:
            days -= 1
    return day
