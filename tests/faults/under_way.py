"""What of everything that was published is not yet through, asked of the brokers and the database themselves."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, Protocol

import psycopg
from confluent_kafka import KafkaException

from config.topics import Topic
from ledger.consume.consumer import TOPICS as PROJECTED
from models.events.event_types import InputTopic
from tests.faults.admin import AdminError, At

READ: Final = [*map(str, InputTopic), str(Topic.PERSON_EVENTS)]
"""What the workers read."""
_WAITING: Final = {
    "records are in the outbox": "SELECT count(*) FROM outbox WHERE sent_at IS NULL",
    "conflicts are open": "SELECT count(*) FROM repeats WHERE kind = 'conflict' AND resolved_at IS NULL",
    "notices are due": "SELECT count(*) FROM deliveries WHERE status = 'due'",
    "refused notices are not followed": "SELECT count(*) FROM deliveries d WHERE status = 'refused' "
    "AND NOT EXISTS (SELECT 1 FROM steps s WHERE s.failed_delivery = d.id AND s.failed_at = d.ended_at)",
}


class Watched(Protocol):
    """A rig."""

    data: Path
    markers: set[tuple[str, int, int]]

    def ends(self, names: Iterable[str]) -> Mapping[At, int]:
        """One after the last offset of every partition."""

    def committed(self) -> Mapping[At, int]:
        """How far the workers' group has come."""

    def connect(self) -> psycopg.Connection[Any]:
        """A connection past the proxy."""


def under_way(rig: Watched) -> str:
    """What is not yet through, in a few words; empty when everything is."""
    try:
        ends = rig.ends([*READ, *map(str, PROJECTED)])
        committed = rig.committed()
        behind = sum(
            (*place, offset) not in rig.markers
            for place, at in committed.items()
            for offset in range(at, ends[place])
        )
        if behind:
            return f"{behind} records are not committed by the workers"
        with rig.connect() as connection:
            rows = connection.execute("SELECT topic, partition, next_offset FROM position").fetchall()
            position = {(topic, partition): offset for topic, partition, offset in rows}
            behind = sum(
                max(0, ends[place] - position.get(place, 0))
                for place in ends
                if place[0] in set(map(str, PROJECTED))
            )
            if behind:
                return f"{behind} records are not in the ledger"
            for what, query in _WAITING.items():
                found = connection.execute(query).fetchone()
                if found and found[0]:
                    return f"{found[0]} {what}"
        if unread := sum(1 for _ in (rig.data / "maildir" / "new").iterdir()):
            return f"{unread} mails that came back are not read"
    except (AdminError, KafkaException, psycopg.Error) as error:
        return f"a server does not answer: {type(error).__name__}"
    return ""
