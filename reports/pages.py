"""What stands on the pages of the PDF, from the cells of a release: sections, plots, tables. Pure; counts nothing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from models.tasks.actions import Initiative
from reports.count import TOTAL
from reports.families import BY_CODE, HORIZONS
from reports.manifest import About, JsonValue
from reports.release import MESSAGE, Cell, Status
from reports.words import ReportLanguage, Words

Shown = dict[str, JsonValue]
_SIGNS: Final = {Status.HIDDEN: "hidden", Status.NO_DATA: "no_data", Status.MERGED: "merged"}


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderCoverage:
    """Who has sent anything."""

    known: int
    """Institutions in the register."""
    sent: int
    totals: int


def _root(family: str) -> str:
    """The family at the top, whose lines are those of all values."""
    while (parent := BY_CODE[family].parent) is not None:
        family = parent[0]
    return family


class Pages:
    """One release in one language."""

    def __init__(self, cells: Iterable[Cell], words: Words, language: ReportLanguage) -> None:
        """`cells`: all of the release."""
        self._words, self._language = words, language
        self._cells: dict[tuple[str, str, str, str, str], Cell] = {}
        self._values: dict[tuple[str, str], list[str]] = {}
        for cell in cells:
            if cell.status is Status.MERGED:
                continue
            key = (cell.family, cell.breakdown, cell.value, cell.category, cell.measure)
            self._cells.setdefault(key, cell)
            values = self._values.setdefault((cell.family, cell.breakdown), [])
            if cell.value and cell.value not in values:
                values.append(cell.value)

    def data(self, about: About, coverage: SenderCoverage) -> Mapping[str, JsonValue]:
        """For `page.typ`."""
        known: dict[str, object] = {
            "first": self._day(about.first),
            "last": self._day(about.last),
            "as_of": self._day(about.as_of),
            "threshold": about.threshold,
            "laws": ", ".join(about.law_versions),
        }
        lines = ("read_hidden", "read_units", "read_target", "read_cause")
        silent = coverage.known - coverage.sent
        covered = self._say(
            "coverage_lines",
            sent=coverage.sent,
            known=coverage.known,
            silent=silent,
            totals=coverage.totals,
        )
        about_lines: list[JsonValue] = [
            covered,
            *(self._say(name, **known) for name in ("about_made", "about_again", "about_defined")),
        ]
        return {
            "lang": self._language,
            "date": {"year": about.as_of.year, "month": about.as_of.month, "day": about.as_of.day},
            "title": self._say("title"),
            "subtitle": self._say("subtitle", **known),
            "description": self._say("description"),
            "footer": self._say("footer", **known),
            "keys": [
                self._key("key_starts", ("starts", TOTAL, TOTAL, "from_benefit", "count")),
                self._key("key_obliged", ("messages", TOTAL, TOTAL, "obliged", "count")),
                self._key("key_in_time", ("target", TOTAL, TOTAL, "in_time", "percent"), "%"),
                self._key("key_median", ("contact", TOTAL, TOTAL, "", "median_days")),
            ],
            "reading": {
                "title": self._say("reading"),
                "lines": [self._say(line, **known) for line in lines],
            },
            "sections": [
                self._section("starts", self._starts()),
                self._section("messages", [self._answers()]),
                self._section("contact", self._contact()),
                self._section("stay", self._stay()),
                self._section("municipalities", [], [self._municipalities()]),
            ],
            "about": {"title": self._say("about"), "lines": about_lines},
        }

    def _starts(self) -> list[JsonValue]:
        return [
            self._by("starts_month", "starts", "month", "from_benefit", 0),
            self._by("starts_education", "starts", "education_type", "from_benefit", 1),
        ]

    def _answers(self) -> JsonValue:
        columns = self._columns("messages")
        rows = [(self._category(one), ("messages", TOTAL, TOTAL, one, "count")) for one in columns]
        return self._plot("messages_answer", rows, tone=0)

    def _contact(self) -> list[JsonValue]:
        state = [
            (self._category(category), (family, TOTAL, TOTAL, category, "count"))
            for family in ("target", "unreached")
            for category in self._columns(family)
        ]
        form = [(self._category(one), ("form", TOTAL, TOTAL, one, "count")) for one in self._columns("form")]
        chosen = [
            (
                self._words.say("family", f"initiative.{one}", self._language),
                (f"initiative.{one}", TOTAL, TOTAL, "yes", "percent"),
            )
            for one in Initiative
        ]
        return [
            self._plot("contact_state", state, tone=2),
            self._by("contact_month", "target", "month", "in_time", 4, measure="percent"),
            self._plot("contact_form", form, tone=1),
            self._plot("contact_initiative", chosen, tone=0, is_percent=True),
        ]

    def _stay(self) -> list[JsonValue]:
        groups = (
            ("stay_all", TOTAL, TOTAL),
            ("stay_with", MESSAGE, "with_message"),
            ("stay_without", MESSAGE, "without_message"),
        )
        return [
            self._plot(
                title,
                [
                    (
                        self._category(f"after_{months}"),
                        ("stay", breakdown, value, f"after_{months}", "still_enrolled_percent"),
                    )
                    for months in HORIZONS
                ],
                tone=tone,
                is_percent=True,
                note=self._say("read_cause") if breakdown == MESSAGE else "",
            )
            for tone, (title, breakdown, value) in zip((0, 2, 4), groups, strict=True)
        ]

    def _municipalities(self) -> JsonValue:
        wanted = (
            ("starts", "from_benefit", "count"),
            ("messages", "obliged", "count"),
            ("target", "in_time", "percent"),
            ("contact", "", "median_days"),
        )
        values = self._values.get(("starts", "municipality"), [])
        names = ("column_starts", "column_obliged", "column_in_time", "column_median")
        rows: list[JsonValue] = [
            {
                "name": self._words.value("municipality", value, self._language),
                "cells": [self._cell((family, "municipality", value, *rest)) for family, *rest in wanted],
            }
            for value in values
        ]
        title = self._words.say("breakdown", "municipality", self._language)
        return {"title": title, "head": [title, *(self._say(name) for name in names)], "rows": rows}

    def _by(
        self, title: str, family: str, breakdown: str, category: str, tone: int, *, measure: str = "count"
    ) -> JsonValue:
        rows = [
            (
                self._words.value(breakdown, value, self._language),
                (family, breakdown, value, category, measure),
            )
            # Also those that are behind a hidden number: a month that is not there would be taken for none.
            for value in self._values.get((_root(family), breakdown), [])
        ]
        return self._plot(title, rows, tone=tone, is_percent=measure == "percent")

    def _plot(
        self,
        title: str,
        rows: Sequence[tuple[str, tuple[str, ...]]],
        *,
        tone: int,
        is_percent: bool = False,
        note: str = "",
    ) -> JsonValue:
        cells: list[Shown] = [{"name": name, "cell": self._cell(key)} for name, key in rows]
        numbers = [found.number for _, key in rows if (found := self._found(key)) and found.number]
        said = self._say(title)
        return {
            "title": said,
            "note": note,
            "alt": self._say("alt", title=said),
            "rows": list(cells),
            "top": 100 if is_percent else max(numbers, default=1),
            "tone": tone,
            "unit": " %" if is_percent else "",
        }

    def _section(self, name: str, plots: list[JsonValue], tables: list[JsonValue] | None = None) -> JsonValue:
        return {
            "title": self._say(name),
            "intro": self._say(f"{name}_intro"),
            "new_page": name == "messages",
            "plots": plots,
            "tables": tables or [],
        }

    def _key(self, name: str, key: tuple[str, ...], unit: str = "") -> JsonValue:
        cell = self._cell(key)
        if cell["text"] is not None:
            cell["text"] = f"{cell['text']}{unit and ' ' + unit}"
        return {"name": self._say(name), "cell": cell}

    def _cell(self, key: tuple[str, ...]) -> Shown:
        found = self._found(key)
        if found is None or found.number is None:
            sign = "absent" if found is None else _SIGNS.get(found.status, "absent")
            return {"number": None, "text": None, "sign": self._say(sign)}
        point = "." if self._language is ReportLanguage.DANISH else ","
        return {"number": found.number, "text": f"{found.number:,}".replace(",", point), "sign": ""}

    def _found(self, key: tuple[str, ...]) -> Cell | None:
        family, breakdown, value, category, measure = key
        return self._cells.get((family, breakdown, value, category, measure))

    def _columns(self, family: str) -> list[str]:
        """The categories as they stand in the whole country's table, merged ones last."""
        keys = [key for key in self._cells if key[:3] == (family, TOTAL, TOTAL) and key[4] == "count"]
        order = BY_CODE[family].categories
        found = [key[3] for key in keys]
        return sorted(found, key=lambda one: order.index(one) if one in order else len(order))

    def _category(self, code: str) -> str:
        return self._words.say("category", code, self._language)

    def _say(self, name: str, **values: object) -> str:
        text = self._words.say("page", name, self._language)
        return text.format(**values) if values else text

    def _day(self, day: date) -> str:
        return f"{day.day}.{day.month}.{day.year}" if self._language is ReportLanguage.DANISH else f"{day}"
