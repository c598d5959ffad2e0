"""Whoever was erased: of before the cut-off nothing stands anywhere, of later everything counts."""

import re
from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

import orjson

from config.topics import OWN_KEYS, Topic
from ledger.consume.duplicates import LEDGER
from ledger.store.erasures import hashed
from tests.simulation.erasing import of_before
from tests.simulation.final_state import Books


def erased(books: Books) -> Iterator[str]:
    """Every table is searched for every number that was erased; then the log, as compaction leaves it."""
    cut_offs = books.world.eraser.cut_offs
    if not cut_offs:
        return
    noted = {row["person"]: row["erased_before"] for row in books.tables["erasures"]}
    later = {event["person_id"] for event in books.events if event["accepted"] and not books.is_erased(event)}
    later |= books.root.keys() | _told_since(books) | books.blurred
    for person, cut_off in cut_offs.items():
        if noted.get(hashed(person)) != cut_off:
            yield f"{person} is erased up to {cut_off}, and the ledger has noted {noted.get(hashed(person))}"
        for table, rows in books.tables.items():
            found = [row for row in rows if _names(row, person) and not _came_later(row, cut_off, later)]
            if person not in later and found:
                yield f"{table} names {person}, who is erased: {found[0]}"
        for table in ("messages", "subjects"):
            for row in books.tables[table]:
                if row["person_id"] == person and row["appended_at"] < cut_off:
                    yield f"{table} has a row of {person} from before {cut_off}: {row}"
    for row in books.figures:
        if row["status"] == "open" or any(one["task_id"] == row["id"] for one in books.deliveries.values()):
            yield f"what is left of an erased task still lives: {row}"
    for topic in OWN_KEYS:
        stands = {record.key: record for record in books.world.log.all_of(topic)}
        for record in stands.values():
            if of_before(record, cut_offs):
                yield f"{topic}/{record.partition}@{record.offset} stands without a tombstone"


def _came_later(row: dict[str, Any], cut_off: datetime, later: Collection[str]) -> bool:
    """A message of after it, of somebody who has begun anew: a number that was joined meanwhile is named in it."""
    return "outcome" in row and row["person_id"] in later and bool(row["appended_at"] >= cut_off)


def _told_since(books: Books) -> set[str]:
    """Whom the ledger has told of a record that came later, of somebody else (docs/decisions/0054, what stays)."""
    log = [record.value for record in books.world.log.all_of(Topic.PERSON_EVENTS) if record.value is not None]
    words = [orjson.loads(value) for value in log]
    words += [orjson.loads(row["value"]) for row in books.outbox if row["topic"] == Topic.PERSON_EVENTS]
    return {word["person_id"] for word in words if word["sender"] == LEDGER and not books.is_erased(word)}


def _names(row: dict[str, Any], person: str) -> bool:
    said = orjson.dumps(row, default=_text).decode()
    return re.search(rf"(?<![\w-]){re.escape(person)}(?![\w-])", said) is not None


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
