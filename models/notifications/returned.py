"""What a mail that came back says of its notice, in the words that the database keeps."""

from enum import StrEnum


class ReportedAction(StrEnum):
    """What happened to the mail."""

    FAILED = "failed"
    """It was given up, whatever the status says: nobody tries again."""
    DELAYED = "delayed"
    """It is still being tried."""
    OTHER = "other"
    """It is about another recipient, to whom a copy was passed on."""
    UNREAD = "unread"
    """It came to an address of ours, and cannot be understood: a person looks at it."""
