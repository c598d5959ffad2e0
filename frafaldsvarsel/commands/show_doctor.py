"""How what a doctor has found stands in a terminal of 80 columns: the faults first, each with what to do."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby
from textwrap import fill
from typing import Final

from rich.text import Text

from doctor.diagnosis import Diagnosis, page
from doctor.words import age
from frafaldsvarsel.commands.terminal import out
from models.calendar import COPENHAGEN
from models.service_status import Level

_MARKS: Final = {
    Level.FAULT: ("✗", "bold red"),
    Level.WARNING: ("!", "bold yellow"),
    Level.UNKNOWN: ("?", "bold blue"),
    Level.FINE: ("✓", "green"),
}
_INDENT: Final = "  "


def show_found(found: Sequence[Diagnosis], now: datetime, *, everything: bool) -> None:
    """Print it; of what is fine only how much, unless `everything` is asked for."""
    for line in lines_of(found, now, out.width, everything=everything):
        out.print(line, highlight=False, soft_wrap=True)


def lines_of(found: Sequence[Diagnosis], now: datetime, width: int, *, everything: bool) -> Iterator[Text]:
    """The same, folded at `width` columns."""
    for level in (Level.FAULT, Level.WARNING):
        told = (one for one in found if one.level is level)
        # What is mended in one way is told together.
        for _, alike in groupby(told, key=lambda one: (one.check, one.advice)):
            yield from _told(list(alike), now, width)
    yield from _unknown([one for one in found if one.level is Level.UNKNOWN], width)
    good = [one for one in found if one.level is Level.FINE]
    if everything:
        yield from (_marked(Level.FINE, one.check, one.sentence, width) for one in good)
    else:
        yield _marked(Level.FINE, "", f"{len(good)} of {len(found)} are fine (--all lists them).", width)


def _told(alike: Sequence[Diagnosis], now: datetime, width: int) -> Iterator[Text]:
    first = alike[0]
    for one in alike:
        yield _marked(one.level, one.check, one.sentence, width)
        if one.since is not None:
            since = one.since.astimezone(COPENHAGEN)
            yield _under(f"since {since:%Y-%m-%d %H:%M} ({age(one.since, now)})", width, "dim")
    if first.advice:
        yield _under(f"→ {first.advice}", width)
    yield _under(page(first.check), width, "dim")
    yield Text()


def _unknown(unseen: Sequence[Diagnosis], width: int) -> Iterator[Text]:
    """Those that could not be looked at for one reason stand together."""
    by_reason: dict[str, list[str]] = {}
    for one in unseen:
        by_reason.setdefault(one.sentence, []).append(one.check)
    for reason, checks in by_reason.items():
        yield _marked(Level.UNKNOWN, ", ".join(checks), "", width)
        yield _under(reason, width)
        yield Text()


def _marked(level: Level, check: str, sentence: str, width: int) -> Text:
    mark, style = _MARKS[level]
    line = _folded(f"{mark} {check}  {sentence}" if check else f"{mark} {sentence}", width, "")
    line.stylize(style, 0, 1)
    if sentence:
        line.stylize("bold", 2, 2 + len(check))
    return line


def _under(sentence: str, width: int, style: str = "") -> Text:
    line = _folded(sentence, width, _INDENT)
    line.stylize(style)
    return line


def _folded(text: str, width: int, indent: str) -> Text:
    return Text(
        fill(
            text.rstrip(),
            width,
            initial_indent=indent,
            subsequent_indent=_INDENT,
            break_on_hyphens=False,
            break_long_words=False,
        )
    )
