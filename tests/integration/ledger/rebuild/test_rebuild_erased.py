"""A rebuild forgets again: the same rows, and the figures of whom was erased stay as they are, also with --apply."""

import psycopg

from config.kafka import KafkaSettings
from ledger.rebuild.rebuild import rebuilding
from ledger.rebuild.replace import replace
from models.eligibility.decision import Cause, ErasureMark
from tests.factories import enrolment, risk, uuid
from tests.integration.ledger.consume.test_consumer import running, until
from tests.integration.ledger.ledger_fixture import accepted, applied, at
from tests.integration.ledger.rebuild import test_rebuild
from tests.unit.ledger.decisions import ARRIVED, POLICY, decided, later

COUNTED = (
    'SELECT person_id, name, "offset" FROM person_facts ORDER BY 1',
    "SELECT person_id, enrolment_id, message_id FROM verdicts ORDER BY 1",
)
GONE, STAYS = "gonegonegonegonegonegone01", "staysstaysstaysstaysstays1"


async def test_the_same_rows_come_out_and_figures_stay(kafka: KafkaSettings, ledger_url: str) -> None:
    gone, stays = (decided(person, person=person, offset=n) for n, person in enumerate((GONE, STAYS), 1))
    event = risk(person_id=GONE, event_id=uuid(GONE), origin=at(1, ARRIVED))
    mark = ErasureMark(
        person_id=GONE, erased_before=later(30), cause=Cause(partition=0, offset=9), request="request-1"
    )
    async with running(kafka, ledger_url):
        facts = [enrolment(person_id=person, origin=at(2, ARRIVED)) for person in (GONE, STAYS)]
        await test_rebuild.say(kafka, *((0, fact) for fact in facts))
        await test_rebuild.say(kafka, (0, accepted(event)), (0, applied((3, event))), (0, gone), (1, stays))
        await until(ledger_url, "SELECT count(*) FROM person_facts", 2)
        await until(ledger_url, "SELECT count(*) FROM messages", 2)
        await until(ledger_url, "SELECT count(*) FROM applied", 1)
        await test_rebuild.say(kafka, (0, mark))
        await until(ledger_url, "SELECT count(*) FROM erasures", 1)
    with psycopg.connect(ledger_url, autocommit=True) as connection:
        figures = connection.execute("SELECT id, status, react_by FROM tasks ORDER BY id").fetchall()
        assert len(figures) == 2
        counted = [connection.execute(rows).fetchall() for rows in COUNTED]
        assert [len(rows) for rows in counted] == [2, 2]
        assert all(sum(row[0].startswith("erased:") for row in rows) == 1 for rows in counted)
        async with rebuilding(kafka, ledger_url, POLICY, lambda _: None) as again:
            assert {one.table: one.differing for one in again.tables if one.differing} == {}
            assert all(one.live_hash == one.rebuilt_hash for one in again.tables)
            await replace(ledger_url, again, "somebody")
        assert connection.execute("SELECT id, status, react_by FROM tasks ORDER BY id").fetchall() == figures
        assert [connection.execute(rows).fetchall() for rows in COUNTED] == counted
        assert connection.execute("SELECT person_id FROM messages").fetchall() == [(STAYS,)]
