"""What the ledger says on Kafka."""

from psycopg.types.json import Json

from ledger import outbox
from ledger.consume import duplicates
from ledger.store import repository
from tests.simulation.statements.server import Result, Server, insert, plain, statement


@statement(duplicates.POST)
def _post(server: Server, values: tuple[list[str], list[str], list[str], list[bytes]]) -> Result:
    for name, topic, key, value in zip(*values, strict=True):
        _put(server, name, topic, key, value)
    return [], 0


def _put(server: Server, name: str, topic: str, key: str, value: bytes) -> None:
    row = {
        "id": name,
        "topic": topic,
        "key": key,
        "value": value,
        "due_at": server.now,
        "sent_at": None,
    }
    insert(server.tables["outbox"], name, row)


@statement(repository.SAY)
def _say(server: Server, values: tuple[Json]) -> Result:
    for row in plain(values[0]):
        _put(server, row["id"], row["topic"], row["key"], bytes.fromhex(row["value"][2:]))
    return [], 0


# ledger.outbox


@statement(
    outbox.DUE,
)
def _outbox_due(server: Server, values: tuple[int]) -> Result:
    due = [row for row in server.tables["outbox"].values() if row["sent_at"] is None]
    due.sort(key=lambda row: (row["due_at"], row["id"]))
    rows = [{name: row[name] for name in ("id", "topic", "key", "value")} for row in due[: values[0]]]
    return rows, len(rows)


@statement(outbox.SENT)
def _outbox_sent(server: Server, values: tuple[list[str]]) -> Result:
    table = server.tables["outbox"]
    for name in values[0]:
        table[name] = {**table[name], "sent_at": server.now}
    return [], len(values[0])
