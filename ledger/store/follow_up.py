"""The rows that the follow-up report counts: added as Kafka has them, and never changed. Decides nothing."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Final, LiteralString

from infra.postgres import Connection
from ledger.store.follow_up_rows import FactRow, VerdictRow

ADD_FACTS: Final[LiteralString] = """
INSERT INTO person_facts (partition, "offset", person_id, kind, name, sender, registered_at, rank, appended_at,
    origin_topic, origin_partition, origin_offset, known_at, institution_number, education_type, starts_on, ends_on,
    reason, benefit_type, target_group, municipality_code)
SELECT * FROM unnest(%s::int[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::timestamptz[],
    %s::int[], %s::timestamptz[], %s::text[], %s::int[], %s::bigint[], %s::timestamptz[], %s::text[], %s::text[],
    %s::date[], %s::date[], %s::text[], %s::text[], %s::text[], %s::text[])
ON CONFLICT DO NOTHING
"""
ADD_VERDICTS: Final[LiteralString] = """
INSERT INTO verdicts (partition, "offset", sender, message_id, person_id, sent_as, revision, outcome, reason,
    law_version, unit_id, enrolment_id, institution_number, education_type, benefit_type, target_group,
    municipality_code, message_date, appended_at, known_at)
SELECT * FROM unnest(%s::int[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::int[], %s::text[],
    %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[],
    %s::date[], %s::timestamptz[], %s::timestamptz[])
ON CONFLICT DO NOTHING
"""
FACT_COLUMNS: Final = tuple(each.name for each in fields(FactRow))
"""In the order of the statement."""
VERDICT_COLUMNS: Final = tuple(each.name for each in fields(VerdictRow))


async def add_facts(connection: Connection, rows: Sequence[FactRow]) -> None:
    """Add facts; a record that was read before keeps its row."""
    if rows:
        columns = tuple([getattr(row, name) for row in rows] for name in FACT_COLUMNS)
        await connection.execute(ADD_FACTS, columns)


async def add_verdicts(connection: Connection, rows: Sequence[VerdictRow]) -> None:
    """Add verdicts, likewise."""
    if rows:
        columns = tuple([getattr(row, name) for row in rows] for name in VERDICT_COLUMNS)
        await connection.execute(ADD_VERDICTS, columns)
