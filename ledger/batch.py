"""One batch of Kafka records into PostgreSQL: all of it, or none of it."""

from collections.abc import Mapping, Sequence

from pydantic import TypeAdapter

from config.topics import Topic
from ledger import repeats, store
from ledger.project import Policy, Projection, cause_of
from ledger.steps import plan_steps
from models.decision import Decision
from models.receipt import Applied, Receipt, RepeatReceipt

Place = tuple[str, int]
_receipts: TypeAdapter[Receipt | RepeatReceipt] = TypeAdapter(Receipt | RepeatReceipt)


class Batch:
    """The records of one poll, decoded."""

    def __init__(self) -> None:
        self.receipts: list[Receipt] = []
        self.applied: list[Applied] = []
        self.decisions: list[Decision] = []
        self.next_offsets: dict[Place, int] = {}

    def add(self, topic: str, value: bytes) -> None:
        """Decode one record; raises `pydantic.ValidationError` for what is none of ours."""
        match topic:
            case Topic.RECEIPTS:
                receipt = _receipts.validate_json(value)
                if isinstance(receipt, Receipt):
                    self.receipts.append(receipt)
            case Topic.APPLIED:
                self.applied.append(Applied.model_validate_json(value))
            case Topic.DECISIONS:
                self.decisions.append(Decision.model_validate_json(value))

    def __len__(self) -> int:
        return len(self.receipts) + len(self.applied) + len(self.decisions)


async def project(
    connection: store.Connection, batch: Batch, known: Mapping[Place, int], policy: Policy
) -> None:
    """Project `batch` in the connection's transaction; raises `ledger.store.Fenced` when another has been here."""
    await store.advance(
        connection,
        [
            (topic, part, known.get((topic, part)), to)
            for (topic, part), to in sorted(batch.next_offsets.items())
        ],
    )
    await store.add_receipts(connection, batch.receipts)
    await repeats.find(connection, batch.receipts)
    for applied in batch.applied:
        await store.add_applied(connection, applied.partition, applied.entries)
    if batch.decisions:
        await _decide(connection, batch.decisions, policy)
    await repeats.resolve_conflicts(connection)


async def _decide(connection: store.Connection, decisions: Sequence[Decision], policy: Policy) -> None:
    messages, tasks = await store.rows_of(connection, {decision.message.person_id for decision in decisions})
    refused = await repeats.refused(connection, [decision.message.origin.place for decision in decisions])
    told = await store.told(connection, [task.id for task in tasks], {cause_of(each) for each in decisions})
    projection = Projection(messages, tasks, told=told, policy=policy, now=await store.now(connection))
    for decision in decisions:
        projection.take(decision, refused=decision.message.origin.place in refused)
    await store.write(connection, projection.changes)
    if policy.steps is not None:
        await plan_steps(connection, projection.changes.tasks, policy.steps)
