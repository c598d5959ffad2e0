"""What the ledger says on Kafka."""

from psycopg.types.json import Json

from ledger import outbox
from ledger.consume import duplicates
from ledger.store import repository
from tests.simulation.statements.server import Result, Server, insert, plain, statement


@statement(duplicates.POST)
def _post(server: Server, values: tuple[str, str, str, bytes]) -> Result:
    name, topic, key, value = values
    row = {
        "id": name,
        "topic": topic,
        "key": key,
        "value": value,
        "due_at": server.now,
        "sent_at": None,
    }
    return insert(server.tables["outbox"], name, row)


@statement(repository.SAY)
def _say(server: Server, values: tuple[Json]) -> Result:
    for row in plain(values[0]):
        _post(server, (row["id"], row["topic"], row["key"], bytes.fromhex(row["value"][2:])))
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
