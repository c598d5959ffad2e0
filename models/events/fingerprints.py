"""Whether two records under one id say the same: a repeat, or a conflict.

Each carries a hash of its content as it was written, and a second one with its moments in UTC where that differs. The
first never changes, for it is kept for ever and compared with what older versions have kept; the second makes one
moment one content, in whatever offset it was written.
"""

from typing import Protocol


class Fingerprinted(Protocol):
    """What has been accepted under an id."""

    @property
    def fingerprint(self) -> str | None:
        """Keyed hash of the content."""

    @property
    def fingerprint_utc(self) -> str | None:
        """The same with all moments in UTC, where it is another one."""


def same_content(one: Fingerprinted, other: Fingerprinted) -> bool:
    """Whether any of their hashes meet: equal hashes are equal content, whichever way it was written."""
    return bool(_known(one) & _known(other))


def _known(record: Fingerprinted) -> set[str]:
    return {one for one in (record.fingerprint, record.fingerprint_utc) if one is not None}
