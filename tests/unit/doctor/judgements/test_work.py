"""What waits in PostgreSQL, and what it means."""

from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import pytest

from doctor.diagnosis import Diagnosis
from doctor.judgements import work
from doctor.readers.work import Amount, ChannelWork, Review, SchemaState, ServerState, UnitTrouble
from models.service_status import Level

NOW: Final = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def ago(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


def test_a_database_that_takes_nothing_is_a_fault() -> None:
    assert work.postgres(ServerState(0, read_only=True)).level is Level.FAULT
    assert work.postgres(ServerState(0, read_only=True), ago(7)).since == ago(7)
    assert work.postgres(ServerState(0, read_only=False)).level is Level.FINE


def test_a_sender_over_its_bound_is_named_with_what_to_ask() -> None:
    senders = {f"90010{number}": Amount(30 - number, ago(5)) for number in range(5)}
    found = list(work.over_bound(senders))
    assert [one.level for one in found] == [Level.WARNING] * 3
    assert found[0].sentence == (
        "30 events of sender 900100 have no effect: it is over its bound for a person."
    )
    assert (found[0].since, "receipts --institution 900100" in found[0].advice) == (ago(5), True)
    [one] = work.over_bound({"900100": Amount(1, ago(5))})
    assert "1 event of sender 900100 has no effect" in one.sentence
    assert [one.level for one in work.over_bound({})] == [Level.FINE]


def test_a_schema_of_another_version() -> None:
    [pending] = work.schema(SchemaState(("0016_left_out.sql",), ()))
    assert (pending.level, "0016_left_out.sql" in pending.sentence) == (Level.FAULT, True)
    assert [one.level for one in work.schema(SchemaState((), ("0099_new.sql",)))] == [Level.WARNING]
    assert [one.level for one in work.schema(SchemaState((), ()))] == [Level.FINE]


@pytest.mark.parametrize("judge", [work.outbox, work.steps])
def test_what_is_due_and_lies_grows_from_fine_to_fault(judge: Any) -> None:
    levels = [judge(Amount(3, ago(minutes)), NOW).level for minutes in (2, 3, 11)]
    assert levels == [Level.FINE, Level.WARNING, Level.FAULT]
    assert judge(Amount(3, ago(11)), NOW).since == ago(11)
    assert judge(Amount(0), NOW).level is Level.FINE


def notices(**changes: Any) -> ChannelWork:
    values: dict[str, Any] = {
        "number": 2,
        "oldest": ago(1),
        "waits_since": ago(1),
        "due_since": None,
        "misconfigured": 0,
        "tried": 0,
    } | changes
    return ChannelWork(channel="email", **values)


@pytest.mark.parametrize(
    ("one", "level", "said"),
    [
        (notices(), Level.FINE, "2 notices under way"),
        (notices(due_since=ago(3)), Level.WARNING, "no notifier has taken the first"),
        (notices(due_since=ago(11)), Level.FAULT, "for 11 min no notifier"),
        (notices(tried=2, oldest=ago(3)), Level.WARNING, "what a notifier tries has no success"),
        (notices(tried=2, oldest=ago(20)), Level.FAULT, "the oldest for 20 min"),
        # The relay is away, so one is tried at a time: it is not that nobody takes them.
        (
            notices(number=100, tried=1, tried_at=ago(1), due_since=ago(4), oldest=ago(4)),
            Level.WARNING,
            "what a notifier tries has no success",
        ),
        # Tried once, and then the notifier ended.
        (
            notices(tried=1, tried_at=ago(5), due_since=ago(4), oldest=ago(6)),
            Level.WARNING,
            "no notifier has taken the first",
        ),
        (notices(misconfigured=1, tried=1), Level.FAULT, "1 email notice waits for a person"),
    ],
)
def test_notices_that_do_not_go_out(one: ChannelWork, level: Level, said: str) -> None:
    [found] = work.deliveries([one], NOW)
    assert (found.level, said in found.sentence) == (level, True), found.sentence


def test_each_channel_is_told_by_itself() -> None:
    found = list(work.deliveries([notices(due_since=ago(3)), notices(misconfigured=2)], NOW))
    assert [one.level for one in found] == [Level.WARNING, Level.FAULT]
    assert [one.level for one in work.deliveries([], NOW)] == [Level.FINE]


def test_a_unit_whose_last_mail_nobody_took_is_named() -> None:
    found = work.failed_notices([UnitTrouble("jc-0101", ago(9)), UnitTrouble("jc-0147", ago(30))])
    assert (found.level, found.since) == (Level.FAULT, ago(30))
    assert "2 units was not taken: jc-0101, jc-0147" in found.sentence
    assert work.failed_notices([]).level is Level.FINE


def test_a_webhook_that_is_off_and_one_that_fails() -> None:
    found = list(work.endpoints([UnitTrouble("a", ago(9), True), UnitTrouble("b", ago(3))]))
    assert [one.level for one in found] == [Level.WARNING, Level.WARNING]
    assert ["is off: a" in found[0].sentence, "fails: b" in found[1].sentence] == [True, True]
    assert [one.level for one in work.endpoints([])] == [Level.FINE]


def test_what_waits_for_people_is_a_warning_with_its_numbers() -> None:
    found = work.quarantine({"conflict": Amount(1, ago(5)), "input": Amount(4, ago(9))})
    assert (found.level, found.since) == (Level.WARNING, ago(9))
    assert "5 things in quarantine wait for a person (conflict 1, input 4)." in found.sentence
    assert work.quarantine({}).level is Level.FINE


@pytest.mark.parametrize("judge", [work.undecided, work.overdue])
def test_what_is_past_its_date(judge: Any) -> None:
    found: Diagnosis = judge(Review(2, date(2026, 2, 1), 1))
    assert (found.level, "2026-02-01" in found.sentence) == (Level.WARNING, True)
    assert judge(Review(0)).level is Level.FINE


def test_a_canary_that_does_not_come_home() -> None:
    within = timedelta(minutes=3)
    assert work.canary(ago(2), within, NOW).level is Level.FINE
    assert work.canary(ago(4), within, NOW).level is Level.FAULT
    assert work.canary(None, within, NOW).level is Level.FAULT
    assert work.canary(None, None, NOW).level is Level.WARNING
