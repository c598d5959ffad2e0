"""What goes wrong in the simulated world, and the planted bugs that it must be able to see."""

from enum import StrEnum


class Fault(StrEnum):
    """One kind of fault; each is counted when it really happened."""

    CLOCK_SKEW = "the broker's clock jumps"
    OFFSET_GAP = "an aborted transaction leaves a hole in the offsets"
    COMPACTION = "old records of a person are compacted away"
    REDELIVERY = "records are delivered again"
    SKIPPED = "the stream engine skips records"
    STALE_BUFFER = "a record of an earlier assignment is delivered"
    REBALANCE = "partitions change hands"
    DEAF = "a worker does not hear of a rebalance and goes on"
    KILLED_BEFORE_OUTPUT = "a worker dies before its output"
    KILLED_IN_OUTPUT = "a worker dies with part of its output written"
    KILLED_AFTER_OUTPUT = "a worker dies after its output and before the offset"
    ZOMBIE = "a worker's output is written late, after others have gone on"
    OFFSET_NOT_COMMITTED = "an offset commit is lost"
    DATABASE_BEFORE = "the database fails before a statement"
    DATABASE_AFTER = "the database fails after a statement, its answer lost"
    COMMIT_FAILED = "a transaction fails at COMMIT"
    COMMIT_ANSWER_LOST = "COMMIT is done and its answer lost"
    FENCED = "a ledger finds that another has projected"
    LEDGER_RESTARTED = "a ledger starts again"
    LEDGER_REBALANCED = "two ledgers read the same partitions"
    RESTORED = "an older backup of the database is restored"
    MAIL_TRY_AGAIN = "the relay says: later"
    MAIL_REFUSED = "the relay refuses a mail"
    MAIL_MISCONFIGURED = "the relay refuses the service"
    MAIL_INDETERMINATE_TAKEN = "the relay takes a mail and its answer is lost"
    MAIL_INDETERMINATE_NOT_TAKEN = "the relay loses a mail and answers nothing"
    NOTIFIER_KILLED_HOLDING = "a notifier dies with mails that it has claimed"
    NOTIFIER_KILLED_SENT = "a notifier dies after the relay has taken a mail, before that is recorded"
    LEASE_LOST = "a notifier records a mail whose lease has passed to another"
    LEASE_EXPIRED = "a lease ends without an answer"
    DEADLINE_PASSED = "a delivery reaches its deadline"


class Mutation(StrEnum):
    """A bug planted in the world's stand-ins, never in the service: each must be caught within some seeds."""

    POSITION_UNCHECKED = "the position moves whoever has moved it before"
    OLDER_REVISION_WINS = "a decision is applied although an older revision"
    SENT_BEFORE_SENDING = "a delivery is marked as sent before it is sent"
    NEW_MESSAGE_ID = "a retry has a new Message-ID"
    LOWER_OFFSET_WINS = "the last record of a person wins, whatever it has applied"
    HOLE_NOT_READ = "a record that the stream engine skipped is not read beside it"
    REFUSAL_NOT_TOLD = "match is not told of an id that was used about another person"
    CAUSE_FORGOTTEN = "whom a cause has told already is not looked up"
    DATE_FROM_PROCESSING = "the date is counted from when a message was projected"
    TASK_AT_ANOTHER_UNIT = "a task is written down for another unit"
    RECEIPT_DROPPED = "a receipt is dropped now and then"
    LEASE_NOT_NAMED = "an answer is recorded without naming the lease"


class Finding(StrEnum):
    """What the simulation has found and the service does not keep yet: left out of the world unless asked for.

    `test_findings` asks for each, and expects the failure. When the service keeps it, take it out here.
    """

    PROGRESS_AHEAD = "progress may be on the brokers before the output that it stands for"
    IDLE_HOUR = "a zombie's record may outlive the better one when match gets no batch for an hour"
