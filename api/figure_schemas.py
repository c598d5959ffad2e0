"""Answers about what was released of the follow-up report."""

from datetime import date

from pydantic import Field

from models.base import Frozen


class PeriodBody(Frozen):
    """A release of the follow-up report."""

    first_day: date
    last_day: date
    as_of: date = Field(description="Counted is what was known when this day began in Denmark")
    threshold: int = Field(description="Smaller numbers than this, but zero, are not shown")


class FigureBody(Frozen):
    """A cell of the release."""

    family: str = Field(
        description="`starts`, `stay`, `messages`, `duties`, `target`, … as in docs/report.md"
    )
    line: str = Field(
        description="Code of a municipality, or of a line of several; empty where the family was withheld"
    )
    category: str = Field(description="Empty: the line's sum")
    measure: str = Field(description="`count`, `base`, `percent`, `median_days`, …")
    number: int | None
    status: str = Field(description="`shown`, `hidden`, `merged`, `withheld`, `no_data`")
    members: tuple[str, ...] = Field(description="What is counted together in a line (`base`) or a category")


class FiguresBody(Frozen):
    """One release, as far as it is about your municipalities."""

    municipalities: tuple[str, ...] = Field(description="Those for which your units answer today")
    periods: tuple[PeriodBody, ...] = Field(description="What was released, the newest first")
    period: PeriodBody | None = Field(description="The one that stands here; null where nothing was released")
    figures: tuple[FigureBody, ...]
