"""The quarantine's rules: what a replay would come to, and when a mail may be written anew."""

from datetime import UTC, datetime, timedelta

import pytest

from models.dead_letter import (
    WAITING,
    AcceptedRecord,
    DeadLetter,
    DeadLetterKind,
    DeadLetterState,
    ReplayOutcome,
    expected_replay,
    id_of,
    place_of,
    surely_not_taken,
)
from models.events.person_event import Origin
from models.events.receipt import Receipt, ReceiptStatus
from models.notifications.delivery import SendOutcome
from models.reasons import Rejection

NOW = datetime(2025, 10, 1, 12, 0, tzinfo=UTC)
ORIGIN = Origin(topic="benefits", partition=2, offset=17, appended_at=NOW)
ACCEPTED = Receipt(
    origin=ORIGIN, status=ReceiptStatus.ACCEPTED, sender="0101", event_id="id", fingerprint="same"
)


def test_an_id_names_its_place() -> None:
    assert place_of(id_of(("dropout-risks", 3, 41))) == ("dropout-risks", 3, 41)


@pytest.mark.parametrize("text", ["", "benefits/1", "benefits/1/x", "a/b/c/d"])
def test_what_names_no_place_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        place_of(text)


def test_a_record_that_is_refused_again_says_why() -> None:
    receipt = Receipt(
        origin=ORIGIN, status=ReceiptStatus.REJECTED, reason=Rejection.WRONG_FIELD, detail="valid_from"
    )
    assert expected_replay(receipt, []) == (ReplayOutcome.REFUSED, "wrong_field: valid_from")


def test_a_good_record_under_a_free_id_is_accepted() -> None:
    assert expected_replay(ACCEPTED, []) == (ReplayOutcome.ACCEPTED, None)


def test_the_first_record_under_an_id_decides_between_duplicate_and_conflict() -> None:
    same, other = AcceptedRecord("benefits/0/1", "same"), AcceptedRecord("benefits/0/2", "other")
    assert expected_replay(ACCEPTED, [same, other])[0] is ReplayOutcome.DUPLICATE
    assert expected_replay(ACCEPTED, [other, same]) == (
        ReplayOutcome.CONFLICT,
        "other content stands under its id, as benefits/0/2",
    )
    moved = ACCEPTED.model_copy(update={"fingerprint": "in another offset", "fingerprint_utc": "same"})
    assert expected_replay(moved, [same, other])[0] is ReplayOutcome.DUPLICATE
    in_utc = AcceptedRecord("benefits/0/3", "as written", "same")
    assert expected_replay(ACCEPTED, [in_utc, other])[0] is ReplayOutcome.DUPLICATE


def test_a_conflict_and_bytes_that_are_gone_cannot_be_forced() -> None:
    assert not ReplayOutcome.CONFLICT.may_be_forced
    assert not ReplayOutcome.GONE.may_be_forced
    assert ReplayOutcome.REFUSED.may_be_forced
    assert not ReplayOutcome.REFUSED.worthwhile


@pytest.mark.parametrize(
    ("outcome", "worthwhile", "may_be_forced"),
    [
        (ReplayOutcome.ACCEPTED, True, True),
        (ReplayOutcome.SENT, True, True),
        (ReplayOutcome.REFUSED, False, True),
        (ReplayOutcome.DUPLICATE, False, True),
        (ReplayOutcome.DECIDED, False, True),
        (ReplayOutcome.CONFLICT, False, False),
        (ReplayOutcome.GONE, False, False),
        (ReplayOutcome.NOT_NEEDED, False, False),
        (ReplayOutcome.NO_RECIPIENT, False, False),
    ],
)
def test_only_what_does_no_harm_may_be_forced(
    outcome: ReplayOutcome, worthwhile: bool, may_be_forced: bool
) -> None:
    assert (outcome.worthwhile, outcome.may_be_forced) == (worthwhile, may_be_forced)


def test_a_duplicate_names_the_record_that_was_accepted() -> None:
    same = AcceptedRecord("benefits/0/1", "same")
    assert expected_replay(ACCEPTED, [same]) == (
        ReplayOutcome.DUPLICATE,
        "accepted already as benefits/0/1",
    )


def test_a_refusal_without_a_detail_is_its_reason_alone() -> None:
    receipt = Receipt(origin=ORIGIN, status=ReceiptStatus.REJECTED, reason=Rejection.NOT_JSON)
    assert expected_replay(receipt, []) == (ReplayOutcome.REFUSED, "not_json")


def test_a_person_decides_on_what_is_open_and_on_a_replay_that_may_not_have_been_written() -> None:
    assert {DeadLetterState.OPEN, DeadLetterState.BEGUN} == WAITING


def test_a_dead_letter_knows_its_place_by_its_id() -> None:
    letter = DeadLetter(
        id="benefits/2/17",
        kind=DeadLetterKind.INPUT,
        since=NOW,
        reason="not_json",
        state=DeadLetterState.OPEN,
    )
    assert letter.place == ORIGIN.place


LATER = NOW + timedelta(hours=1)


@pytest.mark.parametrize(
    ("attempts", "surely"),
    [
        ([(LATER, SendOutcome.REFUSED)], True),
        ([(NOW, SendOutcome.TRY_AGAIN), (LATER, SendOutcome.MISCONFIGURED)], True),
        ([(NOW, SendOutcome.INDETERMINATE), (LATER, SendOutcome.REFUSED)], False),
        ([(NOW, SendOutcome.DELIVERED), (LATER, SendOutcome.REFUSED)], False),
        (
            [(LATER, SendOutcome.REFUSED), (NOW, SendOutcome.TRY_AGAIN)],
            True,
        ),  # in whatever order they are read
        ([(NOW, SendOutcome.TRY_AGAIN)], False),  # its deadline passed later: somebody may have held it
        ([], False),
    ],
)
def test_a_mail_is_written_anew_only_when_no_relay_can_have_taken_it(
    attempts: list[tuple[datetime, str]], surely: bool
) -> None:
    assert surely_not_taken(LATER, attempts) is surely
