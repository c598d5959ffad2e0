"""Who writes which table: the module that holds its statements, and the processes that run them.

A test reads every SQL text of the source and holds it against this map, and the page "Who owns which state" of
docs/architecture.md is made from it.
"""

from collections.abc import Mapping
from typing import Final

from ledger.schema.command_owners import COMMAND_OWNERS
from ledger.schema.inbox_owners import BESIDE_THE_CASES
from ledger.schema.table_owner import FORGET, FORGOTTEN, TIMED, TableOwner

REBUILD: Final = "ledger/rebuild/replace.py"
MIGRATIONS: Final = "ledger/schema/migrations"
"""A migration may write any table: it runs once, under a lock."""
AUDIT_INDEX: Final = "ops/audit"
"""Its tables stand in an SQLite file of the auditor's own; there is none here that it writes."""
ERASED_FIGURES: Final = "ledger/store/erased_figures.py"
_ANONYMOUS: Final = {ERASED_FIGURES: "Of an erased person the rows that are counted, under a random name."}
COPY: Final = "ledger/rebuild/take_over.py"
_REBUILT: Final = {
    REBUILD: "`rebuild ledger --apply` replaces what the projection gives, row by row, in one transaction."
}

OWNERS: Final = (
    TableOwner(
        table="position",
        holds="how far the ledger has got; Kafka's own offset is a hint for lag displays",
        written_by="ledger",
        module="ledger/store/repository.py",
        others={"ledger/rebuild/rebuild.py": "A rebuild's own copy, where a partition has no record left."},
    ),
    TableOwner(
        table="receipts",
        holds="the answer to every input record",
        written_by="ledger",
        module="ledger/store/answers.py",
        others={
            **TIMED,
            **_REBUILT,
            COPY: "A rebuild's own copy takes over rows whose records retention has removed.",
        },
    ),
    TableOwner(
        table="applied",
        holds="what match has applied",
        written_by="ledger",
        module="ledger/store/answers.py",
        others={
            **FORGOTTEN,
            **_REBUILT,
            COPY: "A rebuild's own copy takes over rows whose records retention has removed.",
        },
    ),
    TableOwner(
        table="repeats",
        holds="ids that were used twice, and whether match knows",
        written_by="ledger",
        module="ledger/consume/duplicates.py",
        others={**FORGOTTEN, **_REBUILT, **TIMED},
    ),
    TableOwner(
        table="subjects",
        holds="what each applied event is about, across people",
        written_by="ledger",
        module="ledger/store/subjects.py",
        others={
            **_REBUILT,
            COPY: "A rebuild's own copy takes over rows whose records retention has removed.",
        },
    ),
    TableOwner(
        table="messages",
        holds="every message and its last decision",
        written_by="ledger; inbox, when an act moves messages (`ledger.actions`)",
        module="ledger/store/repository.py",
        others={**_REBUILT, **FORGOTTEN},
    ),
    TableOwner(
        table="tasks",
        holds="the duties, each the result of one fold over decisions and acts",
        written_by="ledger, from decisions; inbox, from acts (`ledger.actions`): both by one projection and under one "
        "set of locks",
        module="ledger/store/repository.py",
        others={**_REBUILT, **FORGOTTEN},
    ),
    TableOwner(
        table="person_joins",
        holds="which numbers are one person's, as pseudonyms",
        written_by="ledger",
        module="ledger/consume/joins.py",
        others={**_REBUILT, **FORGOTTEN},
    ),
    TableOwner(
        table="retention_holds",
        holds="who is not to be erased, and why",
        written_by="`retention hold`, `retention release`",
        module="ledger/store/retention.py",
        others=FORGOTTEN,
    ),
    TableOwner(
        table="journalised",
        holds="which cases stand in the authority's case system",
        written_by="`tasks journalised`",
        module="ledger/store/retention.py",
        others=FORGOTTEN,
    ),
    TableOwner(
        table="retention_rules",
        holds="which versions of a rule somebody has looked at",
        written_by="`retention accept`",
        module="ledger/store/retention.py",
    ),
    TableOwner(
        table="retention_runs",
        holds="what the last night of retention has found",
        written_by="`retention run`",
        module="ledger/store/retention.py",
    ),
    TableOwner(
        table="erasures",
        holds="who was erased, as hashes, and until when",
        written_by="ledger",
        module=FORGET,
    ),
    TableOwner(
        table="person_facts",
        holds="every fact, and since when it is known: what the follow-up report counts",
        written_by="ledger",
        module="ledger/store/follow_up.py",
        others={
            **_REBUILT,
            **_ANONYMOUS,
            COPY: "A rebuild's own copy takes over rows whose records are gone.",
        },
    ),
    TableOwner(
        table="verdicts",
        holds="every revision of every decision, and since when it is known; likewise",
        written_by="ledger",
        module="ledger/store/follow_up.py",
        others={
            **_REBUILT,
            **_ANONYMOUS,
            COPY: "A rebuild's own copy takes over rows whose records are gone.",
        },
    ),
    TableOwner(
        table="erased_acts",
        holds="of the acts of erased people what the follow-up report counts",
        written_by="ledger",
        module=ERASED_FIGURES,
    ),
    TableOwner(
        table="transfers",
        holds="tasks that people have given to another unit than the rules name",
        written_by="inbox, from acts; ledger, when the rules name another unit",
        module="ledger/store/repository.py",
        others={**_REBUILT, **FORGOTTEN},
    ),
    TableOwner(
        table="acts",
        holds="what people did; added only",
        written_by="inbox",
        module="ledger/store/action_log.py",
        others=FORGOTTEN,
    ),
    TableOwner(
        table="deliveries",
        holds="notices and where each stands",
        written_by="ledger and inbox make them out; notify moves them on, and makes out a new one where the recipient "
        "changed or an endpoint is off; `quarantine replay` and `deliveries retry` bring one back; a rebuild adds what "
        "is missing, ended",
        module="ledger/store/deliveries.py",
        others={**FORGOTTEN, **TIMED},
    ),
    TableOwner(
        table="attempts",
        holds="what happened each time",
        written_by="notify; a rebuild, for what it has added",
        module="ledger/store/deliveries.py",
        others={**FORGOTTEN, **TIMED},
    ),
    TableOwner(
        table="audit",
        holds="the audit trail: who or what changed what; added only",
        written_by="ledger, inbox and notify, each with what it changes; by command `quarantine`, `ledger skip`, "
        "`deliveries retry`, `webhooks enable`, `dismiss` and `rebuild ledger --apply`",
        module="ledger/store/audit_trail.py",
        others=FORGOTTEN,
    ),
    TableOwner(
        table="outbox",
        holds="what the ledger wants said on Kafka",
        written_by="ledger; inbox, from acts",
        module="ledger/store/repository.py",
        others={
            **FORGOTTEN,
            "ledger/consume/duplicates.py": "A conflict's refusal and its following receipt, with the repeat.",
            "ledger/outbox.py": "Sends what is due, and forgets what was told long ago.",
            REBUILD: "Refusals and words across people that are missing.",
        },
    ),
    TableOwner(
        table="steps",
        holds="what falls due: reminders and escalations",
        written_by="ledger; inbox, with an act",
        module="ledger/reminders/scheduler.py",
        others={
            **FORGOTTEN,
            "ledger/reminders/failed_deliveries.py": "The escalation that follows from a failed notice.",
        },
    ),
    TableOwner(
        table="plans",
        holds="how a task stood when its steps were planned",
        written_by="ledger; inbox, with an act",
        module="ledger/reminders/scheduler.py",
        others=FORGOTTEN,
    ),
    TableOwner(
        table="digests",
        holds="the mornings of units that have morning mails",
        written_by="ledger",
        module="ledger/reminders/digest.py",
        others=TIMED,
    ),
    TableOwner(
        table="known_endpoints",
        holds="since when the ledger has known each webhook",
        written_by="ledger",
        module="ledger/store/repository.py",
    ),
    TableOwner(
        table="endpoints",
        holds="webhooks that fail, and those that are off",
        written_by="notify; `webhooks enable`",
        module="notifiers/webhook/endpoints.py",
        others={"ops/recovery/deliveries.py": "An operator switches one on again."},
    ),
    TableOwner(
        table="bounces",
        holds="mails that came back",
        written_by="notify; `quarantine`",
        module="notifiers/bounces/store.py",
        others={
            **TIMED,
            **FORGOTTEN,
            "ops/recovery/dead_letters.py": "A person has read what no rule understands.",
        },
    ),
    TableOwner(
        table="foreign_records",
        holds="what others wrote on the service's own topics, by its place",
        written_by="ledger",
        module="ledger/store/foreign_records.py",
    ),
    *BESIDE_THE_CASES,
    *COMMAND_OWNERS,
)
BY_TABLE: Final = {owner.table: owner for owner in OWNERS}
VIEWS: Final = ("footings",)
SEQUENCES: Final = ("visit_numbers",)
FUNCTIONS: Final = (
    "admit_person",
    "audit_only_grows",
    "audit_names_the_login",
    "deliveries_both_causes",
    "erasures_are_as_approved",
    "personal_login",
    "requests_take_two",
    "shared_logins_allowed",
    "skips_are_approved",
    "visit_content",
    "visit_holds",
    "visit_knows",
    "visit_mac",
    "visit_municipalities",
    "visit_number",
    "visit_person",
    "visit_reader",
    "visit_served",
    "visit_units",
)
"""What belongs to the owner beside the tables."""
COMPOSED: Final[Mapping[str, str]] = {
    REBUILD: "One statement for all tables that a rebuild replaces; `ledger.rebuild.compare.TABLES` names them.",
}
"""Modules with a text that names its table only when it is put together, and why."""
BACKFILLS: Final = "ledger/schema/backfill.py"
"""Fills columns that a migration has added; it is part of the migration."""
