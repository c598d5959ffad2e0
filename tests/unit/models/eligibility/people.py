"""Several people at once: match's rules for each of them, and the ledger's for what one has to know of another.

The ledger runs on the simulation's stand-in for PostgreSQL, and its words arrive in any order among the events.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random
from typing import Any, Final, cast

from config.topics import Topic
from infra.postgres import Connection
from ledger.consume.batch import Batch
from ledger.consume.project import project
from models.eligibility.apply_event import apply
from models.eligibility.decision import Cause
from models.eligibility.person_record import PersonRecord
from models.events.person_event import PersonEvent
from models.events.receipt import NamesNothingReceipt
from tests import oracle
from tests.factories import LAW
from tests.integration.ledger.ledger_fixture import accepted, applied
from tests.simulation.clock import Clock
from tests.simulation.postgres_in_memory import Memory
from tests.unit.ledger.decisions import POLICY
from tests.unit.models.eligibility.arrivals import Told
from tests.unit.models.eligibility.histories import plain_law
from tests.unit.models.eligibility.test_order import in_the_oracles_words

_PLACE: Final = (str(Topic.APPLIED), 0)
_WAITED: Final = timedelta(days=4)
_POLICY: Final = replace(POLICY, succession=LAW.succession)
Verdicts = dict[tuple[str, str, str], dict[str, Any]]
"""By sender, id and person, in the oracle's words."""


@dataclass(frozen=True)
class Ending:
    """What everything comes to."""

    verdicts: Verdicts
    names_nothing: frozenset[str]
    """The ids of the events whose senders were told so."""


async def outcome(events: Sequence[PersonEvent], rng: Random) -> Ending:
    """What is known when all of `events` and all that the ledger has told has arrived, in an order of `rng`."""
    memory = Memory(clock := Clock())
    connection = cast(Connection, await memory.connect())
    records: dict[str, PersonRecord] = {}
    told: dict[str, Told] = {}
    waiting, heard, known = list(events), set[str](), dict[tuple[str, int], int]()
    while waiting:
        event = waiting.pop(rng.randrange(len(waiting)))
        person = event.person_id
        offset = known.get(_PLACE, 0)
        step = apply(
            records.get(person, PersonRecord(person_id=person)), event, Cause(partition=0, offset=offset), LAW
        )
        records[person] = step.record
        for decision in step.decisions:
            told.setdefault(person, {})[decision.message.sender, decision.message.message_id] = decision
        batch = Batch()
        batch.receipts += [accepted(event)] if event in events else []
        batch.applied += [applied((offset, event))]
        await _book(connection, batch, known)
        for row in await memory.rows("outbox"):
            if row["topic"] == Topic.PERSON_EVENTS and row["id"] not in heard:
                heard.add(row["id"])
                waiting.append(PersonEvent.model_validate_json(row["value"]))
    clock.forward(_WAITED)
    await _book(connection, Batch(), known)
    following = [
        NamesNothingReceipt.model_validate_json(row["value"]).event_id
        for row in await memory.rows("outbox")
        if row["topic"] == Topic.RECEIPTS and b"names_nothing" in row["value"]
    ]
    assert len(following) == len(set(following))
    verdicts = {
        (*name, person): said
        for person, decisions in told.items()
        for name, said in in_the_oracles_words(decisions).items()
    }
    return Ending(verdicts, frozenset(following))


def by_the_oracle(events: Sequence[PersonEvent]) -> Ending:
    """The same, by the rules that were written a second time."""
    people: dict[str, list[dict[str, Any]]] = {}
    names = {}
    for event in events:
        people.setdefault(event.person_id, []).append(event.model_dump(mode="json"))
        names[event.origin.place] = event.event_id
    law = plain_law(LAW)
    nothing = {names[place] for place in oracle.names_nothing(people, law)}
    return Ending(oracle.verdicts_of_all(people, law), frozenset(nothing))


async def _book(connection: Connection, batch: Batch, known: dict[tuple[str, int], int]) -> None:
    batch.next_offsets[_PLACE] = known.get(_PLACE, 0) + 1
    async with connection.transaction():
        await project(connection, batch, known, _POLICY)
    known |= batch.next_offsets
