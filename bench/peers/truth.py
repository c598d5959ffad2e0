"""What was decided and is remembered, read from the bytes of any peer, and how two of these differ. Pure."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from config.reference.checks.all import sound_reference
from config.reference.law import law_of
from models.eligibility.apply_event import apply
from models.eligibility.decision import Cause
from models.eligibility.person_record import PersonRecord
from models.events.person_event import PersonEvent

SHOWN: Final = 3
"""Names of each kind of difference."""

Revision = tuple[str, int, str]
"""Message, revision and outcome."""
Memory = tuple[int, tuple[str, ...], tuple[tuple[str, int], ...]]
"""Of a person: the offset applied last, the ids of the events known, the last revision of each message."""


@dataclass(frozen=True, slots=True)
class PeerAnswers:
    """`decisions`: how often each stands there."""

    decisions: Mapping[Revision, int]
    people: Mapping[str, Memory]

    @property
    def last(self) -> dict[str, tuple[int, str]]:
        """By message its last revision and outcome."""
        found: dict[str, tuple[int, str]] = {}
        for message, revision, outcome in sorted(self.decisions):
            found[message] = (revision, outcome)
        return found


def told(decisions: Iterable[bytes], people: Iterable[bytes]) -> PeerAnswers:
    """From records in their order; a later record of a person replaces an earlier one."""
    found: Counter[Revision] = Counter()
    for value in decisions:
        one = json.loads(value)
        found[one["message"]["message_id"], one["revision"], one["verdict"]["outcome"]] += 1
    held = {}
    for value in people:
        one = json.loads(value)
        events = tuple(sorted(event["event_id"] for event in one.get("events", ())))
        revisions = sorted((name, known["revision"]) for name, known in one.get("decided", {}).items())
        held[one["person_id"]] = (one["applied"], events, tuple(revisions))
    return PeerAnswers(found, held)


def of_todays_rules(records: Iterable[tuple[int, bytes, bytes]]) -> PeerAnswers:
    """What the rules of this tree say of (partition, key, value) in order, with no broker and no stream."""
    law, people, offsets = law_of(sound_reference()), dict[bytes, PersonRecord](), Counter[int]()
    decisions = []
    for partition, key, value in records:
        person = people.get(key) or PersonRecord(person_id=key.decode())
        cause = Cause(partition=partition, offset=offsets[partition])
        step = apply(person, PersonEvent.model_validate_json(value), cause, law)
        offsets[partition] += 1
        people[key] = step.record
        decisions += [one.model_dump_json(exclude_none=True).encode() for one in step.decisions]
    return told(decisions, (one.model_dump_json(exclude_defaults=True).encode() for one in people.values()))


def differences(truth: PeerAnswers, found: PeerAnswers) -> list[str]:
    """One sentence for each kind of difference; empty where the peer has lost, doubled and invented nothing."""
    return [
        *_said("decisions are missing", Counter(truth.decisions) - Counter(found.decisions)),
        *_said("decisions are too many", Counter(found.decisions) - Counter(truth.decisions)),
        *_said("people are missing", truth.people.keys() - found.people.keys()),
        *_said("people are too many", found.people.keys() - truth.people.keys()),
        *_said(
            "people are remembered wrongly",
            {
                one
                for one in truth.people.keys() & found.people.keys()
                if truth.people[one] != found.people[one]
            },
        ),
    ]


def _said(what: str, names: Iterable[object]) -> Iterator[str]:
    every = sorted(map(str, names))
    if every:
        yield f"{len(every)} {what}: {', '.join(every[:SHOWN])}"
