"""The ledger made once more with numbers that were joined, and what people did meanwhile."""

import psycopg

from config.kafka import KafkaSettings
from ledger.rebuild.rebuild import rebuilding
from models.eligibility.decision import Decision, JoinMark
from tests.integration.ledger.consume.test_consumer import running, until
from tests.integration.ledger.rebuild.test_rebuild import by_table, say
from tests.integration.ledger.rebuild.test_rebuild_actions import OVER, PROJECTED, press
from tests.unit.ledger.decisions import POLICY, UNIT, decided
from tests.unit.ledger.tasks.test_fold_numbers import joined


async def test_an_act_where_a_partition_waits_comes_before_what_the_others_say(
    kafka: KafkaSettings, ledger_url: str
) -> None:
    """Of a number that is joined to another one, and whose task was still its own."""

    def on(partition: int, decision: Decision) -> tuple[int, Decision]:
        cause = decision.cause.model_copy(update={"partition": partition})
        return partition, decision.model_copy(update={"cause": cause})

    old = decided("first", person="B")
    over = decided("first", person="A", revision=2, unit=UNIT, cause=7)
    other = decided("other", person="C", offset=77)
    waits = [
        on(0, joined(over, "B", sent_as="B")),
        # It keeps the first number's partition waiting behind the act.
        on(1, joined(other.model_copy(update={"revision": 2}), "D", sent_as="D")),
    ]
    async with running(kafka, ledger_url):
        await say(kafka, on(1, old), (1, JoinMark(person_id="B", joined_to="A")))
        await until(ledger_url, PROJECTED, 2)
        async with await psycopg.AsyncConnection.connect(ledger_url, autocommit=True) as live:
            ((task_id,),) = await (await live.execute("SELECT id FROM tasks")).fetchall()
            await press(live, task_id, UNIT, OVER)
        await say(kafka, *waits, (2, JoinMark(person_id="D", joined_to="C")))
        await until(ledger_url, PROJECTED, 5)
    async with rebuilding(kafka, ledger_url, POLICY, lambda _: None) as same:
        assert {name: table.differing for name, table in by_table(same).items() if table.differing} == {}
        assert (same.records, same.acts, same.unplaced) == (5, 1, 0)
