"""What a line of the audit trail may say: who or what changed what. `ledger.store.audit_trail` writes the lines."""

from enum import StrEnum

from models.notifications.delivery import DeliveryStatus


class AuditKind(StrEnum):
    """The kinds, all of them. They stand in the database for good, and people read them."""

    # What follows from decisions and from what people did with a task.
    DECIDED = "decided"
    TASK_OPENED = "task_opened"
    TASK_REOPENED = "task_reopened"
    MESSAGE_JOINED = "message_joined"
    MESSAGE_LEFT = "message_left"
    TASK_HANDED_OVER = "task_handed_over"
    TASK_WITHDRAWN = "task_withdrawn"
    TRANSFER_VOID = "transfer_void"
    NUMBER_CHANGED = "number_changed"
    """The person has another number: what stood under the one stands under the other now."""
    TASKS_JOINED = "tasks_joined"
    """Two open tasks about one duty were found to be one person's."""

    # What people looked at.
    OPENED = "opened"
    """What is sealed of a task's messages was opened for its unit."""
    FOUND_BY_CPR = "found_by_cpr"
    LOOK_REFUSED = "look_refused"
    """One person has opened or looked up too many within an hour: the next one was not let."""
    SAMPLE_TAKEN = "sample_taken"
    """A sample of a unit's looks was drawn for its manager."""
    LOOKED_AT = "looked_at"
    """The task's page was shown; the same person's further looks within a quarter of an hour are one."""
    LIST_EXPORTED = "list_exported"
    """A list of tasks left as a file; with CPR, each person's opening is a line of its own."""
    INSIGHT_EXPORTED = "insight_exported"
    """The list of who has looked at a person was made out for that person."""
    LOG_IN_DONE = "log_in_done"
    LOG_IN_REFUSED = "log_in_refused"
    LOG_IN_ENDED = "log_in_ended"

    STAND_IN_SET = "stand_in_set"
    """Somebody is away from a unit, and a colleague looks after the tasks meanwhile."""
    STAND_IN_ENDED = "stand_in_ended"
    """Before its last day."""

    # What became of notices.
    DELIVERY_REFUSED = "delivery_refused"
    DELIVERY_EXHAUSTED = "delivery_exhausted"
    DELIVERY_SUPERSEDED = "delivery_superseded"
    DELIVERY_LEASE_LOST = "delivery_lease_lost"
    """Somebody else had claimed it when its attempt was written down: it may have been sent twice."""
    DELIVERY_HURRIED = "delivery_hurried"
    DELIVERY_SENT_AGAIN = "delivery_sent_again"
    """A unit has let one that reached nobody be tried once more."""
    DELIVERY_REBUILT = "delivery_rebuilt"
    ENDPOINT_DISABLED = "endpoint_disabled"
    ENDPOINT_ENABLED = "endpoint_enabled"

    # What operators did.
    QUARANTINE_OPENED = "quarantine_opened"
    QUARANTINE_REPLAY_BEGUN = "quarantine_replay_begun"
    QUARANTINE_REPLAYED = "quarantine_replayed"
    QUARANTINE_DISMISSED = "quarantine_dismissed"
    EXCEPTION_DISMISSED = "exception_dismissed"
    LEDGER_REBUILT = "ledger_rebuilt"
    RECORD_SKIPPED = "record_skipped"
    ROUTES_SIGNED = "routes_signed"
    """Somebody has signed for routes and addresses as they stood; two people must (docs/decisions/0066)."""
    SENDER_KEY_ENROLLED = "sender_key_enrolled"
    SENDER_KEY_REVOKED = "sender_key_revoked"
    KEY_SHREDDED = "key_shredded"
    """The key of a month was destroyed: what it has sealed is opened by nobody again."""
    REQUESTED = "requested"
    APPROVED = "approved"
    """By another person than the one who asked (docs/decisions/0061). The database writes both. Of an erasure, neither
    line names whom: the request does, until it is done."""
    PERSON_ERASED = "person_erased"
    """Its detail names, as `emptied`, the rows of this trail that were emptied with it."""
    RETENTION_ACCEPTED = "retention_accepted"
    """Somebody has looked at the plan of a rule; a week later it is carried out."""
    RETENTION_TAKEN = "retention_taken"
    TRAIL_EMPTIED = "trail_emptied"
    """The time of the rows that its detail names, as `emptied`, was over."""
    HOLD_LAID = "hold_laid"
    HOLD_RELEASED = "hold_released"
    CASE_EXPORTED = "case_exported"
    JOURNALISED = "journalised"


def kind_of_end(status: DeliveryStatus) -> AuditKind | None:
    """How a delivery's end is noted. Success is not: everything else is an escalation, nobody was told of a duty."""
    match status:
        case DeliveryStatus.REFUSED:
            return AuditKind.DELIVERY_REFUSED
        case DeliveryStatus.EXHAUSTED:
            return AuditKind.DELIVERY_EXHAUSTED
        case DeliveryStatus.SUPERSEDED:
            return AuditKind.DELIVERY_SUPERSEDED
        case DeliveryStatus.DELIVERED | DeliveryStatus.DUE:
            return None
