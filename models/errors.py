"""Errors that more than one step raises, named by what the caller must do."""


class UnreadableError(RuntimeError):
    """A record on a topic of ours that we cannot read: stop, and let a person look. Holds no content."""
