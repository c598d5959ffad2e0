"""What must have become of the published records, by rules written a second time, against what really became of them.

Pure: everything that it looks at is handed to it (`gather.py` collects it), so that a test can plant each violation.
"""

from collections import Counter, defaultdict
from collections.abc import Container, Mapping, Sequence
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from models.events.event_types import SEALED_FIELDS, TYPE_PREFIX
from publisher.events import PlainEvent
from tests import oracle
from tests.faults.judge_actions import judge_life, worked_on
from tests.faults.judge_api_calls import judge_calls
from tests.faults.judge_erased import NOBODY, is_erased, judge_erased
from tests.faults.judge_mails import judge_mails
from tests.faults.judge_secrets import judge_secrets
from tests.faults.judge_webhooks import judge_hooks
from tests.faults.observation import Erased, Logged, Place, Seen
from tests.faults.reference_rules import Rules
from tests.faults.verdict import Verdict

Message = tuple[str, str, str]
"""Sender, id, person (CPR on the side of what is expected, pseudonym on the side of what is found)."""
_IDS: Final = ("enrolment_id", "period_id", "residence_id", "message_id")
_RAISED: Final = f"{TYPE_PREFIX}dropout-risk.raised.v1"


def judge(seen: Seen, rules: Rules) -> Verdict:
    """Hold what was found against what must be."""
    verdict = Verdict(records=len(seen.inputs))
    _receipts(seen, verdict)
    people = _people(seen, verdict)
    judge_erased(seen, verdict)
    expected = _expected(seen.inputs, rules.law, seen.erased)
    verdict.messages = len(expected)
    _messages(seen, expected, people, verdict)
    _tasks(seen, expected, people, verdict)
    judge_life(seen, verdict)
    _deadlines(seen, rules, verdict)
    judge_mails(seen, rules, verdict)
    judge_hooks(seen, verdict)
    judge_calls(seen, verdict)
    judge_secrets(seen, verdict)
    return verdict


def _receipts(seen: Seen, verdict: Verdict) -> None:
    known = set()
    for logged in seen.inputs:
        known.add(logged.place)
        status = seen.receipts.get(logged.place)
        good = logged.sent.event is not None
        if status is None:
            verdict.note("lost", f"no receipt for {_at(logged.place)}")
        elif good and status != "accepted":
            verdict.note("lost", f"{_at(logged.place)} was refused")
        elif not good and status != "rejected":
            verdict.note("phantom", f"{_at(logged.place)} was accepted and is bad")
    for place in seen.receipts.keys() - known:
        verdict.note("phantom", f"a receipt for {_at(place)}, which is no record")


def _people(seen: Seen, verdict: Verdict) -> dict[str, str]:
    """CPR → pseudonym, as the service has applied them: one for each, and never one for two."""
    applied = defaultdict(set)
    for place, person_id in seen.applied:
        applied[place].add(person_id)
    people: dict[str, str] = {}
    owner: dict[str, str] = {}
    joined = _joined(seen.inputs)
    groups: defaultdict[str, set[str]] = defaultdict(set)
    for logged in seen.inputs:
        if logged.sent.event is None:
            continue
        found = applied.get(logged.place, set())
        if not found:
            verdict.note("lost", f"{_at(logged.place)} was accepted and never applied")
        if (gone := seen.erased.get(logged.sent.cpr)) is not None:
            # What was applied before the erasure names nobody, whenever it was sent.
            people[logged.sent.cpr] = gone.person_id
            found = found - {NOBODY}
        if logged.sent.cpr in joined:
            groups[joined[logged.sent.cpr]] |= found
            continue
        for person_id in found:
            if people.setdefault(logged.sent.cpr, person_id) != person_id:
                verdict.note("wrong", f"{_at(logged.place)}: one person under two pseudonyms")
            if owner.setdefault(person_id, logged.sent.cpr) != logged.sent.cpr:
                verdict.note("wrong", f"{_at(logged.place)}: two people under one pseudonym")
    for cpr, found in groups.items():
        numbers = sum(root == cpr for root in joined.values())
        if len(found) > numbers:
            verdict.note("wrong", f"{numbers} numbers of one person have {len(found)} pseudonyms")
        # All that is said of the person is said of the smallest of them.
        people[cpr] = min(found, default="?")
    return people


def _joined(inputs: Sequence[Logged]) -> dict[str, str]:
    """Of each number that the register has joined with another one, the one that stands for both."""
    roots: dict[str, str] = {}
    for logged in inputs:
        event = logged.sent.event
        if event is not None and (new := event.data.get("new_cpr")) is not None:
            roots |= dict.fromkeys((logged.sent.cpr, new), min(logged.sent.cpr, new))
    return roots


def _expected(
    inputs: Sequence[Logged], law: dict[str, Any], erased: Mapping[str, Erased]
) -> dict[Message, dict[str, Any]]:
    """By the oracle: what holds of each message when everything is known that is not erased."""
    return {
        key: found
        for together in _knowing_each_other(_histories(inputs, erased))
        for key, found in oracle.verdicts_of_all(together, law).items()
    }


def names_nothing(inputs: Sequence[Logged], law: dict[str, Any]) -> set[Place]:
    """Where the records stand that end, annul or withdraw what their sender has registered about nobody."""
    return {
        place
        for together in _knowing_each_other(_histories(inputs))
        for place in oracle.names_nothing(together, law)
    }


def _histories(
    inputs: Sequence[Logged], erased: Mapping[str, Erased] = MappingProxyType({})
) -> dict[str, list[dict[str, Any]]]:
    """By CPR, with what is refused because its id came first about somebody else, who may be erased since."""
    histories: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    first: dict[tuple[str, str], str] = {}
    joined = _joined(inputs)
    for logged in sorted(inputs, key=lambda one: (one.appended_at, one.place)):
        event = logged.sent.event
        if event is None:
            continue
        statement, person = _statement(logged, event), joined.get(logged.sent.cpr, logged.sent.cpr)
        owner = first.setdefault((event.sender, event.id), person)
        if is_erased(erased, logged):
            continue
        histories[person].append(statement)
        if owner != person:
            histories[person].append(_refusal(statement))
    return histories


def _knowing_each_other(
    histories: Mapping[str, list[dict[str, Any]]],
) -> list[dict[str, list[dict[str, Any]]]]:
    """People of whom one id is used, together: nothing that is said of anybody else concerns them."""
    group = {cpr: [cpr] for cpr in histories}
    user: dict[str, str] = {}
    for cpr, history in histories.items():
        for statement in history:
            content = statement["content"]
            for name in (statement["event_id"], *(content.get(field) for field in _IDS)):
                other = user.setdefault(name, cpr) if name else cpr
                if group[other] is not group[cpr]:
                    group[other] += group[cpr]
                    group |= dict.fromkeys(group[cpr], group[other])
    return [
        {cpr: histories[cpr] for cpr in together}
        for together in {id(people): people for people in group.values()}.values()
    ]


def _statement(logged: Logged, event: PlainEvent) -> dict[str, Any]:
    topic, partition, offset = logged.place
    kind = event.type.removeprefix(TYPE_PREFIX).removesuffix(".v1")
    defaults = {"enrolment": {"ended_on": None}, "benefit-period": {"valid_to": None}}
    content = {name: held for name, held in event.data.items() if name not in SEALED_FIELDS}
    return {
        "sender": event.sender,
        "event_id": event.id,
        "registered_at": event.time.replace("Z", "+00:00"),
        "origin": {
            "topic": topic,
            "partition": partition,
            "offset": offset,
            "appended_at": logged.appended_at.isoformat(),
        },
        "fingerprint": repr((event.type, event.time, sorted(event.data.items()))),
        "content": {**defaults.get(kind.split(".")[0], {}), **content, "kind": kind},
    }


def _refusal(statement: dict[str, Any]) -> dict[str, Any]:
    """An id that came first about somebody else is refused."""
    origin = statement["origin"]
    name = f"refusal {origin['topic']} {origin['partition']} {origin['offset']}"
    struck = {name: origin[name] for name in ("topic", "partition", "offset")}
    return statement | {
        "sender": "ledger",
        "event_id": name,
        "fingerprint": name,
        "origin": origin | {"topic": "ledger"},
        "content": {"kind": "event.refused", **struck},
    }


def _messages(
    seen: Seen, expected: Mapping[Message, dict[str, Any]], people: Mapping[str, str], verdict: Verdict
) -> None:
    wanted = {(key[0], key[1], people.get(key[2], "?")): found for key, found in expected.items()}
    rows = {(row.sender, row.message_id, row.person_id): row for row in seen.messages}
    for key, right in wanted.items():
        row = rows.get(key)
        name = f"message {key[1]}"
        if row is None:
            verdict.note("lost", f"{name} is not in the ledger")
        elif right["outcome"] == "obliged" != row.outcome:
            verdict.note("lost", f"{name} must oblige and is {row.outcome} ({row.reason})")
        elif row.outcome == "obliged" != right["outcome"]:
            verdict.note("phantom", f"{name} obliges and must be {right['reason']}")
        elif row.unit_id != right["unit_id"]:
            verdict.note("wrong_unit", f"{name} is at {row.unit_id} and belongs to {right['unit_id']}")
        elif (row.reason, row.enrolment_id) != (right["reason"], right["enrolment_id"]):
            verdict.note("wrong", f"{name} is {row.reason} and must be {right['reason']}")
    for key in rows.keys() - wanted.keys():
        verdict.note("phantom", f"message {key[1]} is in the ledger and was never sent about that person")


def _tasks(
    seen: Seen, expected: Mapping[Message, dict[str, Any]], people: Mapping[str, str], verdict: Verdict
) -> None:
    wanted = {
        (people.get(key[2], "?"), right["enrolment_id"], right["unit_id"])
        for key, right in expected.items()
        if right["outcome"] == "obliged"
    }
    found = Counter(
        (task.person_id, task.enrolment_id, task.unit_id) for task in seen.tasks if task.status == "open"
    )
    subjects = {key[:2] for key in wanted}
    worked = worked_on(seen)
    for key in wanted - found.keys():
        if key[:2] not in worked:
            verdict.note("lost", f"no open task for enrolment {key[1]} at {key[2]}")
    for key, times in found.items():
        if times > 1:
            verdict.note("duplicate_tasks", f"{times} open tasks for enrolment {key[1]} at {key[2]}")
        if key not in wanted and key[:2] not in worked:
            figure = "wrong_unit" if key[:2] in subjects else "phantom"
            verdict.note(figure, f"an open task for enrolment {key[1]} at {key[2]}")


def _deadlines(seen: Seen, rules: Rules, verdict: Verdict) -> None:
    """A deadline follows from the broker's append time of one of the person's messages, the first in force."""
    appended: dict[tuple[str, str], list[datetime]] = defaultdict(list)
    for logged in seen.inputs:
        event = logged.sent.event
        if event is not None and event.type == _RAISED:
            appended[event.sender, event.id].append(logged.appended_at)
    of_task: defaultdict[UUID, list[datetime]] = defaultdict(list)
    of_person: defaultdict[str, set[datetime]] = defaultdict(set)
    for row in seen.messages:
        times = appended.get((row.sender, row.message_id), [])
        of_person[row.person_id].update(times)
        if row.task_id is not None and times:
            of_task[row.task_id].append(min(times))
    worked = worked_on(seen)
    for task in seen.tasks:
        first = min(of_task.get(task.id, [task.appended_at]))
        if task.appended_at not in of_person[task.person_id]:
            verdict.note("deadlines_moved", f"task {task.id} counts from a moment at which nothing came")
        elif task.status == "open" and task.appended_at > first:
            verdict.note("deadlines_moved", f"task {task.id} counts from a later message than its first")
        targets = {rules.days.get(task.unit_id, rules.usual_days)}
        if task.about in worked:
            # Whoever gives it away gives its date along.
            targets |= {rules.usual_days, *rules.days.values()}
        day = oracle.danish_date(task.appended_at.isoformat())
        right = {_working_days_after(day, days, rules.days_off) for days in targets}
        if task.react_by not in right:
            verdict.note("deadlines_moved", f"task {task.id} is due {task.react_by} and must be {right}")


def _working_days_after(day: date, days: int, days_off: Container[date]) -> date:
    while days:
        day += timedelta(days=1)
        days -= day.weekday() < 5 and day not in days_off
    return day


def _at(place: Place) -> str:
    return f"{place[0]}/{place[1]}@{place[2]}"
