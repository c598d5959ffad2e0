"""A person with several numbers is erased: all of them, and nothing of what comes under one of them afterwards."""

import pytest

from config.topics import Topic
from infra.postgres import Connection
from ledger.consume.batch import Batch
from ledger.consume.project import project
from models.eligibility.decision import JoinMark
from tests.factories import uuid
from tests.integration.ledger.consume.test_erasures import GONE, MARK, STAYS, Ledger, fact, of, told
from tests.unit.ledger.decisions import POLICY


async def test_a_mark_that_is_read_again_takes_no_number_that_was_joined_since(
    connection: Connection,
) -> None:
    ledger = await told(connection)
    await ledger.poll(MARK)
    await ledger.poll(JoinMark(person_id=GONE, joined_to=STAYS))
    before = await ledger.found(STAYS)
    assert {"person_facts.person_id", "verdicts.person_id"} <= before
    await ledger.poll(MARK)
    assert {"person_facts.person_id", "verdicts.person_id"} <= await ledger.found(STAYS)


async def test_all_numbers_of_a_person_are_counted_as_one(connection: Connection) -> None:
    """Whichever is erased first, and also where the join is read with the mark."""
    for together in (True, False):
        await connection.execute("DELETE FROM erasures")
        await connection.execute("DELETE FROM person_joins")
        await connection.execute("DELETE FROM person_facts")
        ledger = Ledger(connection)
        ledger.known = {(topic, part): to for topic, part, to in await ledger.rows("SELECT * FROM position")}
        ledger.at = ledger.known.get((Topic.DECISIONS, 0), 0)
        facts = Batch()
        fact(facts, GONE, 1)
        fact(facts, "another", 2)
        async with connection.transaction():
            await project(connection, facts, {}, POLICY)
        other = MARK.model_copy(update={"person_id": "another"})
        said = (JoinMark(person_id=GONE, joined_to="another"), other, MARK)
        for each in [said] if together else [(one,) for one in said]:
            await ledger.poll(*each)
        assert len(await ledger.rows("SELECT DISTINCT person_id FROM person_facts")) == 1
        assert await ledger.found(GONE, "another") == set()


async def test_nobody_waits_for_the_last_word_of_a_number_that_is_erased(connection: Connection) -> None:
    """Its rows are gone, and its last word may be, too. Joined anew, it is joined again."""
    ledger = await told(connection)
    await ledger.poll(JoinMark(person_id=GONE, joined_to="another"))
    await ledger.poll(MARK)
    assert await ledger.rows("SELECT 1 FROM person_joins") == []
    joined = of("another", "of another", days=61).model_copy(update={"joined": (GONE,)})
    batch = await ledger.poll(joined)
    assert not batch.is_held
    assert await ledger.rows("SELECT 1 FROM messages WHERE person_id = 'another'") == [(1,)]


async def test_what_another_number_brings_along_after_the_mark_is_forgotten_too(
    connection: Connection,
) -> None:
    """Both numbers are erased; the mark of the one whose rows are brought is still to come."""
    ledger = await told(connection)
    await ledger.poll(of("other", "of the other"), JoinMark(person_id="other", joined_to=GONE))
    await ledger.poll(MARK)
    joined = of(GONE, "new", days=61).model_copy(update={"joined": ("other",)})
    await ledger.poll(joined)
    assert await ledger.rows("SELECT 1 FROM messages WHERE person_id = 'other'") == []
    rows = await ledger.rows(f"SELECT message_id FROM messages WHERE person_id = '{GONE}'")  # noqa: S608 - our own names
    assert rows == [(uuid("new"),)]


@pytest.mark.parametrize("together", [True, False])
async def test_what_came_since_stays_under_its_number_until_it_is_joined_anew(
    connection: Connection, together: bool
) -> None:
    """The partition of the other number, which is erased as well, is read later: it still names both."""
    ledger = await told(connection)
    of_before = of("another", "of before").model_copy(update={"joined": (GONE,)})
    said = (JoinMark(person_id=GONE, joined_to="another"), MARK, of(GONE, "new", days=61), of_before)
    for each in [said] if together else [(one,) for one in said]:
        await ledger.poll(*each)
    assert set(await _messages(ledger)) == {(uuid("new"), GONE), (uuid("of before"), "another")}
    await ledger.poll(
        JoinMark(person_id=GONE, joined_to="another"), of_before.model_copy(update={"revision": 2})
    )
    assert set(await _messages(ledger)) == {(uuid("new"), "another"), (uuid("of before"), "another")}


async def _messages(ledger: Ledger) -> list[tuple[str, str]]:
    return await ledger.rows(
        f"SELECT message_id, person_id FROM messages WHERE person_id <> '{STAYS}'"  # noqa: S608 - our own names
    )


@pytest.mark.parametrize("together", [True, False])
async def test_what_came_since_goes_to_the_number_that_it_is_joined_to_anew(
    connection: Connection, together: bool
) -> None:
    """And not to the one that it was joined to before, of which a decision of before is read later."""
    ledger = await told(connection)
    said = (
        JoinMark(person_id=GONE, joined_to="another"),
        MARK,
        of(GONE, "new", days=61),
        JoinMark(person_id=GONE, joined_to="third"),
        of("another", "of before").model_copy(update={"joined": (GONE,)}),
        of("third", "new", days=61, revision=2).model_copy(update={"joined": (GONE,)}),
    )
    for each in [said] if together else [(one,) for one in said]:
        await ledger.poll(*each)
    assert set(await _messages(ledger)) == {(uuid("new"), "third"), (uuid("of before"), "another")}
