"""The judge's figures, of one cell and of many."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, Final

_LISTED: Final = 20


@dataclass(slots=True)
class Verdict:
    """The figures of a cell. All but `records`, `messages`, `copies` and `refused` must be nought."""

    records: int = 0
    messages: int = 0
    lost: int = 0
    phantom: int = 0
    wrong: int = 0
    duplicate_tasks: int = 0
    wrong_unit: int = 0
    duplicate_mails: int = 0
    cpr_found: int = 0
    deadlines_moved: int = 0
    copies: int = 0
    """The very same mail once more, after an answer that was not heard."""
    refused: int = 0
    """Notices that the relay refused for good: escalated, and shown."""
    findings: list[str] = field(default_factory=list)

    @property
    def violations(self) -> int:
        """How many things are wrong."""
        return (
            self.lost
            + self.phantom
            + self.wrong
            + self.duplicate_tasks
            + self.wrong_unit
            + self.duplicate_mails
            + self.cpr_found
            + self.deadlines_moved
        )

    def note(self, figure: str, what: str) -> None:
        """Count one violation, and remember the first ones by their places."""
        setattr(self, figure, getattr(self, figure) + 1)
        if len(self.findings) < _LISTED:
            self.findings.append(f"{figure}: {what}")

    def figures(self) -> dict[str, Any]:
        """For the evidence."""
        return asdict(self)


def total(verdicts: Iterable[Verdict]) -> Verdict:
    """The sum of several cells."""
    whole = Verdict()
    for verdict in verdicts:
        for name in Verdict.__dataclass_fields__:
            setattr(whole, name, getattr(whole, name) + getattr(verdict, name))
    return whole
