"""What a worker says of itself: what it has done, whether it is ready, and nothing about anybody."""

import re
from collections import Counter
from datetime import datetime, timedelta

from prometheus_client import generate_latest

from config.topics import Topic
from frafaldsvarsel.processes.worker_watch import WorkerWatch
from models.eligibility.decision import Outcome
from models.events.event_types import InputTopic
from models.events.receipt import ReceiptStatus
from models.reasons import DecisionReason, ForeignReason, LeftOut, Rejection
from streams.tally import StepTally
from tests import scrape

OURS = frozenset(
    {(str(InputTopic.ENROLMENTS), 0), (str(InputTopic.ENROLMENTS), 2), (str(Topic.PERSON_EVENTS), 1)}
)


def sealed_until(now: datetime) -> datetime:
    return now + timedelta(seconds=1000)


def watching() -> WorkerWatch:
    return WorkerWatch(lambda _: None, sealed_until=sealed_until, clock=lambda: 1234.0)


def shown(watch: WorkerWatch) -> dict[str, float]:
    return scrape.values(generate_latest(watch.metrics.registry).decode())


def test_it_is_ready_while_it_has_partitions_and_a_coordinator() -> None:
    heard: list[frozenset[tuple[str, int]]] = []
    watch = WorkerWatch(heard.append, sealed_until=sealed_until)
    health = watch.health
    watch.turned()
    assert list(health.missing) == ["partitions", "the group's coordinator"]
    watch.coordinator(True)
    watch.assigned(OURS)
    assert heard == [OURS]
    assert list(health.missing) == []
    watch.revoked()
    assert list(health.missing) == ["partitions"]
    watch.assigned(frozenset())
    assert list(health.missing) == [], "a spare worker waits for another to end"
    watch.coordinator(False)
    assert list(health.missing) == ["the group's coordinator"]
    assert health.is_alive, "brokers that are away kill nobody"
    assert health.is_started


def test_it_tells_until_when_it_can_seal() -> None:
    watch = watching()
    watch.turned()
    assert shown(watch)["frafaldsvarsel_worker_sealed_until_timestamp_seconds"] == 2234


def test_the_partitions_of_each_topic_are_shown_and_none_in_a_rebalance() -> None:
    watch = watching()
    watch.assigned(OURS)
    held = {name: value for name, value in shown(watch).items() if "partitions" in name}
    assert held['frafaldsvarsel_worker_partitions{topic="enrolments"}'] == 2
    assert held['frafaldsvarsel_worker_partitions{topic="person-events"}'] == 1
    assert sum(held.values()) == 3
    watch.revoked()
    assert not any(value for name, value in shown(watch).items() if "partitions" in name)


def test_what_was_done_adds_up_over_batches() -> None:
    watch = watching()
    for _ in range(2):
        refused = {("accepted", ""): 3, ("rejected", "not_json"): 1}
        watch.tally("intake", StepTally(records=Counter(refused)), 0.25)
    watch.tally("match", StepTally(decisions=Counter({("obliged", "obliged"): 2}), people=7), None)
    watch.committed()
    found = shown(watch)
    told = "frafaldsvarsel_worker_records_total"
    assert found[told + '{outcome="accepted",reason="",step="intake"}'] == 6
    assert found[told + '{outcome="rejected",reason="not_json",step="intake"}'] == 2
    assert found['frafaldsvarsel_worker_decisions_total{outcome="obliged",reason="obliged"}'] == 2
    assert found['frafaldsvarsel_worker_batch_seconds_count{step="intake"}'] == 2
    assert 'frafaldsvarsel_worker_batch_seconds_count{step="match"}' not in found
    assert found["frafaldsvarsel_worker_people"] == 7
    assert found["frafaldsvarsel_worker_commit_timestamp_seconds"] == 1234


def test_the_series_are_bounded_by_the_codes_and_no_label_can_name_anybody() -> None:
    """Whatever comes in: every label is a code of ours."""
    watch = watching()
    watch.assigned(OURS)
    refused = [(ReceiptStatus.ACCEPTED, ""), *((ReceiptStatus.REJECTED, reason) for reason in Rejection)]
    watch.tally("intake", StepTally(records=Counter(refused)), 1.0)
    foreign = [("foreign", reason) for reason in ForeignReason]
    applied = [("changed", ""), ("unchanged", ""), *(("left_out", reason) for reason in LeftOut), *foreign]
    decided = [(outcome, reason) for outcome in Outcome for reason in DecisionReason]
    watch.tally("match", StepTally(Counter(applied), Counter(decided), 1), 1.0)
    found = shown(watch)
    assert len(found) < 400
    labels = {value for name in found for value in re.findall(r'="([^"]*)"', name)}
    codes = {*map(str, (*Outcome, *DecisionReason, *Rejection, *LeftOut, *ForeignReason, *InputTopic))}
    others = {"", "accepted", "rejected", "foreign", "changed", "unchanged", "left_out", "intake", "match"}
    bounds = {value for name in found for value in re.findall(r'le="([^"]*)"', name)}
    assert labels - bounds <= codes | others | {str(Topic.PERSON_EVENTS)}
