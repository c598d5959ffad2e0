"""The rows of ``retention.csv``: for how long each class of data is kept, from when, and by what right it goes."""

from typing import Self

from pydantic import model_validator

from config.reference.rows import CountCell, DatedRow, Flag, Text
from models.retention import COUNTED_FROM, LEAST_MONTHS, CountedFrom, RetentionClass


class RetentionRow(DatedRow):
    """One class from a day on. Without `authorisation` it is planned, and nothing is deleted."""

    kind: RetentionClass
    months: CountCell
    counted_from: CountedFrom
    archive_first: Flag
    authorisation: Text | None = None
    ground: Text

    @model_validator(mode="after")
    def _says_what_is_done(self) -> Self:
        counted = COUNTED_FROM[self.kind]
        if self.counted_from is not counted:
            raise ValueError(f"{self.kind} is counted from {counted}")
        least = LEAST_MONTHS.get(self.kind, 1)
        if self.months < least:
            raise ValueError(f"{self.kind} needs {least} months at least")
        if self.archive_first and self.kind is not RetentionClass.OBLIGED:
            raise ValueError(f"{self.kind} is no case: only obliged can be archived first")
        return self
