"""One batch of Kafka records into PostgreSQL: all of it, or none of it."""

from collections.abc import Callable, Mapping, Sequence

from config.topics import Topic
from infra.postgres import Connection
from infra.postgres_pipeline import send_now
from ledger.consume import duplicates, left_out, names_nothing, subjects
from ledger.consume.acts_again import ActsAgain
from ledger.consume.batch import Batch, Place
from ledger.consume.forget import forget, without_names
from ledger.reminders.scheduler import standing_of, write_plans
from ledger.store import (
    action_log,
    answers,
    deliveries,
    erased_figures,
    erasures,
    follow_up,
    foreign_records,
    repository,
)
from ledger.store.action_log import ActionRow
from ledger.tasks.projection import Policy, Projection, cause_of
from ledger.tasks.rows import Changes
from models.eligibility.simple_decision import KnownDecision


async def project(
    connection: Connection,
    batch: Batch,
    known: Mapping[Place, int],
    policy: Policy,
    again: Sequence[tuple[int, ActionRow]] = (),
) -> ActsAgain:
    """Project `batch` in the connection's transaction; raises `Fenced` when another has been here.

    `batch` is one that `ledger.consume.joins.settle` has seen to, in the same transaction.
    `again`: acts that a rebuild does once more, in order, each with the number of decisions of this batch that come
    before it. Returns what has become of them.
    """
    await repository.advance(
        connection,
        [
            (topic, part, known.get((topic, part)), to)
            for (topic, part), to in sorted(batch.next_offsets.items())
        ],
    )
    if batch.erasures or not (batch.decisions or again):
        await _add_follow_up(connection, batch)
    for mark in batch.erasures:
        await erased_figures.keep(connection, batch.numbers[mark.person_id], mark.erased_before)
        await forget(connection, mark.person_id, erasures.Erasure.of(mark), policy)
    await foreign_records.add(connection, batch.foreign)
    await answers.add_receipts(connection, batch.receipts)
    struck = await duplicates.find(connection, batch.receipts)
    await answers.add_applied(connection, [without_names(one, batch.nameless) for one in batch.applied])
    await duplicates.look_again(connection, batch.applied, batch.erased)
    await left_out.tell(connection, batch.applied)
    acts = ActsAgain()
    if batch.decisions or again:
        acts = await _decide(connection, batch, policy, again)
    # What another number of theirs had comes to them with it, after their own mark and before that number's.
    for person in {each.message.person_id for each in batch.decisions if each.joined} & batch.erased.keys():
        await forget(connection, person, batch.erased[person], policy)
    # Two ledgers side by side would each miss the other's rows.
    await duplicates.one_at_a_time(connection)
    await subjects.tell(connection, batch.applied, struck, policy.succession)
    await duplicates.resolve(connection)
    await names_nothing.tell(connection, policy.names_nothing_after)
    return acts


async def _add_follow_up(connection: Connection, batch: Batch) -> None:
    """Before an erasure, which keeps their figures. Nothing else asks for them in this transaction."""
    await follow_up.add_facts(connection, batch.facts)
    # What has to wait for another partition is read again.
    until = batch.next_offsets
    shown = [row for row in batch.verdicts if row.offset < until.get((Topic.DECISIONS, row.partition), 0)]
    await follow_up.add_verdicts(connection, shown)


async def _decide(
    connection: Connection,
    batch: Batch,
    policy: Policy,
    again: Sequence[tuple[int, ActionRow]],
) -> ActsAgain:
    decisions = batch.decisions
    joined = {person for decision in decisions for person in decision.joined or ()}
    people = {decision.message.person_id for decision in decisions} | {row.person_id for _, row in again}
    people |= joined | await action_log.people_of(connection, [row.act.task_id for _, row in again])
    named = {(decision.message.sender, decision.message.message_id) for decision in decisions}
    messages, tasks = await repository.rows_of(connection, people, named, joined)
    transfers = await repository.transfers_of(connection, people)
    refused = await duplicates.refused(connection, [decision.message.origin.place for decision in decisions])
    told = await repository.told(
        connection, [task.id for task in tasks], {cause_of(each) for each in decisions}
    )
    now = await repository.now(connection)
    projection = Projection(messages, tasks, transfers, told=told, policy=policy, now=now)
    # From here on nothing is asked before it is worked out: PostgreSQL writes meanwhile what it has been sent.
    async with connection.pipeline():
        if not batch.erasures:
            await _add_follow_up(connection, batch)
            await send_now(connection)
        acts = ActsAgain(again)
        for place, decision in enumerate(decisions):
            acts.do(projection, place)
            projection.take(
                decision,
                refused=decision.message.origin.place in refused,
                apart=_apart(decision, batch) if decision.joined else (),
            )
            acts.do_early(projection)
        acts.do(projection)
        for row in acts.done:
            await action_log.add(connection, row)
        await _write(connection, projection.changes, policy, batch.when_sent)
    return acts


def _apart(decision: KnownDecision, batch: Batch) -> set[str]:
    """Of numbers that were erased, those that a decision of before still names: who has them is known anew."""
    at, gone, joins = decision.message.origin.appended_at, batch.erased, batch.joins
    before = {name for name in decision.joined or () if name in gone and at < gone[name].erased_before}
    return {name for name in before if _joined_to(name, joins) != decision.message.person_id}


def _joined_to(number: str, joins: Mapping[str, str]) -> str:
    """Where `number` ends."""
    for _ in joins:
        number = joins.get(number, number)
    return number


async def _write(
    connection: Connection, changes: Changes, policy: Policy, when_sent: Callable[[], None]
) -> None:
    """The messages take longest: what falls due is worked out while PostgreSQL writes them."""
    steps = policy.steps if changes.tasks else None
    await deliveries.make_room(connection, changes.deliveries.values())
    await repository.write_tasks(connection, changes)
    await send_now(connection)
    messages = repository.message_rows(changes)
    standing = None if steps is None else await standing_of(connection, list(changes.tasks))
    await repository.write_messages(connection, changes, messages)
    await send_now(connection)
    when_sent()
    if steps is not None and standing is not None:
        await write_plans(connection, standing, steps)
    await repository.write_notices(connection, changes)
