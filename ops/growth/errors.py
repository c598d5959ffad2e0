"""Why nobody is carried over, each with a sentence for the person who asked."""


class NotCarried(RuntimeError):
    """What stands in the partitions, of before or of the next generation, is not what it must be."""


class KeysMissing(NotCarried):
    """It may be that the command lacks a key of the stream."""
