"""The rows that the follow-up report counts: added as Kafka has them, and never changed. Decides nothing."""

from collections.abc import Sequence
from typing import Final, LiteralString

from infra.postgres import Connection, column_names, json_rows
from ledger.store.follow_up_rows import FactRow, VerdictRow

_FACT: Final[LiteralString] = (
    'partition int, "offset" bigint, person_id text, kind text, name text, sender text, registered_at timestamptz, '
    "rank int, appended_at timestamptz, origin_topic text, origin_partition int, origin_offset bigint, "
    "known_at timestamptz, institution_number text, education_type text, starts_on date, ends_on date, reason text, "
    "benefit_type text, target_group text, municipality_code text"
)
_FACT_NAMES: Final = column_names(_FACT)
ADD_FACTS: Final[LiteralString] = f"""
INSERT INTO person_facts ({_FACT_NAMES}) SELECT {_FACT_NAMES} FROM json_to_recordset(%s) AS t ({_FACT})
ON CONFLICT DO NOTHING
"""
_VERDICT: Final[LiteralString] = (
    'partition int, "offset" bigint, sender text, message_id text, person_id text, sent_as text, revision int, '
    "outcome text, reason text, law_version text, unit_id text, enrolment_id text, institution_number text, "
    "education_type text, benefit_type text, target_group text, municipality_code text, message_date date, "
    "appended_at timestamptz, known_at timestamptz"
)
_VERDICT_NAMES: Final = column_names(_VERDICT)
ADD_VERDICTS: Final[LiteralString] = f"""
INSERT INTO verdicts ({_VERDICT_NAMES}) SELECT {_VERDICT_NAMES} FROM json_to_recordset(%s) AS t ({_VERDICT})
ON CONFLICT DO NOTHING
"""
FACT_COLUMNS: Final = FactRow.__struct_fields__
VERDICT_COLUMNS: Final = VerdictRow.__struct_fields__


async def add_facts(connection: Connection, rows: Sequence[FactRow]) -> None:
    """Add facts; a record that was read before keeps its row."""
    if rows:
        await connection.execute(ADD_FACTS, (json_rows(rows),))


async def add_verdicts(connection: Connection, rows: Sequence[VerdictRow]) -> None:
    """Add verdicts, likewise."""
    if rows:
        await connection.execute(ADD_VERDICTS, (json_rows(rows),))
