"""Which rows each role of the database sees: the inbox those of the visit (migration 0029), an act those of its person.

Row-level security is on and forced on every table here. Policies are rights, so `migrate` holds them against this table
as it does the grants.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from config.database_roles import OWNER, DatabaseRole
from models.audit_kind import AuditKind

_UNITS: Final = "unit_id = ANY ((SELECT visit_units())::text[])"
_PERSON: Final = "person_id = (SELECT visit_person())"
_TASK: Final = "EXISTS (SELECT FROM tasks t WHERE t.id = task_id)"
"""The inner query is under the policy of `tasks` itself."""
_DELIVERY: Final = "EXISTS (SELECT FROM deliveries d WHERE d.id = delivery_id)"
_UNDECIDED: Final = (
    "outcome = 'undecided' AND ((SELECT visit_municipalities()) = ARRAY['*'] OR "
    "decision #>> '{verdict,evidence,municipality_code}' = ANY ((SELECT visit_municipalities())::text[]))"
)
_READER: Final = "user_id = (SELECT visit_reader())"
_ALL: Final = "true"
_NOT_BY_INBOX: Final = f"session_user <> '{DatabaseRole.INBOX}'"


@dataclass(frozen=True, slots=True, kw_only=True)
class RowPolicy:
    """Conditions on the rows of a table; None: no row."""

    seen: str | None = None
    """What the inbox reads."""
    added: str | None = None
    """What it adds outside of acts. It changes and removes nothing there."""
    kept: str | None = None
    """What it reads, adds, changes and removes outside of acts: of the reader or the unit, and no part of a case."""
    act: str | None = None
    """What an act reads and writes."""
    act_added: str | None = None
    """What it adds, where that is not the same."""
    owner: str = _NOT_BY_INBOX
    """What the owner's own view and functions see: those that work for the inbox, no more than the inbox."""


EVERY_ROW: Final[Mapping[DatabaseRole, str]] = {
    DatabaseRole.LEDGER: "makes what follows from every decision, and does what falls due in every unit",
    DatabaseRole.NOTIFY: "sends what is due to every unit",
    DatabaseRole.AUDIT: "holds everything in Kafka against everything here",
    DatabaseRole.CANARY: "looks for its own made-up person in whichever unit was named",
    DatabaseRole.TRAIL: "chains every line of the audit trail",
    DatabaseRole.OPERATOR: "answers for the whole service, and sees no sealed content",
    DatabaseRole.INSIGHT: "tells a citizen who has looked, in every unit",
    DatabaseRole.REBUILD: "replaces what follows from Kafka",
    DatabaseRole.REPORT: "counts the whole country, and gives out no row",
    DatabaseRole.RETENTION: "takes what is past its time, of every unit",
}
"""Who sees the rows of every unit in the tables that `ledger.schema.rights` opens to it, and why. No role may bypass
row-level security: a policy says so on each table."""
_OTHERS_ALONE: Final = RowPolicy()
POLICIES: Final[Mapping[str, RowPolicy]] = {
    "tasks": RowPolicy(seen=_UNITS, act=_PERSON, owner=f"{_NOT_BY_INBOX} OR {_UNITS} OR {_PERSON}"),
    "messages": RowPolicy(seen=f"{_UNDECIDED} OR {_TASK}", act=_PERSON),
    "acts": RowPolicy(seen=_TASK, act=_TASK, owner=f"{_NOT_BY_INBOX} OR {_TASK}"),
    "transfers": RowPolicy(act=_PERSON),
    "deliveries": RowPolicy(seen=_UNITS, act=_TASK),
    "attempts": RowPolicy(seen=_DELIVERY),
    "bounces": RowPolicy(seen=_DELIVERY),
    "steps": RowPolicy(seen=_TASK, act=_TASK),
    "plans": RowPolicy(seen=_TASK, act=_TASK),
    "audit": RowPolicy(
        # What belongs to no task: refused log-ins, which are counted, and whom the units themselves looked up in vain.
        seen=f"{_TASK} OR task_id IS NULL AND (kind = '{AuditKind.LOG_IN_REFUSED}' "
        "OR detail -> 'units' <@ to_jsonb((SELECT visit_units())))",
        added=f"task_id IS NULL OR {_TASK}",
        act=_TASK,
    ),
    "outbox": RowPolicy(act_added="NOT (SELECT visit_person()) IS NULL"),
    "person_joins": RowPolicy(seen="visit_knows(person_id)", owner=_ALL),
    "resealed": RowPolicy(
        seen="EXISTS (SELECT FROM messages m WHERE (m.sender, m.message_id) = (resealed.sender, resealed.message_id))"
    ),
    **dict.fromkeys(("follow_ups", "saved_views", "seen_tasks"), RowPolicy(kept=_READER)),
    "colleagues": RowPolicy(seen=_UNITS, kept=_READER),
    "stand_ins": RowPolicy(kept=_UNITS),
    **dict.fromkeys(
        (
            "applied",
            "digests",
            "dismissed",
            "endpoints",
            "erasure_requests",
            "erased_acts",
            "erasures",
            "foreign_records",
            "journalised",
            "known_endpoints",
            "person_facts",
            "receipts",
            "repeats",
            "requests",
            "retention_holds",
            "subjects",
            "verdicts",
        ),
        _OTHERS_ALONE,
    ),
}
"""Every table that tells of a person or a unit."""
OF_NOBODY: Final[Mapping[str, str]] = {
    "later_releases": "days and hashes of what was released",
    "inbox_sessions": "read before it is known whom a request serves; the ids are hashes",
    "migrations": "names of files",
    "position": "places in Kafka",
    "quarantine": "places and ids of what was refused",
    "released_figures": "numbers that were given out, the small ones hidden",
    "releases": "periods and hashes of what was released",
    "retention_rules": "who has accepted which rule",
    "retention_runs": "how many rows of which class",
    "skips": "places in Kafka",
    "trail": "hashes",
    "visit_keys": "no role reads it",
}
"""The other tables, and why they need no policy."""
FUNCTION_RIGHTS: Final[Mapping[str, tuple[DatabaseRole, ...]]] = {
    "visit_number()": (DatabaseRole.INBOX,),
    "visit_holds()": (DatabaseRole.INBOX,),
    "visit_municipalities()": (DatabaseRole.INBOX,),
    "visit_reader()": (DatabaseRole.INBOX,),
    "visit_knows(text)": (DatabaseRole.INBOX,),
    "admit_person(uuid)": (DatabaseRole.INBOX,),
    # Whoever reads the view `footings` calls them, though its own visit is none.
    "visit_units()": tuple(DatabaseRole),
    "visit_person()": tuple(DatabaseRole),
}
"""Who may call which of the owner's functions. Everybody else may call none."""


MAKE: Final = "CREATE POLICY {} ON {} {}"


def policies() -> dict[tuple[str, str], str]:
    """The statements by table and policy."""
    others = ", ".join(EVERY_ROW)
    found: dict[tuple[str, str], str] = {}
    for table, policy in POLICIES.items():
        said = {
            "everything": f"TO {others} USING ({_ALL})",
            "of_the_owner": f"TO {OWNER} USING ({policy.owner})",
            "of_the_visit": policy.seen and f"FOR SELECT TO {DatabaseRole.INBOX} USING ({policy.seen})",
            "added_by_the_visit": policy.added
            and f"FOR INSERT TO {DatabaseRole.INBOX} WITH CHECK ({policy.added})",
            "kept_by_the_visit": policy.kept and f"TO {DatabaseRole.INBOX} USING ({policy.kept})",
            "of_the_act": policy.act and f"TO {DatabaseRole.ACT} USING ({policy.act})",
            "added_by_the_act": policy.act_added
            and f"FOR INSERT TO {DatabaseRole.ACT} WITH CHECK ({policy.act_added})",
        }
        found |= {(table, name): MAKE.format(name, table, rest) for name, rest in said.items() if rest}
    return found
