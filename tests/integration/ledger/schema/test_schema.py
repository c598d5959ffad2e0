"""The schema can be read in one file, and its closed lists are the enums' members."""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import psycopg
import pytest

from ledger.schema.migrate import migrate
from models.dead_letter import DeadLetterKind, DeadLetterState
from models.eligibility.decision import Outcome
from models.events.content import SubjectKind
from models.events.receipt import ReceiptStatus, RepeatKind
from models.notifications.cause import CauseKind
from models.notifications.delivery import Audience, Channel, DeliveryStatus, Occasion
from models.notifications.returned import ReportedAction
from models.reasons import ForeignReason, LeftOut
from models.tasks.actions import Ending
from models.tasks.reminder_diff import ReminderStatus
from models.tasks.reminders import ReminderKind
from models.tasks.status import TaskStatus
from notifiers.webhook.endpoints import OffReason
from tools.docs.schema import FILE, dump

LISTS: Final[Mapping[tuple[str, str], set[StrEnum]]] = {
    ("applied_left_out_check", "left_out"): {*LeftOut},
    ("bounces_action_check", "action"): {*ReportedAction},
    ("deliveries_about_a_task", "occasion"): {Occasion.DIGEST, Occasion.CHANNEL_OFF},
    ("deliveries_audience_check", "audience"): {*Audience},
    ("deliveries_cause_check", "cause_kind"): {*CauseKind},
    ("deliveries_channel_check", "channel"): {*Channel},
    ("deliveries_occasion_check", "occasion"): {*Occasion},
    ("deliveries_status_check", "status"): {*DeliveryStatus},
    # A morning is settled at once: it never waits.
    ("digests_status_check", "status"): {*ReminderStatus} - {ReminderStatus.WAITING},
    ("endpoints_reason_check", "reason"): {*OffReason},
    ("foreign_records_reason_check", "reason"): {*ForeignReason},
    ("messages_outcome_check", "outcome"): {*Outcome},
    ("quarantine_kind_check", "kind"): {*DeadLetterKind},
    # What is open has no row.
    ("quarantine_state_check", "state"): {*DeadLetterState} - {DeadLetterState.OPEN},
    ("receipts_status_check", "status"): {*ReceiptStatus},
    ("repeats_kind_check", "kind"): {*RepeatKind},
    ("steps_kind_check", "kind"): {*ReminderKind},
    ("steps_status_check", "status"): {*ReminderStatus},
    ("subjects_kind_check", "kind"): {*SubjectKind},
    ("tasks_ending_check", "ending"): {*Ending},
    ("tasks_status_check", "status"): {*TaskStatus},
}
FREE: Final = {
    (
        "acts",
        "kind",
    ): "written from one model with its enum; another kind is another release's, without a migration",
    ("attempts", "outcome"): "as `acts.kind`",
    ("audit", "kind"): "as `acts.kind`",
    ("bounces", "status"): "an enhanced status code of RFC 3463",
    ("plans", "status"): "a copy of `tasks.status`",
    ("requests", "kind"): "as `acts.kind`",
    ("retention_rules", "kind"): "as `acts.kind`",
    ("retention_runs", "kind"): "as `acts.kind`",
}
"""Columns of such a name whose list is open, and why."""
CHECKS: Final = "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'c'"
NAMED_SO: Final = """
SELECT c.table_name, c.column_name FROM information_schema.columns c JOIN information_schema.tables t
USING (table_schema, table_name) WHERE table_schema = 'public' AND t.table_type = 'BASE TABLE'
AND column_name IN ('status', 'left_out',
    'state', 'kind', 'cause_kind', 'channel', 'occasion', 'outcome', 'audience', 'ending',
                    'action')
"""
LIST: Final = re.compile(r"\((\w+) = ANY \(ARRAY\[(.*?)\]\)\)")
MEMBER: Final = re.compile(r"'(\w+)'::text")


@pytest.fixture
async def connection(database: str) -> psycopg.Connection[tuple[str, str]]:
    """To a database with all migrations."""
    await migrate(database)
    return psycopg.connect(database)


async def test_the_schema_to_be_read_is_what_the_migrations_make(database: str) -> None:
    await migrate(database)
    assert FILE.read_text("utf-8") == dump(database), "run `python -m tools.docs.schema`"


def lists_of(connection: psycopg.Connection[tuple[str, str]]) -> dict[tuple[str, str], set[str]]:
    """Constraint and column → what is allowed."""
    return {
        (name, found[1]): set(MEMBER.findall(found[2]))
        for name, text in connection.execute(CHECKS).fetchall()
        for found in LIST.finditer(text)
    }


async def test_a_closed_list_is_an_enum(connection: psycopg.Connection[tuple[str, str]]) -> None:
    """A member that the database refuses would be found at night."""
    with connection:
        assert lists_of(connection) == {key: {str(one) for one in members} for key, members in LISTS.items()}


async def test_a_column_of_such_a_name_has_a_list_or_a_reason(
    connection: psycopg.Connection[tuple[str, str]],
) -> None:
    with connection:
        named = {(table, column) for table, column in connection.execute(NAMED_SO.encode()).fetchall()}
    listed = {(name.partition("_")[0], column) for name, column in LISTS}
    assert named == listed - {("endpoints", "reason"), ("foreign", "reason")} | set(FREE)
