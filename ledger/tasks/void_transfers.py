"""Which hand-overs between units a decision makes void (docs/decisions/0016). Pure."""

from ledger.tasks.working_set import WorkingSet
from models.audit_kind import AuditKind
from models.eligibility.simple_decision import KnownDecision


def void_transfers(rows: WorkingSet, decision: KnownDecision) -> None:
    """Where the rules name another unit, and none of the messages the old one, what people had agreed on is over.

    To be called after each decision: a joined number can bring along what makes it so, with one that says nothing new.
    """
    person = decision.message.person_id
    theirs = sorted(given for given in rows.transfers if given[0] == person)
    if not theirs:
        return
    named = {row.named for row in rows.messages_about(person) if row.named is not None}
    elsewhere = {name[:2] for name in named}
    for given in theirs:
        if given not in named and given[:2] in elsewhere:
            rows.transfer(given, None)
            rows.note(AuditKind.TRANSFER_VOID, None, decision, unit=given[2])
