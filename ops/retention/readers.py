"""Who still reads what a class holds: to be looked at before a plan is accepted."""

from collections.abc import Mapping, Sequence
from typing import Final

from models.retention import RetentionClass

_PERSON: Final = "all of it goes at once: Kafka, the ledger's tables, the auditor's index"
READERS: Final[Mapping[RetentionClass, Sequence[str]]] = {
    RetentionClass.OBLIGED: (
        "the unit's pages and interface: the case, its acts and notices; figures keep a row without a person",
        "links in mails that were sent: they end at a page that says that the task is not there",
        "`tasks show`, `tasks export`, `insight export`",
        _PERSON,
    ),
    RetentionClass.NOT_OBLIGED: (
        "`decisions`; the institution that asks what became of its message",
        _PERSON,
    ),
    RetentionClass.UNDECIDED: ("the page of undecided messages", "`redecide`", _PERSON),
    RetentionClass.FACTS: (
        "match: a later message about the person is undecided until enrolment, benefit and residence are sent again",
        _PERSON,
    ),
    RetentionClass.RECEIPTS: (
        "`receipts`, `quarantine list`; the audit's control totals and repeats, which are spared",
    ),
    RetentionClass.MORNING_MAILS: (
        "`deliveries list`; the audit's steps, which lose morning and mail together",
    ),
    RetentionClass.CHANNEL_NOTICES: (
        "`deliveries list`; the audit's webhooks, while an endpoint is off: spared",
    ),
    RetentionClass.QUARANTINE: ("`quarantine list --decided`: only of things that are gone",),
    RetentionClass.TRAIL: (
        "`insight export`, where a search found no task; `trail verify`, which accepts rows that a chained line names",
        "the audit's reasons of notices, which are spared",
    ),
    RetentionClass.REQUESTS: ("nothing: the trail says it too",),
    RetentionClass.SESSIONS: ("nothing: they are over",),
}
