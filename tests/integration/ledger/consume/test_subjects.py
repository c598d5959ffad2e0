"""Who is told what of subjects across people: by the ledger on PostgreSQL, and by match from what the outbox says."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import permutations
from typing import Final

import pytest

from config.topics import Topic
from infra.postgres import Connection
from ledger.consume import names_nothing
from models.eligibility.facts import Facts, fold
from models.eligibility.succession import NO_SUCCESSION, Succession
from models.events.content import HandedOver, MovedAway, RefusedDuplicate
from models.events.person_event import PersonEvent
from models.events.receipt import NamesNothingReceipt
from tests.factories import (
    CLOSED_INSTITUTION,
    DAY,
    LAW,
    MERGED_ON,
    OTHER_INSTITUTION,
    enrolment,
    enrolment_end,
    moment,
    origin,
    risk,
    uuid,
    withdrawal,
)
from tests.integration.ledger.ledger_fixture import Books, accepted, applied
from tests.unit.ledger.decisions import POLICY

WRONG: Final = "wrong" * 8
RIGHT: Final = "right" * 8
THIRD: Final = "third" * 8
FIRST: Final = enrolment(person_id=WRONG)
CORRECTED: Final = enrolment(person_id=RIGHT, kind="enrolment.corrected", at=moment(DAY))
LATER: Final = enrolment(person_id=THIRD, kind="enrolment.corrected", at=moment(DAY) + timedelta(hours=1))
END: Final = enrolment_end(date(2025, 12, 1), person_id=WRONG, at=moment(date(2025, 12, 1)))


async def booked(connection: Connection, events: Sequence[PersonEvent], *, one_by_one: bool = True) -> Books:
    """The events as match has applied them, one batch each or all in one."""
    books = Books(connection)
    if one_by_one:
        for offset, event in enumerate(events):
            await books.project(receipts=[accepted(event)], applied=[applied((offset, event))])
    else:
        receipts = [accepted(event) for event in events]
        await books.project(receipts=receipts, applied=[applied(*enumerate(events))])
    return books


async def known_of(
    books: Books, person: str, events: Sequence[PersonEvent], succession: Succession = NO_SUCCESSION
) -> Facts:
    """What match comes to with what it was told."""
    words = [word for word in await books.refusals() if word.person_id == person]
    return fold([*(event for event in events if event.person_id == person), *words], succession=succession)


@pytest.mark.parametrize("order", list(permutations((FIRST, CORRECTED, LATER, END))))
async def test_the_person_of_the_latest_version_holds_it_with_its_end(
    connection: Connection, order: tuple[PersonEvent, ...]
) -> None:
    """In any order of arrival, and each word once."""
    books = await booked(connection, order)
    (held,) = (await known_of(books, THIRD, order)).enrolments
    assert held.ended_on == date(2025, 12, 1)
    assert (await known_of(books, WRONG, order)).enrolments == ()
    assert (await known_of(books, RIGHT, order)).enrolments == ()
    words = await books.refusals()
    assert len({word.identity for word in words}) == len(words) <= 5


async def test_one_batch_says_the_same(connection: Connection) -> None:
    books = await booked(connection, [FIRST, CORRECTED, END], one_by_one=False)
    words = {word.person_id: word.content for word in await books.refusals()}
    assert isinstance(words[WRONG], MovedAway)
    assert isinstance(words[RIGHT], HandedOver)


async def test_another_sender_moves_and_ends_nothing(connection: Connection) -> None:
    stranger = enrolment(institution=OTHER_INSTITUTION, person_id=RIGHT, at=moment(DAY))
    ended = enrolment_end(DAY, institution=OTHER_INSTITUTION, person_id=THIRD)
    books = await booked(connection, [FIRST, stranger, ended])
    assert {word.person_id for word in await books.refusals()} == {RIGHT}


async def test_the_same_record_with_two_people_moves_nothing(connection: Connection) -> None:
    """A new CPR: both hold it, and neither loses it."""
    books = await booked(connection, [FIRST])
    await books.project(applied=[applied((9, FIRST.model_copy(update={"person_id": RIGHT})))])
    assert await books.refusals() == []


@pytest.mark.parametrize("is_first", [True, False])
async def test_a_withdrawal_under_another_cpr_reaches_the_message(
    connection: Connection, *, is_first: bool
) -> None:
    message = risk(person_id=WRONG)
    said = withdrawal(message, person_id=RIGHT)
    books = await booked(connection, [said, message] if is_first else [message, said])
    (word,) = await books.refusals()
    assert word.person_id == WRONG
    assert message.identity in (await known_of(books, WRONG, [message])).withdrawn


async def test_a_version_that_is_refused_later_gives_back_what_it_took(connection: Connection) -> None:
    """Its id came first about something else, which was read last."""
    books = await booked(connection, [FIRST, CORRECTED])
    earlier = risk(
        person_id=THIRD,
        event_id=CORRECTED.event_id,
        sender=CORRECTED.sender,
        origin=origin(appended_at=FIRST.origin.appended_at - timedelta(hours=1)),
    )
    await books.project(receipts=[accepted(earlier)], applied=[applied((7, earlier))])
    words = [word.content for word in await books.refusals() if word.person_id == WRONG]
    assert [type(word) for word in words if not isinstance(word, MovedAway)] == [RefusedDuplicate]
    assert (await known_of(books, WRONG, [FIRST])).enrolments
    # A later one takes it away again.
    await books.project(receipts=[accepted(LATER)], applied=[applied((8, LATER))])
    assert (await known_of(books, WRONG, [FIRST])).enrolments == ()


async def test_what_names_nothing_is_told_once_after_the_grace_time(connection: Connection) -> None:
    mistyped = enrolment_end(DAY, person_id=WRONG, name="mistyped")
    late = enrolment_end(DAY, person_id=RIGHT, name="late")
    books = await booked(connection, [mistyped, late, enrolment(person_id=WRONG, name="late")])
    for _ in range(2):
        async with connection.transaction():
            await names_nothing.tell(connection, timedelta(seconds=-1))
    rows = await books.rows("SELECT value FROM outbox WHERE topic = %s", str(Topic.RECEIPTS))
    (told,) = [NamesNothingReceipt.model_validate_json(value) for (value,) in rows]
    assert (told.origin, told.event_id, told.names_nothing) == (
        mistyped.origin,
        mistyped.event_id,
        "enrolment",
    )
    assert await books.rows("SELECT name FROM subjects WHERE names_nothing") == [(uuid("mistyped"),)]


OWN: Final = enrolment(person_id=RIGHT, origin=origin(appended_at=moment(MERGED_ON - timedelta(days=2))))
FORMERS: Final = enrolment(
    institution=CLOSED_INSTITUTION,
    person_id=WRONG,
    origin=origin(appended_at=moment(MERGED_ON - timedelta(days=1))),
)
MOVED_BEHIND: Final = enrolment(
    person_id=WRONG,
    kind="enrolment.corrected",
    at=moment(MERGED_ON) + timedelta(hours=1),
    origin=origin(appended_at=moment(MERGED_ON) + timedelta(hours=2)),
)
ENDED_BEHIND: Final = enrolment_end(
    DAY,
    person_id=WRONG,
    at=moment(MERGED_ON) + timedelta(hours=1),
    origin=origin(appended_at=moment(MERGED_ON) + timedelta(hours=2)),
)


@pytest.mark.parametrize("order", list(permutations((OWN, FORMERS, MOVED_BEHIND))))
async def test_a_person_with_a_predecessors_subject_of_that_id_is_told_whose_the_successors_is(
    connection: Connection, order: tuple[PersonEvent, ...]
) -> None:
    """The successor has registered one under that id itself, about somebody else: it is another enrolment."""
    books = Books(connection, replace(POLICY, succession=LAW.succession))
    for offset, event in enumerate(order):
        await books.project(receipts=[accepted(event)], applied=[applied((offset, event))])
    assert len((await known_of(books, WRONG, order, LAW.succession)).enrolments) == 2
    assert (await known_of(books, RIGHT, order, LAW.succession)).enrolments == ()


@pytest.mark.parametrize("order", list(permutations((OWN, FORMERS, ENDED_BEHIND))))
async def test_what_takes_back_the_successors_own_takes_back_nothing_of_its_predecessors(
    connection: Connection, order: tuple[PersonEvent, ...]
) -> None:
    """It counts where the successor's own is, and only there."""
    books = Books(connection, replace(POLICY, succession=LAW.succession))
    for offset, event in enumerate(order):
        await books.project(receipts=[accepted(event)], applied=[applied((offset, event))])
    (held,) = (await known_of(books, RIGHT, order, LAW.succession)).enrolments
    assert held.ended_on == DAY
    (formers,) = (await known_of(books, WRONG, order, LAW.succession)).enrolments
    assert formers.ended_on is None
