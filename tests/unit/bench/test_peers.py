"""The benchmark against the peers: what they must agree on before their speed counts."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import pytest

from bench.peers.backlog import spread
from bench.peers.truth import PeerAnswers, differences, of_todays_rules, told
from models.events.content import Risk

EVENTS: Final = [
    (0, event.person_id.encode(), event.model_dump_json(exclude_none=True).encode())
    for event in spread(300, 40, seed=3)
]


@pytest.fixture(scope="module")
def truth() -> PeerAnswers:
    return of_todays_rules(EVENTS)


def bytes_of(decisions: Sequence[tuple[str, int, str]]) -> list[bytes]:
    return [
        json.dumps(
            {"message": {"message_id": message}, "revision": revision, "verdict": {"outcome": outcome}}
        ).encode()
        for message, revision, outcome in decisions
    ]


def test_the_truth_decides_each_message_and_remembers_each_person(truth: PeerAnswers) -> None:
    events = list(spread(300, 40, seed=3))
    assert truth.last.keys() == {one.event_id for one in events if isinstance(one.content, Risk)}
    assert truth.people.keys() == {one.person_id for one in events}
    assert max(applied for applied, _, _ in truth.people.values()) == len(events) - 1


def test_a_peer_that_tells_the_same_differs_in_nothing(truth: PeerAnswers) -> None:
    assert differences(truth, of_todays_rules(EVENTS)) == []


def test_a_lost_update_a_double_and_an_invented_decision_are_told(truth: PeerAnswers) -> None:
    (first, *_), person = sorted(truth.decisions), min(truth.people)
    lost = {key: number for key, number in truth.decisions.items() if key != first}
    message, revision, _ = first
    assert differences(truth, replace(truth, decisions=lost)) == [f"1 decisions are missing: {first}"]
    doubled = {**truth.decisions, first: truth.decisions[first] + 1}
    assert differences(truth, replace(truth, decisions=doubled)) == [f"1 decisions are too many: {first}"]
    invented = {**truth.decisions, (message, revision, "maybe"): 1}
    assert len(differences(truth, replace(truth, decisions=invented))) == 1
    applied, events, revisions = truth.people[person]
    forgot = {**truth.people, person: (applied, events[1:], revisions)}
    assert differences(truth, replace(truth, people=forgot)) == [f"1 people are remembered wrongly: {person}"]
    gone = {name: held for name, held in truth.people.items() if name != person}
    assert differences(truth, replace(truth, people=gone)) == [f"1 people are missing: {person}"]


def test_what_is_read_is_counted_and_the_last_record_of_a_person_holds() -> None:
    twice = bytes_of([("m", 1, "undecided"), ("m", 2, "obliged"), ("m", 2, "obliged")])
    people = [json.dumps({"person_id": "p", "applied": applied}).encode() for applied in (1, 4)]
    found = told(twice, people)
    assert found.decisions == {("m", 1, "undecided"): 1, ("m", 2, "obliged"): 2}
    assert found.last == {"m": (2, "obliged")}
    assert found.people == {"p": (4, (), ())}
