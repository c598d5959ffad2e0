"""Story: a school and a municipality wrote about the wrong people, a school was taken over, a residence was never so.

All of it is sent first, until everything is at rest; then come the corrections, and each test looks at one of them.
"""

import json
import os
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import pytest
from confluent_kafka import Consumer, TopicPartition

from config.topics import BY_NAME, Topic
from models.calendar import copenhagen_date
from tests.acceptance.service import Up, command, rows, until
from tests.acceptance.story import SCHOOL, event, history
from tests.integration.streams.traffic import made_up_cpr

GONE: Final = "900101"
INTO: Final = "900112"
LATER: Final = "2026-10-05T10:00:00+02:00"
GRACE_HOURS: Final = 73
"""More than an event may wait for what it names."""
Plain = dict[str, object]


def data_of(one: Plain) -> dict[str, Any]:
    held = one["data"]
    assert isinstance(held, dict)
    return held


class Student:
    """Who came from the target group, is enrolled at a school, and is reported by it."""

    def __init__(self, number: int, school: str = SCHOOL) -> None:
        self.cpr = made_up_cpr(number)
        whole = json.loads(json.dumps(history(self.cpr)).replace(SCHOOL, school))
        self.risk, self.home, self.help, self.study = whole

    def whole(self) -> list[Plain]:
        return [self.risk, self.home, self.help, self.study]

    def ended(self, enrolment_id: object, by: str = SCHOOL) -> Plain:
        return event(
            "enrolment.ended",
            by,
            LATER,
            self.cpr,
            enrolment_id=enrolment_id,
            institution_number=by,
            ended_on="2026-09-30",
            reason="dropped_out",
        )


def about(cpr: str, one: Plain, kind: str) -> Plain:
    """The same, said once more later, about another person."""
    return event(kind, str(one["sender"]), LATER, **{**data_of(one), "cpr": cpr})


class Story:
    """Who is in it, and what is said of them first and then."""

    def __init__(self) -> None:
        self.named, self.meant = Student(1), Student(2)
        self.helped, self.entitled = Student(3), Student(4)
        self.reported, self.mistaken = Student(5), Student(6)
        self.mistyped, self.moved = Student(7), Student(8)
        self.merged = Student(9, GONE)
        self.never_there = event(
            "residence.registered",
            "REG-CPR",
            "2026-09-20T10:00:00+02:00",
            self.moved.cpr,
            residence_id=str(uuid4()),
            municipality_code="0751",
            valid_from="2026-09-15",
        )
        self.end_of_nothing = self.mistyped.ended(str(uuid4()))

    def first(self) -> list[Plain]:
        return [
            *self.named.whole(),
            *(one for one in self.meant.whole() if one is not self.meant.study),
            *self.helped.whole(),
            *(one for one in self.entitled.whole() if one is not self.entitled.help),
            *self.reported.whole(),
            self.mistaken.home,
            *self.mistyped.whole(),
            *self.moved.whole(),
            self.never_there,
            *self.merged.whole(),
        ]

    def then(self) -> list[Plain]:
        withdrawn = event(
            "dropout-risk.withdrawn",
            SCHOOL,
            LATER,
            self.mistaken.cpr,
            institution_number=SCHOOL,
            message_id=self.reported.risk["id"],
            reason="wrong_person",
        )
        residence_id = data_of(self.never_there)["residence_id"]
        return [
            about(self.meant.cpr, self.named.study, "enrolment.corrected"),
            about(self.entitled.cpr, self.helped.help, "benefit-period.corrected"),
            withdrawn,
            self.end_of_nothing,
            event("residence.annulled", "REG-CPR", LATER, self.moved.cpr, residence_id=residence_id),
            self.merged.ended(data_of(self.merged.study)["enrolment_id"], by=INTO),
        ]


def decision(up: Up, one: Plain) -> dict[str, Any]:
    (found,) = rows("decisions", "--message", str(one["id"]), data=up.data)
    return found


def open_at(up: Up, one: Plain) -> list[str]:
    """The units that have an open task because of the message."""
    return [
        task["unit"]
        for task in rows("tasks", data=up.data)
        if one["id"] in (task["message_ids"] or ()) and task["status"] == "open"
    ]


def pids(up: Up) -> dict[str, int]:
    found: dict[str, int] = up.addresses["pids"]
    return found


def take_over(up: Up) -> None:
    """From today on `INTO` speaks for `GONE`: worker and ledger read their tables when they begin."""
    table = up.data / "reference" / "senders.csv"
    lines = table.read_text(encoding="utf-8").splitlines()
    (row,) = [line for line in lines if line.startswith(f"{GONE},")]
    assert ",2022-01-01,,," in row
    today = copenhagen_date(datetime.now(UTC))
    merged = row.replace(",2022-01-01,,,", f",2022-01-01,{today},{INTO},")
    table.write_text("\n".join(merged if line == row else line for line in lines) + "\n", encoding="utf-8")
    before = {name: pid for name, pid in pids(up).items() if name in ("worker", "ledger")}
    for pid in before.values():
        os.kill(pid, signal.SIGKILL)
    for name, pid in before.items():
        until(f"another {name}", lambda name=name, pid=pid: pids(up).get(name) not in (pid, 0, None))


@pytest.fixture(scope="module")
def told(up: Up, tmp_path_factory: pytest.TempPathFactory) -> Story:
    """What came first, how it was decided, and then the corrections."""
    story, folder = Story(), tmp_path_factory.mktemp("files")
    up.add_school()
    up.publish_and_settle(folder / "first.jsonl", story.first())
    assert decision(up, story.meant.risk)["reason"] == "enrolment_unknown"
    assert decision(up, story.entitled.risk)["reason"] == "no_target_group_period_known"
    assert open_at(up, story.moved.risk) == ["jc-0751"]
    for student in (story.named, story.helped, story.reported, story.mistyped, story.merged):
        assert open_at(up, student.risk) == ["jc-0561"]
    take_over(up)
    up.publish_and_settle(folder / "then.jsonl", story.then())
    return story


def test_an_enrolment_that_is_corrected_to_another_person_takes_the_duty_along(up: Up, told: Story) -> None:
    until("the first one's decision", lambda: decision(up, told.named.risk)["decision"] == "undecided")
    until("the second one's task", lambda: open_at(up, told.meant.risk) == ["jc-0561"])
    assert decision(up, told.named.risk)["reason"] == "enrolment_unknown"
    assert open_at(up, told.named.risk) == []


def test_a_benefit_period_that_is_corrected_to_another_person_takes_the_duty_along(
    up: Up, told: Story
) -> None:
    until("the second one's task", lambda: open_at(up, told.entitled.risk) == ["jc-0561"])
    until("the first one's task falls", lambda: not open_at(up, told.helped.risk))
    assert decision(up, told.helped.risk)["reason"] == "no_target_group_period_known"


def test_a_withdrawal_under_another_persons_number_closes_the_task_of_the_message_it_names(
    up: Up, told: Story
) -> None:
    until("the task falls", lambda: not open_at(up, told.reported.risk))
    assert decision(up, told.reported.risk)["reason"] == "withdrawn"


def test_the_successor_ends_what_its_predecessor_has_registered(up: Up, told: Story) -> None:
    until("the task falls", lambda: not open_at(up, told.merged.risk))
    assert decision(up, told.merged.risk)["reason"] == "enrolment_ended"


def test_a_residence_that_is_annulled_gives_the_task_to_the_unit_of_the_one_before(
    up: Up, told: Story
) -> None:
    until("the other unit's task", lambda: open_at(up, told.moved.risk) == ["jc-0561"])
    assert decision(up, told.moved.risk)["unit"] == "jc-0561"


def test_an_end_with_a_mistyped_id_is_told_to_its_sender_and_stands_in_the_audit(
    up: Up, told: Story, tmp_path: Path
) -> None:
    """Nothing before the grace time; then a receipt that names the place of the record, once, and no gap."""
    assert open_at(up, told.mistyped.risk) == ["jc-0561"]
    assert following(up) == []
    with up.database() as connection:
        connection.execute(
            "UPDATE subjects SET recorded_at = recorded_at - %s", (timedelta(hours=GRACE_HOURS),)
        )
    # The ledger looks when it has something to book.
    up.publish_and_settle(tmp_path / "next.jsonl", Student(10).whole())
    (receipt,) = until("a following receipt", lambda: following(up))
    assert receipt["sender"] == SCHOOL
    assert receipt["event_id"] == told.end_of_nothing["id"]
    (accepted,) = [one for one in rows("receipts", data=up.data) if one["message_id"] == receipt["event_id"]]
    place = {name: receipt["origin"][name] for name in ("topic", "partition", "offset")}
    assert place == {name: accepted[name] for name in place}
    audited = command("audit", "--grace", "0", "--json", data=up.data)
    assert audited.returncode == 0
    named = [one for one in json.loads(audited.stdout)["exceptions"] if one["hop"] == "names_nothing"]
    assert [(one["topic"], one["offset"]) for one in named] == [(place["topic"], place["offset"])]
    assert told.mistyped.cpr not in audited.stdout
    up.publish_and_settle(tmp_path / "more.jsonl", Student(11).whole())
    assert len(following(up)) == 1


def following(up: Up) -> list[dict[str, Any]]:
    """Of the receipts those that say that something names nothing."""
    bootstrap = up.addresses["bootstrap_servers"]
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": f"look-{uuid4()}", "log_level": 0})
    found: list[dict[str, Any]] = []
    try:
        for partition in range(BY_NAME[Topic.RECEIPTS].partitions):
            first, end = consumer.get_watermark_offsets(TopicPartition(Topic.RECEIPTS, partition), timeout=20)
            consumer.assign([TopicPartition(Topic.RECEIPTS, partition, first)])
            at = first
            while at < end:
                message = consumer.poll(20)
                assert message is not None
                assert message.error() is None
                at = (message.offset() or 0) + 1
                value = json.loads(message.value() or b"{}")
                found += [value] if "names_nothing" in value else []
    finally:
        consumer.close()
    return found
