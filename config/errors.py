"""What is wrong with a configuration, as sentences that name the file and the line.

A fault never stops at the first one found, and it never holds a secret or personal data.

    ConfigError    Misconfigured: a person corrects every fault it lists, then starts the service again
"""

from collections.abc import Iterable
from dataclasses import dataclass

from models.cpr import struck


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing to correct. `file` is a name, never a path; `line` counts from 1, None is the whole file."""

    sentence: str
    file: str | None = None
    line: int | None = None

    def __str__(self) -> str:
        # What was written in the wrong place may be anything, and sentences are logged.
        sentence = struck(self.sentence)
        if self.file is None:
            return sentence
        place = self.file if self.line is None else f"{self.file}, line {self.line}"
        return f"{place}: {sentence}"


class ConfigError(Exception):
    """The configuration cannot be used; `faults` are all that were found, in the order of files and lines."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))
