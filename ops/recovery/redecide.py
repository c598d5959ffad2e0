"""Which messages wait for tables that have been mended by now, and the place of the event that asks again.

A decision is made when an event of its person comes. A new table is no event, so the people who wait are driven again.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final, LiteralString

from config.topics import Topic
from infra.postgres import SyncConnection
from models.reasons import DecisionReason
from ops.audit.report import CHECK_OF, GapKind, Missing


class TableReason(StrEnum):
    """Why a message waits for the tables: the undecided reasons that no event of its person need answer."""

    LAW_NOT_CONFIRMED = DecisionReason.LAW_NOT_CONFIRMED.value
    EDUCATION_UNCERTAIN = DecisionReason.EDUCATION_UNCERTAIN.value
    TARGET_GROUP_UNCERTAIN = DecisionReason.TARGET_GROUP_UNCERTAIN.value
    NO_RESPONSIBLE_UNIT = DecisionReason.NO_RESPONSIBLE_UNIT.value


WAITING: Final[LiteralString] = """
SELECT DISTINCT ON (person_id) (decision #>> '{cause,partition}')::int, (decision #>> '{cause,offset}')::bigint
FROM messages WHERE outcome = 'undecided' AND reason = ANY(%s) ORDER BY person_id, 2 DESC
"""


def waiting(connection: SyncConnection, reasons: Iterable[TableReason]) -> list[Missing]:
    """One event of each person of whom a message waits for one of `reasons`: it brings out all their decisions."""
    rows = connection.execute(WAITING, ([reason.value for reason in reasons],)).fetchall()
    return [
        Missing(
            hop=CHECK_OF[GapKind.NO_DECISION],
            what=GapKind.NO_DECISION,
            topic=Topic.PERSON_EVENTS,
            partition=partition,
            offset=offset,
        )
        for partition, offset in rows
    ]
