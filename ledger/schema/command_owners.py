"""Who writes the tables that are no process's of the flow: what people decide by commands, log-ins, migrations."""

from typing import Final

from ledger.schema.table_owner import FORGOTTEN, TIMED, TableOwner

COMMAND_OWNERS: Final = (
    TableOwner(
        table="erasure_requests",
        holds="who is to be erased, until it is done; who asked and who approved, for good",
        written_by="`erase request`, `erase run`, `retention run`",
        module="ops/recovery/erasure_requests.py",
        others=TIMED,
    ),
    TableOwner(
        table="requests",
        holds="what one person has asked for and another approves",
        written_by="`erase request`, `quarantine replay`, `ledger skip`, `requests approve`",
        module="ops/recovery/requests.py",
    ),
    TableOwner(
        table="trail",
        holds="the audit trail's chain of hashes, a link for each line; added only",
        written_by="the keeper of the trail",
        module="ops/trail/store.py",
    ),
    TableOwner(
        table="skips",
        holds="records of the service's own that people let the ledger pass",
        written_by="`ledger skip`",
        module="ops/recovery/skips.py",
    ),
    TableOwner(
        table="quarantine",
        holds="what people decided about refused and undeliverable things",
        written_by="`quarantine`, `deliveries retry`",
        module="ops/recovery/dead_letters.py",
        others=TIMED,
    ),
    TableOwner(
        table="dismissed",
        holds="exceptions of the audit that were put aside",
        written_by="`dismiss`",
        module="ops/recovery/dismissals.py",
    ),
    TableOwner(
        table="releases",
        holds="for which periods the follow-up report was released",
        written_by="`report`",
        module="reports/releases.py",
    ),
    TableOwner(
        table="later_releases",
        holds="as of which later days a released period was told again",
        written_by="`report --follow-up`",
        module="reports/releases.py",
    ),
    TableOwner(
        table="released_figures",
        holds="what was released by municipality, for the interface",
        written_by="`report`",
        module="reports/releases.py",
    ),
    TableOwner(
        table="resealed",
        holds="what is sealed of a message, sealed again before the key of its month was shredded",
        written_by="`keys shred`",
        module="ops/recovery/shred.py",
        others=FORGOTTEN,
    ),
    TableOwner(
        table="inbox_sessions",
        holds="who is logged in; lost, people log in again",
        written_by="inbox; `sessions end`",
        module="inbox/sessions.py",
        others={**TIMED, "ops/recovery/open_sessions.py": "An operator ends somebody's."},
    ),
    TableOwner(
        table="visit_keys",
        holds="the keys under which the inbox proves whom it serves; no role but the owner reads them",
        written_by="`migrate`",
        module="ledger/schema/visit_keys.py",
    ),
    TableOwner(
        table="migrations",
        holds="which migrations were applied",
        written_by="`migrate`",
        module="ledger/schema/migrate.py",
    ),
)
